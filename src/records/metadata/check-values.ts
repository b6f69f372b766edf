import { RE2JS } from 're2js'
import type { FieldType, NumberingMetadata, Sensitivity } from '../../entities/metadata.ts'
import { type Issue, listed, type Message, say } from '../../errors/index.ts'
import { canonicalDecimal, compareDecimals } from '../../lib/decimal-text.ts'
import { unstorable } from '../../lib/text-checks.ts'
import { canonicalDateTime, isDateText } from '../../lib/time-text.ts'
import type { FieldDefinition } from '../registry/index.ts'
import { coerceValue, isBlankText, type ValueDefaults } from '../write/values.ts'
import type { FieldInput } from './field-input.ts'
import type { FieldParameters } from './stored.ts'
import { aType } from './words.ts'

type Path = readonly (string | number)[]

const TEXTS: ReadonlySet<FieldType> = new Set(['TEXT', 'LONG_TEXT', 'EMAIL', 'URL', 'PHONE', 'AUTO_NUMBER'])
const PATTERNED: ReadonlySet<FieldType> = new Set(['TEXT', 'LONG_TEXT', 'EMAIL', 'URL'])
const NUMBERS: ReadonlySet<FieldType> = new Set(['INTEGER', 'DECIMAL', 'MONEY', 'PERCENT', 'DURATION', 'RATING'])
const SCALED: Readonly<Partial<Record<FieldType, number>>> = { DECIMAL: 10, PERCENT: 10, MONEY: 4 }
const LONGEST: Readonly<Partial<Record<FieldType, number>>> = { TEXT: 4000, LONG_TEXT: 1_000_000, EMAIL: 254, URL: 8000, PHONE: 50, AUTO_NUMBER: 100 }
const SENSITIVITIES = ['none', 'personal', 'sensitive', 'finance'] as const
const MAX_PATTERN_LENGTH = 500

/** Bounds, lengths, pattern and scale, as far as the type has them. */
export function defineLimits(input: FieldInput, path: Path, issues: Issue[]): Partial<FieldParameters> {
  const { type } = input
  const refuse = (member: string, code: string, message: Message) => void issues.push({ path: [...path, member], code, message })
  const only = (member: keyof FieldInput, applies: boolean, where: Message) => {
    if (input[member] != null && !applies) refuse(member, 'NOT_APPLICABLE', say`${member} belongs to ${where}.`)
    return applies ? input[member] : undefined
  }
  const bounded = NUMBERS.has(type) || type === 'DATE' || type === 'DATETIME'
  const min = boundOf('min', only('min', bounded, say`numbers and dates`), type, refuse)
  const max = boundOf('max', only('max', bounded, say`numbers and dates`), type, refuse)
  if (min !== undefined && max !== undefined && isGreater(min, max, type)) refuse('max', 'RANGE', say`max must not be less than min, which is ${min}.`)
  if (type === 'RATING' && ((max !== undefined && compareDecimals(max, '10') > 0) || (min !== undefined && compareDecimals(min, '0') < 0)))
    refuse('max', 'RANGE', say`A RATING goes from 0 to 10 at most.`)
  const longest = LONGEST[type] ?? 0
  const length = (member: 'minLength' | 'maxLength') => {
    const value = only(member, TEXTS.has(type), say`texts`) as number | null | undefined
    if (value == null) return undefined
    if (value < 0 || value > longest) refuse(member, 'RANGE', say`${member} of a ${type} lies between 0 and ${longest}.`)
    return value
  }
  const [minLength, maxLength] = [length('minLength'), length('maxLength')]
  if (minLength !== undefined && maxLength !== undefined && minLength > maxLength) refuse('maxLength', 'RANGE', say`maxLength must not be less than minLength.`)
  const scale = only('scale', SCALED[type] !== undefined, say`DECIMAL, PERCENT and MONEY`) as number | null | undefined
  if (scale != null && (scale < 0 || scale > (SCALED[type] ?? 0))) refuse('scale', 'RANGE', say`scale of a ${type} lies between 0 and ${SCALED[type] ?? 0}.`)
  const pattern = only('pattern', PATTERNED.has(type), say`texts`) as string | null | undefined
  if (pattern != null) checkPattern(pattern, refuse)
  return defined({ min, max, minLength, maxLength, scale: scale ?? undefined, pattern: pattern ?? undefined })
}

type Refuse = (member: string, code: string, message: Message) => void

function boundOf(member: 'min' | 'max', value: unknown, type: FieldType, refuse: Refuse): string | undefined {
  if (value == null) return undefined
  const text = String(value)
  const bound = type === 'DATE' ? (isDateText(text) ? text : null) : type === 'DATETIME' ? canonicalDateTime(text) : canonicalDecimal(text)
  if (bound !== null) return bound
  const form = type === 'DATE' ? say`a day such as "2026-01-31"` : type === 'DATETIME' ? say`an instant such as "2026-01-31T08:30:00Z"` : say`a number`
  refuse(member, 'VALUE', say`${member} must be ${form}.`)
  return undefined
}

function isGreater(a: string, b: string, type: FieldType): boolean {
  return type === 'DATE' || type === 'DATETIME' ? a > b : compareDecimals(a, b) > 0
}

/** RE2 syntax: its engine needs time in proportion to the text, whatever the pattern. */
function checkPattern(pattern: string, refuse: Refuse): void {
  if (unstorable(pattern) !== null) {
    refuse('pattern', 'TEXT', say`The pattern contains a character that cannot be stored.`)
    return
  }
  if (pattern.length > MAX_PATTERN_LENGTH) {
    refuse('pattern', 'TOO_LONG', say`A pattern may have ${MAX_PATTERN_LENGTH} characters; this one has ${pattern.length}.`)
    return
  }
  try {
    RE2JS.compile(pattern)
  } catch (error) {
    refuse('pattern', 'PATTERN', say`The pattern is no regular expression in RE2 syntax: ${(error as Error).message}.`)
  }
}

export function defineSensitivity({ sensitivity }: FieldInput, path: Path, issues: Issue[]): Sensitivity | undefined {
  if (sensitivity == null) return undefined
  const known = SENSITIVITIES.find((each) => each === sensitivity.toLowerCase())
  if (known === undefined) issues.push({ path: [...path, 'sensitivity'], code: 'OPTION', message: say`sensitivity is one of ${listed(SENSITIVITIES)}.` })
  return known === 'none' ? undefined : known
}

export function defineNumbering({ type, numbering }: FieldInput, isNew: boolean, path: Path, issues: Issue[]): NumberingMetadata | undefined {
  if (type !== 'AUTO_NUMBER') {
    if (numbering != null) issues.push({ path: [...path, 'numbering'], code: 'NOT_APPLICABLE', message: say`Numbering belongs to AUTO_NUMBER.` })
    return undefined
  }
  const { prefix, padding, perYear, gapless } = numbering ?? {}
  if (prefix != null && (prefix.length > 20 || !/^[^\p{C}]*$/u.test(prefix)))
    issues.push({ path: [...path, 'numbering', 'prefix'], code: 'TEXT', message: say`A prefix has at most 20 characters, all of them visible.` })
  if (padding != null && (padding < 0 || padding > 12))
    issues.push({ path: [...path, 'numbering', 'padding'], code: 'RANGE', message: say`padding lies between 0 and 12.` })
  // Of a field that stands, what was so before is no contradiction.
  if (isNew && perYear === true && gapless === false)
    issues.push({ path: [...path, 'numbering', 'gapless'], code: 'CONFLICT', message: say`Series that begin anew each year have no gaps: leave gapless out.` })
  return { prefix: prefix ?? '', padding: padding ?? 0, ...(perYear === true && { perYear }), gapless: gapless === true || perYear === true }
}

/** The default, checked as an input of the field would be; `field` is the field without it. */
export function defineDefault(input: FieldInput, field: FieldDefinition, values: ValueDefaults, path: Path, issues: Issue[]): unknown {
  const { type } = input
  if (input.default === undefined || input.default === null) return undefined
  const refuse = (message: Message) => void issues.push({ path: [...path, 'default'], code: 'NOT_APPLICABLE', message })
  if (['FORMULA', 'ROLLUP', 'AUTO_NUMBER'].includes(type)) return refuse(say`${aType(type)} makes its values itself and takes no default.`)
  if (['REFERENCE', 'REFERENCES', 'USER'].includes(type)) return refuse(say`${aType(type)} takes no default: the record could be deleted.`)
  if (input.unique === true) return refuse(say`A unique field takes no default: two records would have it.`)
  const before = issues.length
  if (input.required === true && isBlankText(input, input.default))
    issues.push({ path: [...path, 'default'], code: 'REQUIRED', message: say`The default of a required field must not be blank.` })
  coerceValue(field, input.default, values, (code, message, at = []) => {
    issues.push({ path: [...path, 'default', ...at], code, message })
    return undefined
  })
  return issues.length > before ? undefined : input.default
}

/** Without the members that are undefined. */
export function defined<T extends object>(members: T): T {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as T
}
