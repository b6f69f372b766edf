import { type CountryCode, parsePhoneNumberFromString } from 'libphonenumber-js'
import { listed, type Message, say } from '../../errors/index.ts'
import { CURRENCY_CODES } from '../../lib/currencies.ts'
import { canonicalDecimal, compareDecimals, decimalDigits } from '../../lib/decimal-text.ts'
import { isEmailAddress } from '../../lib/email-address.ts'
import { isObject } from '../../lib/is-object.ts'
import { matchesPattern } from '../../lib/linear-pattern.ts'
import { codePoints, isBlank, unstorable } from '../../lib/text-checks.ts'
import { canonicalDateTime, isDateText } from '../../lib/time-text.ts'
import type { FieldDefinition } from '../registry/definition.ts'
import { moneyText } from './columns.ts'

/** Reports a broken rule; `at` goes behind the field's own path. Returns undefined, the sign of "no value". */
export type Fail = (code: string, message: Message, at?: readonly (string | number)[]) => undefined

/** Settings of the organisation that input values depend on. */
export interface ValueDefaults {
  /** ISO 4217; taken where money names no currency. */
  readonly currency: string
  /** ISO 3166-1 alpha-2; national phone numbers are read as this country's. */
  readonly country: string
}

/** Longest text by type, in code points, unless the field says otherwise. */
export const MAX_LENGTH: Partial<Record<FieldDefinition['type'], number>> = {
  TEXT: 500,
  LONG_TEXT: 100_000,
  EMAIL: 254,
  URL: 2_048,
  PHONE: 50,
  AUTO_NUMBER: 100,
}
const SCALE: Partial<Record<FieldDefinition['type'], number>> = { DECIMAL: 6, PERCENT: 4, MONEY: 4 }
const MAX_INTEGER_DIGITS = 28
/** `numeric(19,4)` keeps fifteen digits before the point. */
const MAX_MONEY_DIGITS = 15
const MAX_JSON_CHARACTERS = 262_144
const MAX_JSON_DEPTH = 64
const MAX_TAGS = 100
const INT32 = { min: '-2147483648', max: '2147483647' }

/**
 * An input value of any type but REFERENCE, REFERENCES and USER in the form in which images hold it; undefined after `fail`.
 * Null stays null. Text is never changed: what is written is what is read.
 */
export function coerceValue(field: FieldDefinition, input: unknown, defaults: ValueDefaults, fail: Fail): unknown {
  if (input === null || input === undefined) return null
  if (field.system && field.name === 'tags') return tagNames(input, fail)
  switch (field.type) {
    case 'TEXT':
    case 'LONG_TEXT':
    case 'AUTO_NUMBER':
      return text(field, input, fail)
    case 'EMAIL':
      return checkedText(field, input, fail, isEmailAddress, 'EMAIL', say`is not an e-mail address that mail can be delivered to, such as "name@example.com"`)
    case 'URL':
      return checkedText(field, input, fail, isWebAddress, 'URL', say`is not a web address; write it in full, such as "https://example.com/page"`)
    case 'PHONE':
      return phone(field, input, defaults, fail)
    case 'SELECT':
      return checkedText(field, input, fail, (value) => isOption(field, value), 'OPTION', say`is not one of its options: ${optionList(field)}`)
    case 'MULTI_SELECT':
      return selection(field, input, fail)
    case 'INTEGER':
    case 'RATING':
    case 'DURATION':
      return integer(field, input, fail)
    case 'DECIMAL':
    case 'PERCENT':
      return decimal(field, input, fail)
    case 'MONEY':
      return money(field, input, defaults, fail)
    case 'BOOLEAN':
      return typeof input === 'boolean' ? input : fail('BOOLEAN', say`${field.name} must be true or false.`)
    case 'DATE':
      return date(field, input, fail)
    case 'DATETIME':
      return dateTime(field, input, fail)
    case 'ADDRESS':
      return address(field, input, fail)
    case 'GEO':
      return place(field, input, fail)
    case 'JSON':
      return json(field, input, fail)
    default:
      return fail('READ_ONLY', say`${field.name} is computed and cannot be written.`)
  }
}

/** Text that the database can hold, at most `limit` code points; undefined after `fail`. */
export function storableText(name: string | Message, input: unknown, limit: number, fail: Fail, at: readonly (string | number)[] = []): string | undefined {
  if (typeof input !== 'string') return fail('TEXT', say`${name} must be a text.`, at)
  const flaw = unstorable(input)
  if (flaw === 'NUL') return fail('NUL', say`${name} contains the character U+0000, which cannot be stored. Remove it.`, at)
  if (flaw === 'SURROGATE') return fail('SURROGATE', say`${name} contains half of a surrogate pair, which is no character. Remove it.`, at)
  const length = input.length > limit ? codePoints(input) : 0
  if (length > limit) return fail('TOO_LONG', say`${name} has ${length} characters; at most ${limit} are allowed.`, at)
  return input
}

function text(field: FieldDefinition, input: unknown, fail: Fail): string | undefined {
  const value = storableText(field.name, input, field.maxLength ?? MAX_LENGTH[field.type] ?? 500, fail)
  if (value === undefined) return undefined
  const { minLength, pattern } = field
  if (minLength !== undefined && codePoints(value) < minLength)
    return fail('TOO_SHORT', say`${field.name} has ${codePoints(value)} characters; at least ${minLength} are needed.`)
  if (pattern !== undefined && !matchesPattern(pattern, value))
    return fail('PATTERN', say`${field.name}: ${JSON.stringify(shortened(value))} does not have the form that is asked for: ${pattern}`)
  return value
}

/** A text that shows nothing, which is no value where one is required. */
export function isBlankText({ type }: Pick<FieldDefinition, 'type'>, value: unknown): boolean {
  return (type === 'TEXT' || type === 'LONG_TEXT') && typeof value === 'string' && isBlank(value)
}

/** Longest key that can be looked up: as much as any field may hold. */
const MAX_KEY_LENGTH = 4000

/**
 * Value of a unique field by which a record is looked up. What stands there may be older than the field's bounds, lengths and pattern, so those do not
 * count; a key that no record can have finds none.
 */
export function coerceKey(field: FieldDefinition, input: unknown, defaults: ValueDefaults, fail: Fail): unknown {
  const { min: _min, max: _max, minLength: _minLength, pattern: _pattern, ...open } = field
  return coerceValue({ ...open, maxLength: MAX_KEY_LENGTH }, input, defaults, fail)
}

function checkedText(
  field: FieldDefinition,
  input: unknown,
  fail: Fail,
  check: (value: string) => boolean,
  code: string,
  complaint: Message,
): string | undefined {
  const value = text(field, input, fail)
  if (value === undefined || check(value)) return value
  return fail(code, say`${field.name}: ${JSON.stringify(shortened(value))} ${complaint}.`)
}

function shortened(value: string): string {
  return value.length > 60 ? `${[...value.slice(0, 60)].slice(0, -1).join('')}…` : value
}

function isWebAddress(value: string): boolean {
  if (!/^https?:\/\/[^\s/?#\\][^\s]*$/i.test(value) || /\p{Cc}/u.test(value)) return false
  try {
    const { protocol, hostname } = new URL(value)
    return (protocol === 'http:' || protocol === 'https:') && hostname !== ''
  } catch {
    return false
  }
}

function phone(field: FieldDefinition, input: unknown, defaults: ValueDefaults, fail: Fail): { raw: string; e164: string } | undefined {
  const raw = text(field, input, fail)
  if (raw === undefined) return undefined
  const parsed = parsePhoneNumberFromString(raw, { defaultCountry: defaults.country as CountryCode, extract: false })
  if (parsed?.isValid()) return { raw, e164: parsed.number }
  return fail('PHONE', say`${field.name}: ${JSON.stringify(shortened(raw))} is not a phone number. Write it with its country code, such as "+86 10 6234 5678".`)
}

function isOption(field: FieldDefinition, value: string): boolean {
  return (field.options ?? []).some((option) => option.value === value)
}

function optionList(field: FieldDefinition): Message {
  const values = (field.options ?? []).filter((option) => !option.retired).map((option) => option.value)
  return values.length > 20 ? say`${listed(values.slice(0, 20))} …` : listed(values)
}

/** A written value (one or several) that is no longer offered; those that stood there `before` stay allowed, so this is asked when the change is known. */
export function retiredOption(field: FieldDefinition, value: unknown, before: unknown): string | null {
  const [values, old] = [value, before].map((each) => (Array.isArray(each) ? each : [each])) as [unknown[], unknown[]]
  return (field.options ?? []).find((option) => option.retired && values.includes(option.value) && !old.includes(option.value))?.value ?? null
}

function selection(field: FieldDefinition, input: unknown, fail: Fail): string[] | undefined {
  if (!Array.isArray(input)) return fail('LIST', say`${field.name} must be a list of options.`)
  const unknown = input.findIndex((value) => typeof value !== 'string' || !isOption(field, value))
  if (unknown >= 0)
    return fail('OPTION', say`${field.name}: ${JSON.stringify(shortened(String(input[unknown])))} is not one of its options: ${optionList(field)}.`, [unknown])
  return [...new Set(input as string[])]
}

function integer(field: FieldDefinition, input: unknown, fail: Fail): number | undefined {
  if (typeof input !== 'number' || !Number.isSafeInteger(input)) return fail('INTEGER', say`${field.name} must be a whole number.`)
  const value = String(input)
  // What the column can hold comes first: a field's own bounds may be wider.
  if (field.type === 'INTEGER' && !withinBounds(field, value, INT32.min, INT32.max, fail)) return undefined
  const [lowest, highest] = field.type === 'RATING' ? ['1', '5'] : []
  return withinBounds(field, value, field.min ?? lowest, field.max ?? highest, fail) ? input : undefined
}

function withinBounds(
  field: FieldDefinition,
  value: string,
  min: string | undefined,
  max: string | undefined,
  fail: Fail,
  at: readonly string[] = [],
): boolean {
  if (min !== undefined && compareDecimals(value, min) < 0) return Boolean(fail('TOO_SMALL', say`${field.name} must be at least ${min}; this is ${value}.`, at))
  if (max !== undefined && compareDecimals(value, max) > 0) return Boolean(fail('TOO_LARGE', say`${field.name} must be at most ${max}; this is ${value}.`, at))
  return true
}

function decimal(field: FieldDefinition, input: unknown, fail: Fail): string | undefined {
  return exactDecimal(field, input, MAX_INTEGER_DIGITS, fail)
}

function exactDecimal(field: FieldDefinition, input: unknown, maxDigits: number, fail: Fail, at: readonly string[] = []): string | undefined {
  const value = typeof input === 'string' || typeof input === 'number' ? canonicalDecimal(String(input)) : null
  if (value === null) return fail('DECIMAL', say`${field.name} must be a decimal number in plain digits, such as "1234.56".`, at)
  const digits = decimalDigits(value)
  const scale = field.scale ?? SCALE[field.type] ?? 6
  if (digits.integer > maxDigits)
    return fail('DECIMAL', say`${field.name} has ${digits.integer} digits before the point; at most ${maxDigits} can be kept.`, at)
  if (digits.fraction > scale) return fail('DECIMAL', say`${field.name} has ${digits.fraction} digits behind the point; ${scale} are kept. Round it first.`, at)
  return withinBounds(field, value, field.min, field.max, fail, at) ? value : undefined
}

function money(field: FieldDefinition, input: unknown, defaults: ValueDefaults, fail: Fail): { amount: string; currency: string } | undefined {
  if (!isObject(input)) return fail('MONEY', say`${field.name} must be {amount, currency}.`)
  const currency = input['currency'] ?? defaults.currency
  const amount = exactDecimal(field, input['amount'], MAX_MONEY_DIGITS, fail, ['amount'])
  if (typeof currency !== 'string' || !CURRENCY_CODES.has(currency)) {
    return fail('CURRENCY', say`${field.name}: ${JSON.stringify(shortened(String(currency)))} is not an ISO 4217 currency code such as "CNY".`, ['currency'])
  }
  return amount === undefined ? undefined : { amount: moneyText(amount), currency }
}

function dateTime(field: FieldDefinition, input: unknown, fail: Fail): string | undefined {
  const value = typeof input === 'string' || input instanceof Date ? canonicalDateTime(input) : null
  if (value === null) return fail('DATETIME', say`${field.name} must be a moment with its offset from UTC, such as "2026-01-31T08:30:00Z".`)
  return withinTimes(field, value, fail)
}

function date(field: FieldDefinition, input: unknown, fail: Fail): string | undefined {
  const value = checkedText(field, input, fail, isDateText, 'DATE', say`is not a day of the calendar in the form YYYY-MM-DD`)
  return value === undefined ? undefined : withinTimes(field, value, fail)
}

/** Days and moments in their one form are in order as texts. */
function withinTimes(field: FieldDefinition, value: string, fail: Fail): string | undefined {
  const { min, max } = field
  if (min !== undefined && value < min) return fail('TOO_SMALL', say`${field.name} must not be before ${min}; this is ${value}.`)
  if (max !== undefined && value > max) return fail('TOO_LARGE', say`${field.name} must not be after ${max}; this is ${value}.`)
  return value
}

const ADDRESS_PARTS = ['street', 'city', 'state', 'postcode', 'country'] as const

function address(field: FieldDefinition, input: unknown, fail: Fail): Record<string, string | null> | undefined | null {
  if (!isObject(input)) return fail('ADDRESS', say`${field.name} must be {${ADDRESS_PARTS.join(', ')}}.`)
  const unknown = Object.keys(input).find((key) => !(ADDRESS_PARTS as readonly string[]).includes(key))
  if (unknown !== undefined) return fail('UNKNOWN_FIELD', say`${field.name} has no part named ${JSON.stringify(shortened(unknown))}.`, [unknown])
  const parts: Record<string, string | null> = {}
  for (const part of ADDRESS_PARTS) {
    const value = input[part] ?? null
    const checked = value === null ? null : storableText(`${field.name}.${part}`, value, 500, fail, [part])
    if (checked === undefined) return undefined
    parts[part] = checked
  }
  return Object.values(parts).every((part) => part === null) ? null : parts
}

function place(field: FieldDefinition, input: unknown, fail: Fail): { latitude: number; longitude: number } | undefined {
  if (!isObject(input)) return fail('GEO', say`${field.name} must be {latitude, longitude}.`)
  const [latitude, longitude] = [Number(input['latitude'] ?? Number.NaN), Number(input['longitude'] ?? Number.NaN)]
  if (!(Math.abs(latitude) <= 90)) return fail('GEO', say`${field.name}.latitude must lie between -90 and 90.`, ['latitude'])
  if (!(Math.abs(longitude) <= 180)) return fail('GEO', say`${field.name}.longitude must lie between -180 and 180.`, ['longitude'])
  return { latitude, longitude }
}

function json(field: FieldDefinition, input: unknown, fail: Fail): unknown {
  const flaw = jsonFlaw(input, 0)
  if (flaw !== null) return fail(flaw, say`${field.name} holds ${JSON_FLAWS[flaw]}.`)
  const size = JSON.stringify(input).length
  return size <= MAX_JSON_CHARACTERS ? input : fail('TOO_LONG', say`${field.name} has ${size} characters as JSON; at most ${MAX_JSON_CHARACTERS} are allowed.`)
}

const JSON_FLAWS = {
  NUL: say`text with the character U+0000, which cannot be stored`,
  SURROGATE: say`text with half of a surrogate pair, which is no character`,
  TOO_DEEP: say`more than ${MAX_JSON_DEPTH} levels`,
  JSON: say`a value that JSON cannot express`,
} as const

function jsonFlaw(value: unknown, depth: number): keyof typeof JSON_FLAWS | null {
  if (depth > MAX_JSON_DEPTH) return 'TOO_DEEP'
  if (typeof value === 'string') return unstorable(value)
  if (value === null || typeof value === 'boolean') return null
  if (typeof value === 'number') return Number.isFinite(value) ? null : 'JSON'
  if (typeof value !== 'object') return 'JSON'
  const entries = Array.isArray(value) ? value.map((item) => ['', item] as const) : Object.entries(value)
  for (const [key, member] of entries) {
    const flaw = unstorable(key) ?? jsonFlaw(member, depth + 1)
    if (flaw !== null) return flaw
  }
  return null
}

function tagNames(input: unknown, fail: Fail): string[] | undefined {
  if (!Array.isArray(input)) return fail('LIST', say`tags must be a list of names.`)
  if (input.length > MAX_TAGS) return fail('TOO_LONG', say`tags has ${input.length} names; at most ${MAX_TAGS} are allowed.`)
  const names: string[] = []
  for (const [index, entry] of input.entries()) {
    const name = storableText(say`A tag`, entry, 100, fail, [index])
    if (name === undefined) return undefined
    if (isBlank(name)) return fail('REQUIRED', say`A tag must have a name.`, [index])
    names.push(name)
  }
  return [...new Set(names)].sort()
}
