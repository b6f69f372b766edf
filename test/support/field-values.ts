import type { FieldDefinition } from '../../src/records/registry/index.ts'
import type { Level } from './level-oracle.ts'

/** The parts of a value that tests look at, by type. */
const PARTS: Readonly<Record<string, string>> = { MONEY: '{ amount currency }', PHONE: '{ raw e164 }', ADDRESS: '{ city }', GEO: '{ latitude }' }

/** A field as it is selected, whatever its type. */
export function selectionOf({ name, type, reference }: FieldDefinition): string {
  if (type === 'REFERENCES') return `${name} { totalCount }`
  if (reference || type === 'USER') return `${name} { id }`
  return PARTS[type] ? `${name} ${PARTS[type]}` : name
}

/** Fields whose values stand in the record itself, and are nobody else's. */
export function isPlainField({ name, type, reference, inputs, formula, rollup, generatedFrom }: FieldDefinition): boolean {
  const isMade = inputs.length > 0 || (formula ?? rollup ?? generatedFrom) !== undefined
  return !(isMade || reference || type === 'USER' || type === 'REFERENCES' || ['id', 'version', 'tags'].includes(name))
}

const MASKED_TEXTS = new Set(['TEXT', 'LONG_TEXT', 'URL', 'AUTO_NUMBER'])

/** What a level shows of a value, told a second time: masked, the last four characters of a text, the first one of an address, and nothing of other types. */
export function shownValue({ type }: Pick<FieldDefinition, 'type'>, level: Level, value: unknown): unknown {
  if (level === 'READ' || value === null || value === undefined) return value
  if (level === 'HIDDEN') return null
  if (type === 'EMAIL') return `${(value as string).charAt(0)}***${(value as string).slice((value as string).indexOf('@'))}`
  if (type === 'PHONE') {
    const shown = `***${(value as { e164: string }).e164.slice(-4)}`
    return { raw: shown, e164: shown }
  }
  if (!MASKED_TEXTS.has(type)) return null
  const characters = [...(value as string)]
  return characters.length > 4 ? `***${characters.slice(-4).join('')}` : '***'
}
