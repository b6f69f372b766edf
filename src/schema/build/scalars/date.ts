import { GraphQLScalarType, Kind, print } from 'graphql'
import { isCalendarDate } from './calendar.ts'
import { refusedScalar, unserializable } from './refusal.ts'

/** A calendar day without time or zone, `YYYY-MM-DD`, years 0001 to 9999. A JavaScript Date is refused: its day depends on a zone. */
export const DateScalar = new GraphQLScalarType<string, string>({
  name: 'Date',
  description: 'A calendar day without time or zone: `2026-01-31`.',
  specifiedByURL: 'https://www.rfc-editor.org/rfc/rfc3339#section-5.6',
  serialize(value) {
    if (typeof value !== 'string') throw unserializable('Date')
    return value
  },
  parseValue: parseDate,
  parseLiteral(node) {
    if (node.kind !== Kind.STRING) throw refused(print(node))
    return parseDate(node.value)
  },
})

function parseDate(value: unknown): string {
  if (typeof value !== 'string' || !isCalendarDate(value)) throw refused(value)
  return value
}

function refused(given: unknown): Error {
  return refusedScalar('Date must be a day of the calendar such as "2026-01-31"', given)
}
