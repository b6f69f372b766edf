import { GraphQLID, type GraphQLInputObjectType, GraphQLInt, GraphQLList, GraphQLNonNull, GraphQLString } from 'graphql'
import type { ModuleDefinition } from '../../records/registry/definition.ts'
import { type BuildContext, typesOf } from './context.ts'
import { describeField, describeModule } from './descriptions.ts'
import { shapeOf } from './field-shapes.ts'
import type { InputMember } from './members.ts'
import { typeNames } from './names.ts'
import { inputType } from './shared/inputs.ts'

/** `AccountUniqueInput`: names one record by id, external id or a unique field. */
export function uniqueInputType(context: BuildContext, module: ModuleDefinition): GraphQLInputObjectType {
  const description = `Names one record by one of its keys (${describeModule(module)})`
  return inputType(typeNames(module).uniqueInput, description, () => keyMembers(context, module), { oneOf: true })
}

/** `AccountRef`: names the record that a relation points to; also one that is created earlier in the same operation. */
export function refType(context: BuildContext, module: ModuleDefinition): GraphQLInputObjectType {
  const description = `Names the record that a relation points to (${describeModule(module)})`
  return inputType(typeNames(module).ref, description, () => refMembers(context, module), { oneOf: true })
}

/** `AccountRefsInput`: a change to a many-to-many relation. */
export function refsInputType(context: BuildContext, module: ModuleDefinition): GraphQLInputObjectType {
  const help = { set: 'Exactly these from now on; not together with the others.', add: 'These too.', remove: 'These no longer.' }
  return inputType(typeNames(module).refsInput, `A change to a list of relations (${describeModule(module)})`, () =>
    (['set', 'add', 'remove'] as const).map((change) => ({
      name: change,
      type: new GraphQLList(new GraphQLNonNull(typesOf(context, module.name).ref)),
      description: help[change],
      descriptor: { kind: 'relationChange', change },
    })),
  )
}

function* refMembers(context: BuildContext, module: ModuleDefinition): Iterable<InputMember> {
  yield* keyMembers(context, module)
  yield { name: 'ref', type: GraphQLString, description: 'The `ref` of a create earlier in this operation.', descriptor: { kind: 'ref' } }
}

function* keyMembers(context: BuildContext, module: ModuleDefinition): Iterable<InputMember> {
  yield { name: 'id', type: GraphQLID, description: 'Its id.', descriptor: { kind: 'id' } }
  yield { name: 'externalId', type: context.shared.inputs.externalId, description: 'Its name in another system.', descriptor: { kind: 'externalId' } }
  for (const field of module.uniqueFields) {
    yield {
      name: field.name,
      type: shapeOf(field) === 'integer' ? GraphQLInt : GraphQLString,
      description: describeField(field),
      descriptor: { kind: 'unique', field: field.name },
    }
  }
}
