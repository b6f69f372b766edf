import '../../typescript.mjs'

/** Stands for services that nothing asks here. */
const NOBODY = new Proxy({}, { get: () => NOBODY })

/** The registry and the schema of the core modules, as administrators are served; nothing in it can be executed. */
export async function coreSchema() {
  const [
    { buildStaticSchema },
    { coreModules },
    { buildRegistry },
    { buildSchema, typeNames, rootFieldNames },
    { schemaResolvers },
    { audienceOf },
    { SHIPPED_ROLES, SIGNED_IN },
  ] = await Promise.all([
    import('../../../src/resolvers/static-schema.ts'),
    import('../../../src/entities/index.ts'),
    import('../../../src/records/registry/index.ts'),
    import('../../../src/schema/build/index.ts'),
    import('../../../src/schema/execute/index.ts'),
    import('../../../src/schema/rules.ts'),
    import('../../../src/auth/shipped-roles.ts'),
  ])
  const registry = buildRegistry(coreModules(), 1)
  const schema = buildSchema({ registry, staticSchema: buildStaticSchema(NOBODY), resolvers: schemaResolvers })
  return { registry, schema, typeNames, rootFieldNames, audienceOf, roles: [SIGNED_IN, ...SHIPPED_ROLES] }
}
