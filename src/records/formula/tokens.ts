import { say } from '../../errors/index.ts'
import { canonicalDecimal, decimalDigits } from '../../lib/decimal-text.ts'
import { unstorable } from '../../lib/text-checks.ts'
import { ExpressionError } from './expression-error.ts'
import { LIMITS, SIGNS } from './syntax.ts'

export interface Token {
  readonly kind: 'number' | 'text' | 'name' | 'sign' | 'end'
  /** A number in canonical form, a text without its quotes, a name or sign as it is. */
  readonly value: string
  readonly position: number
}

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['n', '\n'],
  ['t', '\t'],
  ['r', '\r'],
  ['\\', '\\'],
  ['"', '"'],
  ["'", "'"],
])

const isDigit = (char: string): boolean => char >= '0' && char <= '9'
const isLetter = (char: string): boolean => (char >= 'a' && char <= 'z') || (char >= 'A' && char <= 'Z') || char === '_'
const isSpace = (char: string): boolean => /\s/.test(char)

/** Chinese input methods write signs in full width: they mean the same. */
function narrow(char: string): string {
  const code = char.charCodeAt(0)
  return code >= 0xff01 && code <= 0xff5e ? String.fromCharCode(code - 0xfee0) : char
}

/** Splits a text in one pass; the last token is `end`. Throws ExpressionError. */
export function tokenize(text: string): readonly Token[] {
  if (text.length > LIMITS.characters)
    throw new ExpressionError(say`An expression may have at most ${LIMITS.characters.toLocaleString('en')} characters; this one has ${text.length}.`)
  const tokens: Token[] = []
  for (let at = 0; at < text.length; ) {
    const char = text[at] as string
    if (isSpace(char)) {
      at += 1
      continue
    }
    const [token, end] = readToken(text, at, char)
    tokens.push(token)
    at = end
  }
  tokens.push({ kind: 'end', value: '', position: text.length })
  return tokens
}

function readToken(text: string, at: number, char: string): readonly [Token, number] {
  if (char === '"' || char === "'") return readText(text, at, char)
  if (isDigit(char) || (char === '.' && isDigit(text[at + 1] ?? ''))) return readNumber(text, at)
  if (isLetter(char)) {
    let end = at
    while (end < text.length && (isLetter(text[end] as string) || isDigit(text[end] as string))) end += 1
    return [{ kind: 'name', value: text.slice(at, end), position: at }, end]
  }
  const pair = narrow(char) + narrow(text[at + 1] ?? '')
  const sign = SIGNS.find((each) => pair.startsWith(each))
  if (sign !== undefined) return [{ kind: 'sign', value: sign, position: at }, at + sign.length]
  const shown = String.fromCodePoint(text.codePointAt(at) as number)
  throw new ExpressionError(say`"${shown}" has no meaning in an expression. Texts stand in straight quotes, and fields are named by their API name.`, at)
}

function readNumber(text: string, at: number): readonly [Token, number] {
  let end = at
  while (isDigit(text[end] ?? '')) end += 1
  if (text[end] === '.') {
    end += 1
    while (isDigit(text[end] ?? '')) end += 1
  }
  const value = canonicalDecimal(text.slice(at, end))
  const next = text[end] ?? ''
  if (isLetter(next) || next === '.') throw new ExpressionError(say`A number is written in plain digits, such as 1234.56.`, at)
  const digits = value === null ? null : decimalDigits(value)
  if (value === null || digits === null || digits.integer > LIMITS.integerDigits || digits.fraction > LIMITS.fractionDigits)
    throw new ExpressionError(say`A number may have at most ${LIMITS.integerDigits} digits before and ${LIMITS.fractionDigits} behind the point.`, at)
  return [{ kind: 'number', value, position: at }, end]
}

function readText(text: string, start: number, quote: string): readonly [Token, number] {
  let value = ''
  for (let at = start + 1; at < text.length; at += 1) {
    const char = text[at] as string
    if (char === '\\') {
      at += 1
      const escaped = ESCAPES.get(text[at] ?? '')
      if (escaped === undefined) throw new ExpressionError(say`In a text, a backslash stands before n, t, r, a quote or another backslash.`, at - 1)
      value += escaped
    } else if (char !== quote) {
      value += char
    } else if (text[at + 1] === quote) {
      at += 1
      value += quote
    } else {
      if (unstorable(value)) throw new ExpressionError(say`A text must not contain the character U+0000 or half of a surrogate pair.`, start)
      return [{ kind: 'text', value, position: start }, at + 1]
    }
  }
  throw new ExpressionError(say`The text that begins here has no closing ${quote}.`, start)
}
