import { type GraphQLSchema, specifiedDirectives, specifiedScalarTypes } from 'graphql'
import { feedMembers, subscriptionMembers } from './changes.ts'
import { type BuildContext, typesOf } from './context.ts'
import { fieldDescriber } from './descriptions.ts'
import { LazySchema } from './lazy-schema.ts'
import { type ModuleTypes, moduleTypes } from './module-types.ts'
import type { SchemaBuildOptions } from './options.ts'
import { rootType } from './root-types.ts'
import { mutationMembers, nodeMembers, queryMembers } from './roots.ts'
import { createSharedTypes, SHARED_OWNER } from './shared/index.ts'
import { StaticTypes } from './static-types.ts'
import { TypeTable } from './type-table.ts'
import { unusedTypes } from './unused-types.ts'

/**
 * The served schema: the surface of every module of the registry, joined with the hand-written operations. Neither input is
 * changed and nothing is kept between builds. Types make their fields when they are first asked for. Throws DefectError where two owners claim one name, a
 * hand-written type cannot stand in for a generated one, or the registry refers to a module that it does not have; what is wrong inside a type, when that
 * is asked for.
 */
export function buildSchema({ registry, staticSchema, resolvers }: SchemaBuildOptions): GraphQLSchema {
  const table = new TypeTable()
  const modules = new Map<string, ModuleTypes>()
  const shared = createSharedTypes(table, resolvers, (module) => typesOf(context, module).record)
  const context: BuildContext = { registry, resolvers, shared, modules, describe: fieldDescriber() }
  const staticTypes = new StaticTypes(staticSchema, table, resolvers)
  for (const module of registry.modules.values()) {
    modules.set(
      module.name,
      moduleTypes(context, table, module, (each) => staticTypes.recordMembers(each)),
    )
  }

  const all = [...modules.values()]
  const queries = all.map((types) => ({ owner: `the module ${types.module.name}`, members: queryMembers(context, types) }))
  const mutations = all.map((types) => ({ owner: `the module ${types.module.name}`, members: mutationMembers(context, types) }))
  const subscriptions = all.map((types) => ({ owner: `the module ${types.module.name}`, members: subscriptionMembers(context, types) }))
  const nodes = { owner: SHARED_OWNER, members: [...nodeMembers(context), ...feedMembers(context)] }
  const roots = { Query: staticTypes.rootFields('Query'), Mutation: staticTypes.rootFields('Mutation'), Subscription: staticTypes.rootFields('Subscription') }
  const written = staticTypes.reached([...Object.values(roots), ...all.map(({ module }) => staticTypes.recordMembers(module))])
  const idle = unusedTypes(all)
  return new LazySchema({
    description: staticSchema.description,
    query: rootType('Query', 'Reads.', [nodes, ...queries], roots.Query, resolvers),
    mutation: rootType('Mutation', 'Writes. All record writes of one operation are one transaction.', mutations, roots.Mutation, resolvers),
    subscription: rootType('Subscription', 'What happens, as it happens.', subscriptions, roots.Subscription, resolvers),
    types: [...specifiedScalarTypes, ...table.types().filter((type) => !idle.has(type)), ...written],
    directives: [...specifiedDirectives, ...staticTypes.directives()],
    extensions: staticSchema.extensions,
  })
}
