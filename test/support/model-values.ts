import { Decimal } from 'decimal.js'

/** Order of two values that are not empty: Decimals, texts, or what converts to numbers. */
export type Compare = (a: unknown, b: unknown) => number

/** Texts in the order of the list, which is how the database sorts them. Throws for a text that is not in it. */
export function comparing(sortedTexts: readonly string[]): Compare {
  const ranks = new Map(sortedTexts.map((text, index) => [text, index]))
  const rank = (text: string): number => {
    const known = ranks.get(text)
    if (known === undefined) throw new Error(`the model knows no order for ${JSON.stringify(text)}`)
    return known
  }
  return (a, b) => {
    if (a instanceof Decimal) return a.comparedTo(b as Decimal)
    if (typeof a === 'string') return rank(a) - rank(b as string)
    return Number(a) - Number(b)
  }
}

export function ranged(operator: string, compared: number): boolean {
  if (operator === 'gt') return compared > 0
  if (operator === 'gte') return compared >= 0
  return operator === 'lt' ? compared < 0 : compared <= 0
}

/** Conditions on a list of texts. */
export function listed(operator: string, value: readonly string[], operand: unknown): boolean {
  if (operator === 'isEmpty') return (value.length === 0) === operand
  const asked = operand as readonly string[]
  if (operator === 'hasAll') return asked.every((each) => value.includes(each))
  if (operator === 'hasAny') return asked.some((each) => value.includes(each))
  if (operator === 'hasNone') return !asked.some((each) => value.includes(each))
  throw new Error(`the model does not know the operator ${operator} of lists`)
}

/** Text operators see neither case nor width. */
export function found(operator: string, value: string, text: string): boolean {
  const [folded, part] = [fold(value), fold(text)]
  if (operator === 'contains') return folded.includes(part)
  return operator === 'startsWith' ? folded.startsWith(part) : folded.endsWith(part)
}

/** A phone is found as it was typed, and by three characters or more of its international form. */
export function foundPhone(operator: string, raw: string, e164: string, text: string): boolean {
  const digits = compact(text)
  return found(operator, raw, text) || (digits.length > 2 && found(operator, e164, digits))
}

/** A phone number without what people put between its digits. */
export function compact(text: string): string {
  return fold(text).replaceAll(/[^+0-9]/g, '')
}

function fold(text: string): string {
  return text.normalize('NFKC').toLowerCase()
}
