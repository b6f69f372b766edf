import { DefectError, listed, type Message, say } from '../../errors/index.ts'
import { convertible } from './conversions.ts'
import { FUNCTIONS } from './functions.ts'
import { OPERATORS } from './operators.ts'
import type { Overload } from './overload.ts'
import type { Typed } from './typed.ts'
import { alternatives, type ExpressionType, type OperandType, wordsFor } from './types.ts'

/** The overload that a call means and its arguments as that takes them, or what is wrong with it. */
export type Resolution = { readonly overload: Overload; readonly operands: readonly Typed[] } | { readonly mistake: Message }

/** Finds the overload that needs the fewest conversions, the first of equals. */
export function resolveCall(name: string, operands: readonly Typed[]): Resolution {
  const overloads = OPERATORS.get(name) ?? FUNCTIONS.get(name)?.overloads
  if (!overloads) throw new DefectError(`an expression calls ${name}, which is neither an operator nor a function`)
  let best: { readonly overload: Overload; readonly conversions: number } | undefined
  for (const overload of overloads) {
    const conversions = conversionsFor(overload, operands)
    if (conversions !== null && (best === undefined || conversions < best.conversions)) best = { overload, conversions }
  }
  if (!best) return { mistake: OPERATORS.has(name) ? operatorMistake(name, operands) : functionMistake(name, overloads, operands) }
  const { overload } = best
  return { overload, operands: operands.map((operand, index) => convert(operand, wanted(overload, index) as OperandType)) }
}

const wanted = (overload: Overload, index: number): OperandType | undefined => overload.takes[index] ?? overload.rest

const takesSoMany = ({ takes, rest }: Overload, count: number): boolean => (rest === undefined ? count === takes.length : count >= takes.length)

const fits = (overload: Overload, operand: Typed, index: number): boolean => {
  const type = wanted(overload, index)
  return type !== undefined && (operand.type === type || convertible(operand.type, type, operand.constant, overload.joins === true))
}

function conversionsFor(overload: Overload, operands: readonly Typed[]): number | null {
  if (!takesSoMany(overload, operands.length) || !operands.every((operand, index) => fits(overload, operand, index))) return null
  return operands.filter((operand, index) => operand.type !== wanted(overload, index)).length
}

function convert(operand: Typed, type: OperandType): Typed {
  if (operand.type === type) return operand
  return { kind: 'conversion', type: type as ExpressionType, inner: operand, constant: operand.constant, stable: operand.stable }
}

function functionMistake(name: string, overloads: readonly Overload[], operands: readonly Typed[]): Message {
  const usage = FUNCTIONS.get(name)?.usage ?? name
  const counted = overloads.filter((overload) => takesSoMany(overload, operands.length))
  if (counted.length === 0)
    return operands.length === 1
      ? say`${name}() is called as ${usage}, not with 1 value.`
      : say`${name}() is called as ${usage}, not with ${operands.length} values.`
  // The overloads that go along furthest say what is wanted at the place where they stop.
  const reach = (overload: Overload): number => operands.findIndex((operand, index) => !fits(overload, operand, index))
  const furthest = Math.max(...counted.map(reach))
  const types = new Set(counted.filter((overload) => reach(overload) === furthest).map((overload) => wanted(overload, furthest) as OperandType))
  types.delete('null')
  const { type, constant } = operands[furthest] as Typed
  const mistake = say`Value ${furthest + 1} of ${usage} must be ${alternatives([...types].map(wordsFor))} here, not ${wordsFor(type)}.`
  return type === 'number' && !constant && types.has('money') ? say`${mistake} money(x) makes an amount of a number.` : mistake
}

const COMPARISONS = ['=', '!=', '<', '<=', '>', '>=', 'in']

function operatorMistake(name: string, operands: readonly Typed[]): Message {
  const types = operands.map(({ type }) => type)
  const words = types.map(wordsFor)
  const special = types.find((type) => type === 'list' || type === 'record' || type === 'structure')
  if (special !== undefined) {
    const ways = special === 'list' ? ['contains(field, "value")', 'isEmpty(field)'] : ['isEmpty(field)']
    return say`"${name}" cannot be used with ${wordsFor(special)}; what can be asked of it is ${listed(ways, ' and ')}.`
  }
  if (name === 'and' || name === 'or' || name === 'not')
    return say`"${name}" joins conditions; ${words[types.findIndex((type) => type !== 'boolean')] as Message} is none.`
  if (operands.length === 1 && name === 'in') return say`The list behind "in" is empty.`
  if (operands.length === 1) return say`"${name}" takes a number or money, not ${words[0] as Message}.`
  if (name === 'in') return say`All values of "in" must have one type; here are ${listed([...new Set(words)])}.`
  const mistake = say`"${name}" cannot be used between ${words[0] as Message} and ${words[1] as Message}.`
  const wayOut = hint(name, types)
  return wayOut ? say`${mistake} ${wayOut}` : mistake
}

function hint(name: string, types: readonly OperandType[]): Message | null {
  if (types.includes('text') && name === '+') return say`Join texts with &.`
  if (types.includes('text') && types.some((type) => type === 'date' || type === 'dateTime')) return say`A day is written date("2026-01-31").`
  if (types.includes('text') && types.includes('number')) return say`number(x) reads a number out of a text, text(x) makes a text of it.`
  if (types.includes('money') && types.includes('number')) return say`money(x) makes an amount of a number, number(x) a number of an amount.`
  if (COMPARISONS.includes(name) && types[0] === types[1]) return say`Compare it with = or !=.`
  return null
}
