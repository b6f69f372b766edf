import { GraphQLError, getNamedType, isInputObjectType, Kind, type ObjectValueNode, type ValidationContext, type ValidationRule, type ValueNode } from 'graphql'
import type { Choice, Facts } from './facts.ts'

/** Values of fields with choices, written into a document, are choices: to the schema they are texts. A retired one may be filtered by, and not written. */
export function knownChoicesRule(facts: Facts): ValidationRule {
  return (context: ValidationContext) => ({
    ObjectValue(node: ObjectValueNode) {
      const named = getNamedType(context.getInputType())
      if (!isInputObjectType(named)) return
      for (const { name, value } of node.fields) {
        const written = facts.input(named.name, name.value)
        if (written) report(context, value, written, written.chosen)
        const compared = facts.filter(named.name, name.value)
        if (compared && value.kind === Kind.OBJECT) {
          for (const condition of value.fields) if (COMPARED.has(condition.name.value)) report(context, condition.value, compared, compared.values)
        }
      }
    },
  })
}

/** Operators whose operands are whole values. */
const COMPARED: ReadonlySet<string> = new Set(['eq', 'ne', 'in', 'notIn', 'hasAny', 'hasAll', 'hasNone'])

function report(context: ValidationContext, value: ValueNode, choice: Choice, allowed: readonly string[]): void {
  if (value.kind === Kind.LIST) {
    for (const each of value.values) report(context, each, choice, allowed)
  } else if (value.kind === Kind.STRING && !allowed.includes(value.value)) {
    const is = choice.values.includes(value.value) ? 'a retired choice' : 'no choice'
    context.reportError(new GraphQLError(`${JSON.stringify(value.value)} is ${is} of ${choice.field}.`, { nodes: value }))
  }
}
