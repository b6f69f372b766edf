import { GuanxiError, say, validationFailed } from '../../errors/index.ts'
import { canonicalId } from '../../lib/record-id.ts'

/** No record has this id; stands for an id text that is no UUID, so that it matches nothing. */
export const NO_ID = '00000000-0000-0000-0000-000000000000'

export function encodeId(value: unknown): string {
  return canonicalId(String(value)) ?? NO_ID
}

export function encodeIds(value: unknown): string[] {
  return (value as readonly unknown[]).map(encodeId)
}

/** Text for PostgreSQL, which cannot hold U+0000. */
export function encodeText(value: unknown): string {
  const text = String(value)
  if (text.includes('\0')) throw validationFailed([{ path: [], code: 'NUL', message: say`Text must not contain the character U+0000.` }])
  return text
}

/** A value of a filter for a column of the given PostgreSQL type. */
export function encodeComparable(type: string, value: unknown): unknown {
  if (value === null || value === undefined) {
    throw validationFailed([{ path: [], code: 'NULL', message: say`null is no value to compare with; use isNull.` }])
  }
  if (type === 'uuid') return encodeId(value)
  if (type === 'text') return encodeText(value)
  if (type === 'timestamptz' || type === 'date') return String(value)
  if (type === 'numeric') return encodeNumeric(value)
  if (type === 'bool' || type.startsWith('int')) return value
  return encodeText(value)
}

function encodeNumeric(value: unknown): string {
  const text = String(value)
  if (text.length > 1000) throw new GuanxiError('LIMIT_EXCEEDED', say`A decimal may have at most 1,000 characters; this one has ${text.length}.`)
  return text
}

/** Throws VALIDATION_FAILED for a name that is no IANA time zone. */
export function encodeTimeZone(value: unknown): string {
  const name = String(value ?? 'UTC')
  try {
    // Newer versions of Node take "+08:00" for a zone, and PostgreSQL reads that as eight hours west.
    if (/^[+-]/.test(name)) throw new RangeError('an offset')
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone
  } catch {
    throw validationFailed([{ path: ['timeZone'], code: 'TIME_ZONE', message: say`"${name}" is not an IANA time zone such as "Asia/Shanghai".` }])
  }
}
