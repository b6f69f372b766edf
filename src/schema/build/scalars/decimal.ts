import { GraphQLScalarType, Kind, print } from 'graphql'
import { refusedScalar, unserializable } from './refusal.ts'

const PLAIN = /^-?(0|[1-9]\d*)(\.\d+)?$/
const SCIENTIFIC = /^(-?)(\d+)(?:\.(\d+))?[eE]([+-]?\d{1,3})$/
/** More digits than any column keeps; a bound for what validation has to look at. */
const MAXIMUM_LENGTH = 200

/**
 * An exact decimal number as text, digits kept as given ("1.50" stays "1.50"). Number literals are read from the document's
 * text, so they lose nothing either. Numbers in JSON variables are accepted up to 15 significant digits, which a
 * double keeps exactly; longer ones may already have lost digits and are refused.
 */
export const DecimalScalar = new GraphQLScalarType<string, string>({
  name: 'Decimal',
  description: 'An exact decimal number. Answers are text (`"1234.50"`); inputs are text or a number of at most 15 digits.',
  serialize(value) {
    if (typeof value === 'string') return value
    if (typeof value === 'bigint') return value.toString()
    if (typeof value === 'number' && Number.isFinite(value)) return plainText(String(value)) ?? String(value)
    throw unserializable('Decimal')
  },
  parseValue(value) {
    if (typeof value === 'string') return parseDecimal(value)
    if (typeof value === 'number' && isExact(value)) return parseDecimal(String(value))
    throw refused(value)
  },
  parseLiteral(node) {
    if (node.kind === Kind.STRING || node.kind === Kind.INT || node.kind === Kind.FLOAT) return parseDecimal(node.value)
    throw refused(print(node))
  },
})

function parseDecimal(text: string): string {
  const plain = text.length <= MAXIMUM_LENGTH ? plainText(text) : null
  if (plain === null) throw refused(text)
  return plain
}

/** The number without an exponent, or null for what is no decimal number (NaN, Infinity, hex, blanks, leading zeros, `+`). */
function plainText(text: string): string | null {
  if (PLAIN.test(text)) return text
  const match = SCIENTIFIC.exec(text)
  if (!match) return null
  const [, sign = '', whole = '', fraction = '', exponentText = '0'] = match
  const exponent = Number(exponentText)
  if (Math.abs(exponent) > MAXIMUM_LENGTH) return null
  const digits = whole + fraction
  const point = whole.length + exponent
  const shifted = point <= 0 ? `0.${'0'.repeat(-point)}${digits}` : `${digits.slice(0, point).padEnd(point, '0')}.${digits.slice(point)}`
  const plain = shifted.replace(/^0+(\d)/, '$1').replace(/\.$/, '')
  return sign + plain
}

function isExact(value: number): boolean {
  return Number.isFinite(value) && (String(value).split('e', 1)[0] as string).replace(/[-.]/g, '').replace(/^0+/, '').length <= 15
}

function refused(given: unknown): Error {
  return refusedScalar('Decimal must be a decimal number, best as text, such as "1234.50" (numbers outside quotes: at most 15 digits in variables)', given)
}
