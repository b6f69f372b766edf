import { GraphQLBoolean, type GraphQLInputObjectType } from 'graphql'
import type { ModuleDefinition } from '../../records/registry/definition.ts'
import { type BuildContext, typesOf } from './context.ts'
import { describeField, describeModule } from './descriptions.ts'
import { isDated, isGroupable, isToOne, targetOf } from './field-shapes.ts'
import type { InputMember } from './members.ts'
import { typeNames } from './names.ts'
import { inputType } from './shared/inputs.ts'

/** `AccountGroupBy`: one key to group by: `true` for a value, a part of the time for dates, or a key of a to-one relation. */
export function groupByType(context: BuildContext, module: ModuleDefinition): GraphQLInputObjectType {
  return inputType(typeNames(module).groupBy, `One key to group by (${describeModule(module)})`, () => groupMembers(context, module), { oneOf: true })
}

function* groupMembers(context: BuildContext, module: ModuleDefinition): Iterable<InputMember> {
  for (const field of module.fields.values()) {
    const common = { name: field.name, description: describeField(field) }
    if (isToOne(field)) yield { ...common, type: typesOf(context, targetOf(field)).groupBy, descriptor: { kind: 'through', field: field.name } }
    if (!isGroupable(field)) continue
    yield { ...common, type: isDated(field) ? context.shared.enums.dateBucket : GraphQLBoolean, descriptor: { kind: 'key', field: field.name } }
  }
}
