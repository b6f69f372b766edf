import type { GraphQLInputObjectType } from 'graphql'
import type { ModuleDefinition } from '../../records/registry/definition.ts'
import { type BuildContext, typesOf } from './context.ts'
import { moduleLabel } from './descriptions.ts'
import { isSortable, isToOne, targetOf } from './field-shapes.ts'
import { everyName, type InputMember, inputMember, inputType } from './members.ts'
import { typeNames } from './names.ts'

/** `AccountOrderBy`: one key of an order, own or through to-one relations. */
export function orderByType(context: BuildContext, module: ModuleDefinition): GraphQLInputObjectType {
  return inputType(typeNames(module).orderBy, `One key to order by (${moduleLabel(module)})`, () => orderMembers(context, module), { oneOf: true })
}

function* orderMembers(context: BuildContext, module: ModuleDefinition): Iterable<InputMember> {
  for (const field of module.fields.values()) {
    const { name } = field
    const description = context.describe(field)
    if (isSortable(field)) yield* everyName(inputMember(name, context.shared.enums.sortDirection, description, { kind: 'key', field: name }), field)
    else if (isToOne(field))
      yield* everyName(inputMember(name, typesOf(context, targetOf(field)).orderBy, description, { kind: 'through', field: name }), field)
  }
}
