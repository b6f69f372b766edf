import { type GraphQLInputObjectType, GraphQLList, GraphQLNonNull } from 'graphql'
import { operatorFamily } from '../../records/read/operators.ts'
import type { FieldDefinition, ModuleDefinition } from '../../records/registry/definition.ts'
import { type BuildContext, listedModule, typesOf } from './context.ts'
import { describeInverse, moduleLabel } from './descriptions.ts'
import { shapeOf, targetOf } from './field-shapes.ts'
import { everyName, type InputMember, inputMember, inputType } from './members.ts'
import { typeNames } from './names.ts'

/** `AccountFilter`: own fields, to-one relations, to-many relations, and/or/not. */
export function filterType(context: BuildContext, module: ModuleDefinition): GraphQLInputObjectType {
  return inputType(typeNames(module).filter, `Conditions on a record (${moduleLabel(module)}); all must hold.`, () => filterMembers(context, module))
}

function* filterMembers(context: BuildContext, module: ModuleDefinition): Iterable<InputMember> {
  const { filter } = typesOf(context, module.name)
  const list = new GraphQLList(new GraphQLNonNull(filter))
  yield inputMember('and', list, 'All of these hold.', { kind: 'and' })
  yield inputMember('or', list, 'At least one of these holds; an empty list matches nothing.', { kind: 'or' })
  yield inputMember('not', filter, 'This does not hold.', { kind: 'not' })
  yield inputMember('externalId', context.shared.inputs.externalId, 'It has this name in another system.', { kind: 'externalId' })
  for (const field of module.fields.values()) {
    const member = fieldMember(context, field)
    if (member) yield* everyName(member, field)
  }
  for (const relation of module.inverses.values()) {
    const description = describeInverse(relation, listedModule(context, relation.module))
    yield inputMember(relation.name, typesOf(context, relation.module).listFilter, description, { kind: 'many', relation: relation.name })
  }
}

function fieldMember(context: BuildContext, field: FieldDefinition): InputMember | undefined {
  const { name } = field
  const description = context.describe(field)
  const shape = shapeOf(field)
  if (shape === 'id') return inputMember(name, context.shared.operators.ID, description, { kind: 'id' })
  if (shape === 'one') return inputMember(name, typesOf(context, targetOf(field)).filter, description, { kind: 'one', field: name })
  if (shape === 'many') return inputMember(name, typesOf(context, targetOf(field)).listFilter, description, { kind: 'many', relation: name })
  const family = operatorFamily(field)
  return family && inputMember(name, context.shared.operators[family], description, { kind: 'compare', field: name })
}

/** `AccountListFilter`: conditions on a to-many relation whose other side is an account. */
export function listFilterType(context: BuildContext, module: ModuleDefinition): GraphQLInputObjectType {
  const help = { some: 'At least one matches.', none: 'None matches.', every: 'All match; true where there are none.' }
  return inputType(typeNames(module).listFilter, `Conditions on a list of records (${moduleLabel(module)})`, () =>
    (['some', 'none', 'every'] as const).map((quantifier) =>
      inputMember(quantifier, typesOf(context, module.name).filter, help[quantifier], { kind: 'quantifier', quantifier }),
    ),
  )
}
