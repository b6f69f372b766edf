import { type GraphQLInputObjectType, GraphQLList, GraphQLNonNull } from 'graphql'
import type { FieldDefinition, ModuleDefinition } from '../../records/registry/definition.ts'
import { type BuildContext, listedModule, typesOf } from './context.ts'
import { describeField, describeInverse, describeModule } from './descriptions.ts'
import { operatorFamily, shapeOf, targetOf } from './field-shapes.ts'
import type { InputMember } from './members.ts'
import { typeNames } from './names.ts'
import { inputType } from './shared/inputs.ts'

/** `AccountFilter`: own fields, to-one relations, to-many relations, and/or/not. */
export function filterType(context: BuildContext, module: ModuleDefinition): GraphQLInputObjectType {
  return inputType(typeNames(module).filter, `Conditions on a record (${describeModule(module)}) All must hold.`, () => filterMembers(context, module))
}

function* filterMembers(context: BuildContext, module: ModuleDefinition): Iterable<InputMember> {
  const { filter } = typesOf(context, module.name)
  const list = new GraphQLList(new GraphQLNonNull(filter))
  yield { name: 'and', type: list, description: 'All of these hold.', descriptor: { kind: 'and' } }
  yield { name: 'or', type: list, description: 'At least one of these holds; an empty list matches nothing.', descriptor: { kind: 'or' } }
  yield { name: 'not', type: filter, description: 'This does not hold.', descriptor: { kind: 'not' } }
  yield {
    name: 'externalId',
    type: context.shared.inputs.externalId,
    description: 'It has this name in another system.',
    descriptor: { kind: 'externalId' },
  }
  for (const field of module.fields.values()) {
    const member = fieldMember(context, field)
    if (member) yield member
  }
  for (const relation of module.inverses.values()) {
    yield {
      name: relation.name,
      type: typesOf(context, relation.module).listFilter,
      description: describeInverse(relation, listedModule(context, relation.module)),
      descriptor: { kind: 'many', relation: relation.name },
    }
  }
}

function fieldMember(context: BuildContext, field: FieldDefinition): InputMember | undefined {
  const { name } = field
  const description = describeField(field)
  const shape = shapeOf(field)
  if (shape === 'id') return { name, type: context.shared.operators.ID, description, descriptor: { kind: 'id' } }
  if (shape === 'one') return { name, type: typesOf(context, targetOf(field)).filter, description, descriptor: { kind: 'one', field: name } }
  if (shape === 'many') return { name, type: typesOf(context, targetOf(field)).listFilter, description, descriptor: { kind: 'many', relation: name } }
  const family = operatorFamily(field)
  return family && { name, type: context.shared.operators[family], description, descriptor: { kind: 'compare', field: name } }
}

/** `AccountListFilter`: conditions on a to-many relation whose other side is an account. */
export function listFilterType(context: BuildContext, module: ModuleDefinition): GraphQLInputObjectType {
  const help = { some: 'At least one matches.', none: 'None matches.', every: 'All match; true where there are none.' }
  return inputType(typeNames(module).listFilter, `Conditions on a list of records (${describeModule(module)})`, () =>
    (['some', 'none', 'every'] as const).map((quantifier) => ({
      name: quantifier,
      type: typesOf(context, module.name).filter,
      description: help[quantifier],
      descriptor: { kind: 'quantifier', quantifier },
    })),
  )
}
