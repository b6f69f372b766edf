import {
  GraphQLBoolean,
  type GraphQLFieldConfigArgumentMap,
  GraphQLID,
  GraphQLInt,
  GraphQLList,
  GraphQLNonNull,
  type GraphQLObjectType,
  GraphQLString,
} from 'graphql'
import type { ModuleDefinition } from '../../records/registry/definition.ts'
import type { ResolverContext } from '../operation.ts'
import { filterArgument } from './connection.ts'
import { type BuildContext, typesOf } from './context.ts'
import { moduleLabel } from './descriptions.ts'
import { type OutputMember, objectType } from './members.ts'
import type { ModuleTypes } from './module-types.ts'
import { rootFieldNames, typeNames } from './names.ts'
import { changeParts } from './shared/changes.ts'

const AFTER_ARGUMENT = { type: GraphQLString, description: 'A cursor: begin with what came after it. Left out: begin now.' }

/** What a subscription to a module is told of a change. */
export function changeType(context: BuildContext, module: ModuleDefinition): GraphQLObjectType<unknown, ResolverContext> {
  const members = (): OutputMember[] => [
    ...changeParts(context.shared),
    {
      name: module.name,
      type: typesOf(context, module.name).record,
      description: 'The record as it is now; null where it was deleted, left, or cannot be read any more.',
      descriptor: { kind: 'changeRecord', module: module.name },
    },
  ]
  return objectType(
    typeNames(module).change,
    `A committed change. (${moduleLabel(module)})`,
    { kind: 'change', module: module.name },
    members,
    context.resolvers,
  )
}

/** A second subscription of some modules, which follows a single record too. */
const FOLLOWED: Readonly<Record<string, string>> = { ticket: 'ticketUpdated' }

/** The subscriptions of a module. */
export function subscriptionMembers(context: BuildContext, { module, change }: ModuleTypes): OutputMember[] {
  const member = (name: string, args: GraphQLFieldConfigArgumentMap): OutputMember => ({
    name,
    type: new GraphQLNonNull(change),
    description: `Changes of records that the caller may read, as they are committed; the filter looks at the record's own fields. (${moduleLabel(module)})`,
    descriptor: { kind: 'changed', module: module.name },
    args: { ...args, filter: filterArgument(context, module), after: AFTER_ARGUMENT },
  })
  if (module.name === 'reminder') return [member(rootFieldNames(module).subscription.changed, {}), dueMember(change)]
  const followed = FOLLOWED[module.name]
  return [
    member(rootFieldNames(module).subscription.changed, {}),
    ...(followed === undefined ? [] : [member(followed, { id: { type: GraphQLID, description: 'Only this record.' } })]),
  ]
}

/** `Subscription.reminderDue`. */
function dueMember(change: GraphQLObjectType<unknown, ResolverContext>): OutputMember {
  return {
    name: 'reminderDue',
    type: new GraphQLNonNull(change),
    description:
      'Reminders that fire, or are found too late, and tell the caller: he is their recipient, or their owner where they have none. `after` a cursor, those that fired meanwhile come first.',
    descriptor: { kind: 'changed', module: 'reminder', due: true },
    args: { after: AFTER_ARGUMENT },
  }
}

/** `Query.changes` and `Query.changeCursor`. */
export function feedMembers({ shared }: BuildContext): OutputMember[] {
  return [
    {
      name: 'changeCursor',
      type: GraphQLString,
      description:
        'The present place among changes, taken before anything else of the operation is read: what is read here and what came `after` it miss nothing.',
      descriptor: { kind: 'changeCursor' },
    },
    {
      name: 'changes',
      type: shared.changes.feed,
      description: 'Changes of records that the caller may read, in the order of their commits.',
      descriptor: { kind: 'changes' },
      args: {
        modules: { type: new GraphQLList(new GraphQLNonNull(GraphQLString)), description: 'Names of modules. Left out: all that the caller may read.' },
        after: { type: new GraphQLNonNull(GraphQLString), description: 'A cursor, of `changeCursor`, of a change, or of an earlier page.' },
        first: { type: GraphQLInt, defaultValue: 500, description: 'At most so many; 500 at most.' },
        excludeOwn: { type: GraphQLBoolean, defaultValue: false, description: "Leave out the caller's own changes." },
      },
    },
  ]
}
