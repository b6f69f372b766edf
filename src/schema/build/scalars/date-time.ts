import { GraphQLScalarType, Kind, print } from 'graphql'
import { isCalendarDate } from './calendar.ts'
import { refusedScalar, unserializable } from './refusal.ts'

const PATTERN = /^(\d{4}-\d{2}-\d{2})[Tt](\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))?([Zz]|[+-](\d{2}):(\d{2}))$/

/**
 * An instant. In: RFC 3339 with any offset; out, and to the engine: UTC text with milliseconds. Finer fractions are cut,
 * as the columns keep milliseconds. Leap seconds, hour 24 and days that no calendar has are refused.
 */
export const DateTimeScalar = new GraphQLScalarType<string, string>({
  name: 'DateTime',
  description: 'An instant, written as RFC 3339. Any offset is accepted; answers are UTC with milliseconds: `2026-01-31T09:30:00.000Z`.',
  specifiedByURL: 'https://www.rfc-editor.org/rfc/rfc3339#section-5.6',
  serialize: serializeDateTime,
  parseValue: parseDateTime,
  parseLiteral(node) {
    if (node.kind !== Kind.STRING) throw refused(print(node))
    return parseDateTime(node.value)
  },
})

/** Text passes as PostgreSQL wrote it; a Date (hand-written operations) is formatted. Throws GraphQLError for anything else. */
function serializeDateTime(value: unknown): string {
  if (typeof value === 'string') return value
  if (value instanceof Date && !Number.isNaN(value.getTime())) return value.toISOString()
  throw unserializable('DateTime')
}

function parseDateTime(value: unknown): string {
  const match = typeof value === 'string' ? PATTERN.exec(value) : null
  if (!match) throw refused(value)
  const [text, date = '', hour = '', minute = '', second = '', fraction = '', offset = '', offsetHour = '0', offsetMinute = '0'] = match
  const timeIsReal = Number(hour) < 24 && Number(minute) < 60 && Number(second) < 60 && Number(offsetHour) < 24 && Number(offsetMinute) < 60
  if (!timeIsReal || !isCalendarDate(date)) throw refused(text)
  const milliseconds = fraction.slice(0, 3).padEnd(3, '0')
  const utc = new Date(`${date}T${hour}:${minute}:${second}.${milliseconds}${offset.toUpperCase()}`).toISOString()
  // An offset can carry the edges of the calendar over: years 0 and 10000 have no place in the text form.
  if (utc.length !== 24 || utc.startsWith('0000')) throw refused(text)
  return utc
}

function refused(given: unknown): Error {
  return refusedScalar('DateTime must be RFC 3339 text such as "2026-01-31T09:30:00Z"', given)
}
