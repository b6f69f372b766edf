import { GraphQLID, type GraphQLInputObjectType, GraphQLInt, GraphQLList, GraphQLNonNull, GraphQLString } from 'graphql'
import type { ModuleDefinition } from '../../records/registry/definition.ts'
import { type BuildContext, typesOf } from './context.ts'
import { moduleLabel } from './descriptions.ts'
import { shapeOf } from './field-shapes.ts'
import { everyName, type InputMember, inputMember, inputType } from './members.ts'
import { typeNames } from './names.ts'

/** `AccountUniqueInput`: names one record by id, external id or a unique field. */
export function uniqueInputType(context: BuildContext, module: ModuleDefinition): GraphQLInputObjectType {
  const description = `Names one record by one of its keys (${moduleLabel(module)})`
  return inputType(typeNames(module).uniqueInput, description, () => keyMembers(context, module), { oneOf: true })
}

/** `AccountRef`: names the record that a relation points to; also one that is created earlier in the same operation. */
export function refType(context: BuildContext, module: ModuleDefinition): GraphQLInputObjectType {
  const description = `Names the record that a relation points to (${moduleLabel(module)})`
  return inputType(typeNames(module).ref, description, () => refMembers(context, module), { oneOf: true })
}

/** `AccountRefsInput`: a change to a many-to-many relation. */
export function refsInputType(context: BuildContext, module: ModuleDefinition): GraphQLInputObjectType {
  const help = { set: 'Exactly these from now on; not together with the others.', add: 'These too.', remove: 'These no longer.' }
  return inputType(typeNames(module).refsInput, `A change to a list of relations (${moduleLabel(module)})`, () =>
    (['set', 'add', 'remove'] as const).map((change) =>
      inputMember(change, list(typesOf(context, module.name).ref), help[change], { kind: 'relationChange', change }),
    ),
  )
}

const list = (type: GraphQLInputObjectType) => new GraphQLList(new GraphQLNonNull(type))

function* refMembers(context: BuildContext, module: ModuleDefinition): Iterable<InputMember> {
  yield* keyMembers(context, module)
  yield inputMember('ref', GraphQLString, 'The `ref` of a create earlier in this operation.', { kind: 'ref' })
}

function* keyMembers(context: BuildContext, module: ModuleDefinition): Iterable<InputMember> {
  yield inputMember('id', GraphQLID, 'Its id.', { kind: 'id' })
  yield inputMember('externalId', context.shared.inputs.externalId, 'Its name in another system.', { kind: 'externalId' })
  for (const field of module.uniqueFields) {
    const type = shapeOf(field) === 'integer' ? GraphQLInt : GraphQLString
    yield* everyName(inputMember(field.name, type, context.describe(field), { kind: 'unique', field: field.name }), field)
  }
}
