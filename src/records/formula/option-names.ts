import { listed, type Message, say } from '../../errors/index.ts'
import type { FieldDefinition } from '../registry/definition.ts'
import { nearNames } from './near-names.ts'
import type { Typed } from './typed.ts'

/** Operators and functions that compare a field's value with others that are written out. */
const COMPARING: ReadonlySet<string> = new Set(['=', '!=', 'in', 'contains'])

/** Why a comparison can never hold: a text that is no option of the field beside it. Null where nothing is wrong. */
export function strangeOption(name: string, operands: readonly Typed[]): Message | null {
  if (!COMPARING.has(name)) return null
  const field = operands.map(selectIn).find((each) => each !== undefined)
  if (!field?.options || (name === 'contains' && field.type !== 'MULTI_SELECT')) return null
  const values = field.options.map(({ value }) => value)
  const stranger = operands.map(textIn).find((text) => text !== undefined && !values.includes(text))
  if (stranger === undefined) return null
  const near = nearNames(stranger, values)
  const hint =
    near.length > 0
      ? say`Did you mean ${listed(
          near.map((each) => `"${each}"`),
          ' or ',
        )}?`
      : say`Its options are ${shown(values)}.`
  return say`${field.name} has no option ${JSON.stringify(stranger.slice(0, 60))}. ${hint}`
}

function selectIn(operand: Typed): FieldDefinition | undefined {
  return operand.kind === 'field' && (operand.field.type === 'SELECT' || operand.field.type === 'MULTI_SELECT') ? operand.field : undefined
}

function textIn(operand: Typed): string | undefined {
  return operand.kind === 'literal' && operand.type === 'text' ? String(operand.value) : undefined
}

const SHOWN = 10

function shown(values: readonly string[]): Message {
  const first = listed(values.slice(0, SHOWN).map((value) => `"${value}"`))
  return values.length > SHOWN ? say`${first} …` : first
}
