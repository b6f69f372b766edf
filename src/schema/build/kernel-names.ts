import type { GraphQLObjectType, GraphQLSchema } from 'graphql'
import type { Registry } from '../../records/registry/definition.ts'
import { derivedNames } from '../../records/registry/derived-names.ts'

/** Root fields and types that the product will have; a module that took them now would stand in their way. */
const PLANNED = {
  types: ['ChangeConnection', 'Webhook'],
  queries: ['search', 'timeline'],
  mutations: [],
  subscriptions: [],
} as const

/** Names of a served schema that no module has brought: the kernel's, which no module may take. */
export function kernelNames(schema: GraphQLSchema, registry: Registry) {
  const ofModules = [...registry.modules.values()].map(derivedNames)
  const without = (kind: 'types' | 'queries' | 'mutations' | 'subscriptions', names: readonly string[]): ReadonlySet<string> => {
    const taken = new Set(ofModules.flatMap((derived) => derived[kind]))
    return new Set([...names.filter((name) => !taken.has(name)), ...PLANNED[kind]])
  }
  const fields = (type: GraphQLObjectType | null | undefined) => Object.keys(type?.getFields() ?? {})
  return {
    types: without('types', Object.keys(schema.getTypeMap())),
    queries: without('queries', fields(schema.getQueryType())),
    mutations: without('mutations', fields(schema.getMutationType())),
    subscriptions: without('subscriptions', fields(schema.getSubscriptionType())),
  }
}
