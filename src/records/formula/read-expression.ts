import type { Expression } from '../../entities/expression.ts'
import type { FieldDefinition } from '../registry/definition.ts'
import { checkExpression, type ExpressionResult } from './check.ts'
import { parseExpression } from './parse.ts'

/** Parses and checks a user's text; mistakes name their place in it. `resolve` finds fields by name. Throws ExpressionError. */
export function readExpression(text: string, resolve: (name: string) => FieldDefinition | undefined): ExpressionResult & { readonly expression: Expression } {
  const fields = new Map<string, FieldDefinition>()
  const { expression, positions } = parseExpression(text, (name) => {
    const field = resolve(name)
    if (field) fields.set(field.id, field)
    return field
  })
  return { expression, ...checkExpression(expression, (id) => fields.get(id), positions) }
}
