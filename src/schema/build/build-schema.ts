import { GraphQLSchema, specifiedDirectives } from 'graphql'
import { type BuildContext, typesOf } from './context.ts'
import { fieldDescriber } from './descriptions.ts'
import { type ModuleTypes, moduleTypes } from './module-types.ts'
import type { SchemaBuildOptions } from './options.ts'
import { rootType } from './root-types.ts'
import { mutationMembers, nodeMembers, queryMembers } from './roots.ts'
import { createSharedTypes, SHARED_OWNER } from './shared/index.ts'
import { StaticTypes } from './static-types.ts'
import { TypeTable } from './type-table.ts'

/**
 * The served schema: the surface of every module of the registry, joined with the hand-written operations. Neither input is
 * changed and nothing is kept between builds. Throws DefectError where two owners claim one name, a hand-written type cannot
 * stand in for a generated one, or the registry refers to a module that it does not have.
 */
export function buildSchema(options: SchemaBuildOptions): GraphQLSchema {
  return begin(options).finish(false)
}

/** Milliseconds that a build holds the process at most before others have their turn. */
const SLICE = 8

/**
 * The same, in slices between which requests are answered. What this builder makes is not validated again: tests do that, and it would take as long as
 * the build.
 */
export async function buildSchemaInSlices(options: SchemaBuildOptions): Promise<GraphQLSchema> {
  const { types, finish } = begin(options)
  let started = performance.now()
  for (const type of types) {
    // Makes the type's fields, which is most of the work; the schema then only walks over them.
    if ('getFields' in type) type.getFields()
    if (performance.now() - started < SLICE) continue
    await new Promise((resolve) => setImmediate(resolve))
    started = performance.now()
  }
  await new Promise((resolve) => setImmediate(resolve))
  return finish(true)
}

function begin({ registry, staticSchema, resolvers }: SchemaBuildOptions) {
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

  const finish = (assumeValid: boolean): GraphQLSchema => {
    const all = [...modules.values()]
    const queries = all.map((types) => ({ owner: `the module ${types.module.name}`, members: queryMembers(context, types) }))
    const mutations = all.map((types) => ({ owner: `the module ${types.module.name}`, members: mutationMembers(context, types) }))
    const nodes = { owner: SHARED_OWNER, members: nodeMembers(context) }
    return new GraphQLSchema({
      description: staticSchema.description,
      query: rootType('Query', 'Reads.', [nodes, ...queries], staticTypes.rootFields('Query'), resolvers),
      mutation: rootType(
        'Mutation',
        'Writes. All record writes of one operation are one transaction.',
        mutations,
        staticTypes.rootFields('Mutation'),
        resolvers,
      ),
      subscription: rootType('Subscription', 'What happens, as it happens.', [], staticTypes.rootFields('Subscription'), resolvers),
      types: staticTypes.implementations(),
      directives: [...specifiedDirectives, ...staticTypes.directives()],
      extensions: staticSchema.extensions,
      assumeValid,
    })
  }
  return { types: table.types(), finish }
}
