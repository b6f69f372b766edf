import type { GraphQLSchema } from 'graphql'
import type { PubSub } from 'type-graphql'
import { DefectError } from '../errors/index.ts'
import type { ResolverContext } from '../schema/operation.ts'

/** Opens what a subscription reads from. What it answers must not hold on to the context, which holds the schema of that time. */
export type SubscriptionSource = (args: Readonly<Record<string, unknown>>, context: ResolverContext) => AsyncIterableIterator<unknown>

/** Stands in the decorator, which knows no instance, until `putSources` replaces it. */
export const NO_SOURCE = (): never => {
  throw new DefectError('a subscription has no source')
}

/** TypeGraphQL asks for one; every subscription here has a source of its own. */
export const NO_PUB_SUB: PubSub = { publish: NO_SOURCE, subscribe: NO_SOURCE }

/** Gives each subscription of a schema its source. Throws DefectError where one is missing or left over. */
export function putSources(schema: GraphQLSchema, sources: Readonly<Record<string, SubscriptionSource>>): void {
  const fields = schema.getSubscriptionType()?.getFields() ?? {}
  for (const name of new Set([...Object.keys(fields), ...Object.keys(sources)])) {
    const [field, source] = [fields[name], sources[name]]
    if (!field || !source) throw new DefectError(`the subscription ${name} has no ${field ? 'source' : 'field'}`)
    field.subscribe = (_root: unknown, args: Record<string, unknown>, context: ResolverContext) => source(args, context)
  }
}
