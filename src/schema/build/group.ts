import { GraphQLBoolean, type GraphQLInputObjectType } from 'graphql'
import type { ModuleDefinition } from '../../records/registry/definition.ts'
import { type BuildContext, typesOf } from './context.ts'
import { moduleLabel } from './descriptions.ts'
import { isDated, isGroupable, isToOne, targetOf } from './field-shapes.ts'
import { everyName, type InputMember, inputMember, inputType } from './members.ts'
import { typeNames } from './names.ts'

/** `AccountGroupBy`: one key to group by: `true` for a value, a part of the time for dates, or a key of a to-one relation. */
export function groupByType(context: BuildContext, module: ModuleDefinition): GraphQLInputObjectType {
  return inputType(typeNames(module).groupBy, `One key to group by (${moduleLabel(module)})`, () => groupMembers(context, module), { oneOf: true })
}

function* groupMembers(context: BuildContext, module: ModuleDefinition): Iterable<InputMember> {
  for (const field of module.fields.values()) {
    const { name } = field
    const description = context.describe(field)
    if (isToOne(field)) yield* everyName(inputMember(name, typesOf(context, targetOf(field)).groupBy, description, { kind: 'through', field: name }), field)
    if (!isGroupable(field)) continue
    yield* everyName(inputMember(name, isDated(field) ? context.shared.enums.dateBucket : GraphQLBoolean, description, { kind: 'key', field: name }), field)
  }
}
