import type { Expression } from '../../entities/expression.ts'
import type { Message } from '../../errors/index.ts'
import type { Extent } from './extent.ts'
import type { OperandType } from './types.ts'

/** A compiled argument. */
export interface Operand {
  /** SQL of its value, of the type that the overload takes, safe to stand as an operand anywhere. */
  readonly sql: string
  readonly extent: Extent
  /** Never null. */
  readonly certain: boolean
  /** The value of a literal number or text. */
  readonly literal: string | undefined
}

/** One row of the tables: what a function or operator does with arguments of these types. */
export interface Overload {
  readonly takes: readonly OperandType[]
  /** Any number of further arguments of this type. */
  readonly rest?: OperandType
  readonly gives: OperandType
  /**
   * SQL of the result. It names each argument once, since a second time would double the text with every level of nesting. It is null where an
   * argument is, unless its function says otherwise, and never raises an error.
   */
  readonly sql: (...operands: readonly Operand[]) => string
  /** Extent of the result; bounded unless given. */
  readonly extent?: (...operands: readonly Operand[]) => Extent
  /** The result is never null. */
  readonly certain?: boolean
  /** Any value is taken where a text is, as `text()` writes it. */
  readonly joins?: boolean
  /** The result depends on the moment of reading. */
  readonly volatile?: boolean
  /** What is wrong with arguments of the right types that must be literals; null where nothing is. */
  readonly complaint?: (...operands: readonly Expression[]) => Message | null
}

export interface FunctionDefinition {
  /** How it is called, for the reference: `round(x, digits)`. */
  readonly usage: string
  /** One line for the reference. */
  readonly meaning: string
  readonly overloads: readonly Overload[]
}

/** The same overload for each of these types. */
export function forEachType<T extends OperandType>(types: readonly T[], overload: (type: T) => Overload): readonly Overload[] {
  return types.map(overload)
}
