import { type Message, say } from '../errors/index.ts'
import { canonicalDecimal } from '../lib/decimal-text.ts'
import { canonicalId } from '../lib/record-id.ts'
import { canonicalDateTime, isDateText } from '../lib/time-text.ts'
import type { OperatorFamily } from '../records/read/operators.ts'

/** Longest text and longest list: a predicate is part of every statement of those whom it binds. */
export const LONGEST_TEXT = 500
export const LONGEST_LIST = 500

const INT = 2 ** 31

const HELP: Readonly<Record<OperatorFamily, Message>> = {
  ID: say`the id of a record`,
  String: say`a text of at most ${LONGEST_TEXT} characters`,
  StringList: say`a text of at most ${LONGEST_TEXT} characters`,
  Int: say`a whole number of 32 bits`,
  Decimal: say`a decimal number, best as text`,
  Money: say`a decimal number, best as text`,
  Boolean: say`true or false`,
  Date: say`a day such as "2026-01-31"`,
  DateTime: say`an instant such as "2026-01-31T09:30:00Z"`,
}

/** A value in the form that the compiler of filters takes; undefined for one that does not fit the operators. */
export function predicateValue(family: OperatorFamily, value: unknown): unknown {
  switch (family) {
    case 'ID':
      return typeof value === 'string' && canonicalId(value) !== null ? value : undefined
    case 'String':
    case 'StringList':
      return typeof value === 'string' && [...value].length <= LONGEST_TEXT && !value.includes('\0') ? value : undefined
    case 'Int':
      return Number.isInteger(value) && (value as number) >= -INT && (value as number) < INT ? value : undefined
    case 'Decimal':
    case 'Money':
      return typeof value === 'string' || typeof value === 'number' ? (canonicalDecimal(String(value)) ?? undefined) : undefined
    case 'Boolean':
      return typeof value === 'boolean' ? value : undefined
    case 'Date':
      return typeof value === 'string' && isDateText(value) ? value : undefined
    case 'DateTime':
      return typeof value === 'string' ? (canonicalDateTime(value) ?? undefined) : undefined
  }
}

/** What such a value is, for people. */
export function valueHelp(family: OperatorFamily): Message {
  return HELP[family]
}
