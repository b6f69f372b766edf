import type { Expression } from '../../entities/expression.ts'
import { say } from '../../errors/index.ts'
import type { FieldDefinition } from '../registry/definition.ts'
import { ExpressionError } from './expression-error.ts'
import { strangeOption } from './option-names.ts'
import { resolveCall } from './resolve-call.ts'
import type { Typed } from './typed.ts'
import { type ExpressionType, typeOfField, wordsFor } from './types.ts'

/** Finds a field by its permanent id. */
export type FieldById = (fieldId: string) => FieldDefinition | undefined

export interface ExpressionResult {
  readonly type: ExpressionType
  /** False where today() or now() occur: the value depends on more than the record and cannot be indexed. */
  readonly stable: boolean
}

/** Where in the text each node stands, as `parseExpression` answers it. */
export type Positions = ReadonlyMap<Expression, number>

/** What a whole expression results in. Throws ExpressionError for the first type mistake, in words for its author. */
export function checkExpression(expression: Expression, fieldById: FieldById, positions?: Positions): ExpressionResult {
  const { type, stable } = typedExpression(expression, fieldById, positions)
  return { type: type as ExpressionType, stable }
}

/** The expression with its types, conversions and overloads. Throws ExpressionError. */
export function typedExpression(expression: Expression, fieldById: FieldById, positions?: Positions): Typed {
  const typed = typeNode(expression, fieldById, positions)
  const { type } = typed
  if (type === 'null') throw new ExpressionError(say`The whole expression is null, which has no type.`, positions?.get(expression))
  if (type === 'list' || type === 'record' || type === 'structure')
    throw new ExpressionError(say`An expression cannot result in ${wordsFor(type)}.`, positions?.get(expression))
  return typed
}

function typeNode(node: Expression, fieldById: FieldById, positions: Positions | undefined): Typed {
  const position = positions?.get(node)
  switch (node.kind) {
    case 'literal':
      return { kind: 'literal', type: node.type, value: node.type === 'null' ? null : node.value, constant: true, stable: true }
    case 'field': {
      const field = fieldById(node.field)
      if (!field) throw new ExpressionError(say`The expression uses a field that does not exist any more.`, position)
      return { kind: 'field', type: typeOfField(field, position), field, constant: false, stable: true }
    }
    case 'call': {
      const operands = node.arguments.map((argument) => typeNode(argument, fieldById, positions))
      const resolution = resolveCall(node.name, operands)
      if ('mistake' in resolution) throw new ExpressionError(resolution.mistake, position)
      const { overload } = resolution
      const complaint = overload.complaint?.(...node.arguments)
      if (complaint) throw new ExpressionError(complaint, position)
      // Asked of what is being written: one that was stored is not refused for options that are gone since.
      const strange = positions ? strangeOption(node.name, operands) : null
      if (strange) throw new ExpressionError(strange, position)
      const stable = !overload.volatile && operands.every((operand) => operand.stable)
      const constant = stable && operands.every((operand) => operand.constant)
      return { kind: 'call', type: overload.gives, overload, arguments: resolution.operands, constant, stable }
    }
  }
}
