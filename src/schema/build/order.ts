import type { GraphQLInputObjectType } from 'graphql'
import type { ModuleDefinition } from '../../records/registry/definition.ts'
import { type BuildContext, typesOf } from './context.ts'
import { moduleLabel } from './descriptions.ts'
import { isSortable, isToOne, targetOf } from './field-shapes.ts'
import { type InputMember, inputMember, inputType } from './members.ts'
import { typeNames } from './names.ts'

/** `AccountOrderBy`: one key of an order, own or through to-one relations. */
export function orderByType(context: BuildContext, module: ModuleDefinition): GraphQLInputObjectType {
  return inputType(typeNames(module).orderBy, `One key to order by (${moduleLabel(module)})`, () => orderMembers(context, module), { oneOf: true })
}

function* orderMembers(context: BuildContext, module: ModuleDefinition): Iterable<InputMember> {
  for (const field of module.fields.values()) {
    const { name } = field
    if (isSortable(field)) yield inputMember(name, context.shared.enums.sortDirection, context.describe(field), { kind: 'key', field: name })
    else if (isToOne(field)) yield inputMember(name, typesOf(context, targetOf(field)).orderBy, context.describe(field), { kind: 'through', field: name })
  }
}
