import type { GraphQLInputObjectType } from 'graphql'
import type { ModuleDefinition } from '../../records/registry/definition.ts'
import { type BuildContext, typesOf } from './context.ts'
import { describeField, describeModule } from './descriptions.ts'
import { isSortable, isToOne, targetOf } from './field-shapes.ts'
import type { InputMember } from './members.ts'
import { typeNames } from './names.ts'
import { inputType } from './shared/inputs.ts'

/** `AccountOrderBy`: one key of an order, own or through to-one relations. */
export function orderByType(context: BuildContext, module: ModuleDefinition): GraphQLInputObjectType {
  return inputType(typeNames(module).orderBy, `One key to order by (${describeModule(module)})`, () => orderMembers(context, module), { oneOf: true })
}

function* orderMembers(context: BuildContext, module: ModuleDefinition): Iterable<InputMember> {
  for (const field of module.fields.values()) {
    const common = { name: field.name, description: describeField(field) }
    if (isSortable(field)) yield { ...common, type: context.shared.enums.sortDirection, descriptor: { kind: 'key', field: field.name } }
    else if (isToOne(field)) yield { ...common, type: typesOf(context, targetOf(field)).orderBy, descriptor: { kind: 'through', field: field.name } }
  }
}
