import { describe, expect, test } from '@jest/globals'
import { execute, type GraphQLSchema, isObjectType, parse, printSchema } from 'graphql'
import { coreModules } from '../../src/entities/index.ts'
import { GuanxiError, say } from '../../src/errors/index.ts'
import type { Principal } from '../../src/records/access/policy.ts'
import { StaleEpochError } from '../../src/records/epochs.ts'
import { buildRegistry } from '../../src/records/registry/index.ts'
import { buildStaticSchema, type StaticServices } from '../../src/resolvers/static-schema.ts'
import { buildSchema } from '../../src/schema/build/index.ts'
import { schemaResolvers } from '../../src/schema/execute/index.ts'
import { createRuleTree, plannedVerdict } from '../../src/schema/rules.ts'
import { applyShield, ruleCoverage } from '../../src/schema/shield.ts'
import { coreModulesWith, runTimeModule } from '../support/run-time-fields.ts'

/** Services that note being called; what they answer does not matter here. */
function notingServices(calls: string[], failure?: Error): StaticServices {
  const service = (name: string) =>
    new Proxy(
      {},
      {
        get: (_target, method) => async () => {
          calls.push(`${name}.${String(method)}`)
          if (failure) throw failure
          return []
        },
      },
    )
  return Object.fromEntries(
    [
      ...['authenticator', 'sessions', 'apiKeys', 'passwords', 'passwordResets', 'tokenPasswords', 'invitations', 'roles', 'shares', 'access', 'metadata'],
      ...['auditLog', 'ticketMerging', 'plugins'],
    ].map((name) => [name, service(name)]),
  ) as unknown as StaticServices
}

const registry = buildRegistry(coreModules(), 1)
const finalSchema = (staticSchema: GraphQLSchema) => buildSchema({ registry, staticSchema, resolvers: schemaResolvers })
const principal = (...roles: string[]) => ({ kind: 'user', userId: 'u', via: 'user', roles, policy: { modules: new Map() } }) as unknown as Principal

async function run(source: string, who: Principal | null, { current = true, failure }: { current?: boolean | Error; failure?: Error } = {}) {
  const calls: string[] = []
  const schema = applyShield(buildStaticSchema(notingServices(calls, failure)), async () => {
    if (current instanceof Error) throw current
    return current
  })
  const document = parse(source)
  const request = { document, operationName: null, caller: { forget: () => {}, principal: async () => who } }
  const contextValue = { principal: who, runtime: { version: 1, registry, schema }, request }
  const { errors = [] } = await execute({ schema, document, contextValue })
  return {
    calls,
    originals: errors.map(({ originalError }) => originalError),
    codes: errors.map(({ originalError }) => (originalError as { code?: string } | undefined)?.code),
  }
}

/** One call for each root field of the tree, with arguments that fit. */
const ROOTS: Readonly<Record<string, string>> = {
  'Query.me': '{ me { id } }',
  'Query.sessions': '{ sessions { id } }',
  'Query.apiKeys': '{ apiKeys { id } }',
  'Query.roles': '{ roles { key } }',
  'Query.schemaVersion': '{ schemaVersion }',
  'Query.modules': '{ modules { name } }',
  'Query.module': '{ module(name: "account") { name } }',
  'Query.explainAccess': '{ explainAccess(userId: "u", module: "account", action: READ) { allowed } }',
  'Query.recordShares': '{ recordShares(module: "account", recordId: "r") { id } }',
  'Query.whoCanSee': '{ whoCanSee(module: "account", recordId: "r") { id } }',
  'Query.diffRole': '{ diffRole(roleKey: "k", input: {}) { userCount } }',
  'Query.roleSchema': '{ roleSchema(roleKey: "k") { sdl } }',
  'Query.unusedGrants': '{ unusedGrants(since: "2026-01-01T00:00:00Z") { countedSince } }',
  'Mutation.signIn': 'mutation { signIn(input: {email: "e", password: "p"}) { accessToken } }',
  'Mutation.refreshSession': 'mutation { refreshSession(input: {refreshToken: "t"}) { accessToken } }',
  'Mutation.signOut': 'mutation { signOut }',
  'Mutation.revokeSession': 'mutation { revokeSession(id: "s") { session { id } } }',
  'Mutation.revokeOtherSessions': 'mutation { revokeOtherSessions { sessions { id } } }',
  'Mutation.requestPasswordReset': 'mutation { requestPasswordReset(input: {email: "e"}) { accepted } }',
  'Mutation.resetPassword': 'mutation { resetPassword(input: {token: "t", password: "p"}) { email } }',
  'Mutation.inviteUser': 'mutation { inviteUser(input: {email: "e", name: "n", roleKeys: []}) { expiresAt } }',
  'Mutation.resendInvitation': 'mutation { resendInvitation(input: {userId: "u"}) { expiresAt } }',
  'Mutation.acceptInvitation': 'mutation { acceptInvitation(input: {token: "t", password: "p"}) { email } }',
  'Mutation.createApiKey': 'mutation { createApiKey(input: {name: "n"}) { secret } }',
  'Mutation.revokeApiKey': 'mutation { revokeApiKey(id: "k") { apiKey { id } } }',
  'Mutation.setPassword': 'mutation { setPassword(input: {userId: "u", password: "p"}) { user { id } } }',
  'Mutation.createRole': 'mutation { createRole(input: {key: "k", name: "n"}) { role { key } } }',
  'Mutation.updateRole': 'mutation { updateRole(key: "k", input: {}) { role { key } } }',
  'Mutation.assignRole': 'mutation { assignRole(userId: "u", roleKey: "k") { user { id } } }',
  'Mutation.unassignRole': 'mutation { unassignRole(userId: "u", roleKey: "k") { user { id } } }',
  'Mutation.shareRecord': 'mutation { shareRecord(input: {module: "account", recordId: "r", userId: "u", level: READ}) { share { id } } }',
  'Mutation.unshareRecord': 'mutation { unshareRecord(id: "s") { share { id } } }',
  'Mutation.mergeTickets': 'mutation { mergeTickets(into: "t", ids: ["s"]) { changeSetId } }',
  'Query.auditLog': '{ auditLog { nodes { id } } }',
  'Query.customFields': '{ customFields { name } }',
  'Query.customModules': '{ customModules { name } }',
  'Query.exportMetadata': '{ exportMetadata }',
  'Mutation.createCustomField': 'mutation { createCustomField(input: {module: "account", name: "n", type: TEXT}) { schemaVersion } }',
  'Mutation.createCustomFields': 'mutation { createCustomFields(input: []) { schemaVersion } }',
  'Mutation.updateCustomField': 'mutation { updateCustomField(id: "f", input: {}) { schemaVersion } }',
  'Mutation.deleteCustomField': 'mutation { deleteCustomField(id: "f") { schemaVersion } }',
  'Mutation.restoreCustomField': 'mutation { restoreCustomField(id: "f") { schemaVersion } }',
  'Mutation.purgeCustomField': 'mutation { purgeCustomField(id: "f") { schemaVersion } }',
  'Mutation.createCustomModule': 'mutation { createCustomModule(input: {name: "n", pluralName: "ns"}) { schemaVersion } }',
  'Mutation.updateCustomModule': 'mutation { updateCustomModule(name: "n", input: {}) { schemaVersion } }',
  'Mutation.deleteCustomModule': 'mutation { deleteCustomModule(name: "n") { schemaVersion } }',
  'Mutation.purgeCustomModule': 'mutation { purgeCustomModule(name: "n") { schemaVersion } }',
  'Mutation.restoreCustomModule': 'mutation { restoreCustomModule(name: "n") { schemaVersion } }',
  'Query.plugins': '{ plugins { name } }',
  ...Object.fromEntries(
    ['enablePlugin', 'disablePlugin', 'upgradePlugin', 'uninstallPlugin', 'purgePlugin'].map((name) => [
      `Mutation.${name}`,
      `mutation { ${name}(name: "p") { plugin { name } } }`,
    ]),
  ),
  'Mutation.updatePluginSettings': 'mutation { updatePluginSettings(name: "p", settings: {}) { plugin { name } } }',
  'Mutation.updatePluginPermission': 'mutation { updatePluginPermission(name: "p", permission: "q", roles: []) { plugin { name } } }',
  'Mutation.applyMetadata': 'mutation { applyMetadata(input: []) { schemaVersion } }',
}
const PUBLIC = ['signIn', 'refreshSession', 'requestPasswordReset', 'resetPassword', 'acceptInvitation'].map((name) => `Mutation.${name}`)
const ADMINISTRATORS = [
  ...[
    'Query.roles',
    'Query.explainAccess',
    'Query.auditLog',
    'Query.whoCanSee',
    'Query.diffRole',
    'Query.roleSchema',
    'Query.unusedGrants',
    'Mutation.createRole',
    'Mutation.updateRole',
    'Mutation.assignRole',
    'Mutation.unassignRole',
    'Mutation.inviteUser',
    'Mutation.resendInvitation',
  ],
  ...Object.keys(ROOTS).filter((name) => /Custom|Metadata|Plugin/i.test(name)),
]

describe('the rule tree', () => {
  const tree = createRuleTree(async () => true)
  const roots = [...Object.keys(tree['Query'] ?? {}).map((name) => `Query.${name}`), ...Object.keys(tree['Mutation'] ?? {}).map((name) => `Mutation.${name}`)]

  test('this test knows every root field', () => {
    expect(roots.sort()).toEqual(Object.keys(ROOTS).sort())
  })

  test.each(Object.entries(ROOTS))('%s lets through whom it should, and calls nothing for others', async (name, source) => {
    for (const [who, allowed] of [
      [null, PUBLIC.includes(name)],
      [principal('sales_manager'), !ADMINISTRATORS.includes(name)],
      [principal('admin'), true],
    ] as const) {
      const { calls, codes } = await run(source, who)
      if (allowed) expect(codes).not.toEqual(expect.arrayContaining([expect.stringMatching(/^(UNAUTHENTICATED|FORBIDDEN)$/)]))
      else expect([calls, codes]).toEqual([[], [who === null ? 'UNAUTHENTICATED' : 'FORBIDDEN']])
    }
  })

  test('rights of yesterday are noticed before anything is done', async () => {
    for (const [name, source] of Object.entries(ROOTS)) {
      if (PUBLIC.includes(name)) continue
      const { calls, originals } = await run(source, principal('admin'), { current: false })
      expect(calls).toEqual([])
      expect(originals[0]).toBeInstanceOf(StaleEpochError)
    }
  })

  // shield turns errors of resolvers into "Not Authorised!" unless it is told not to.
  test('whoever cannot be judged hears why, and not that he is refused', async () => {
    const away = new GuanxiError('UNAVAILABLE', say`The database does not answer.`)
    for (const source of [
      '{ modules { name } }',
      '{ roles { key } }',
      '{ __schema { queryType { name } } modules { name } }',
      ROOTS['Mutation.createRole'] as string,
    ]) {
      const { calls, originals } = await run(source, principal('admin'), { current: away })
      expect([source, calls, originals]).toEqual([source, [], [away]])
    }
  })

  test('errors of services stay what they are', async () => {
    const failure = new TypeError('a defect')
    const { originals } = await run('{ roles { key } }', principal('admin'), { failure })
    expect(originals).toEqual([failure])
  })
})

describe('generated root fields', () => {
  const reader = {
    ...principal(),
    policy: { modules: new Map([['account', { actions: new Map([['READ', [{ scope: 'OWN' }]]]), fields: new Map() }]]) },
  } as unknown as Principal
  const verdict = (descriptor: Parameters<typeof plannedVerdict>[0], who: Principal | null) => {
    const answer = plannedVerdict(descriptor, { principal: who, runtime: { registry } })
    return answer === true ? 'allowed' : (answer as { code?: string }).code
  }

  test('are asked about once, by the same checks', () => {
    for (const kind of ['list', 'get', 'getBy', 'aggregate'] as const) {
      expect(verdict({ kind, module: 'account' }, null)).toBe('UNAUTHENTICATED')
      expect(verdict({ kind, module: 'account' }, reader)).toBe('allowed')
      expect(verdict({ kind, module: 'contact' }, reader)).toBe('FORBIDDEN')
    }
    for (const operation of ['create', 'update', 'upsert', 'delete', 'restore'] as const) {
      expect(verdict({ kind: 'write', module: 'account', operation, many: false }, reader)).toBe('FORBIDDEN')
    }
    expect(verdict({ kind: 'node' }, null)).toBe('UNAUTHENTICATED')
    expect(verdict({ kind: 'node' }, reader)).toBe('allowed')
    expect(verdict({ kind: 'displayName' }, reader)).toBe('FORBIDDEN')
  })
})

describe('the final schema', () => {
  const guarded = applyShield(buildStaticSchema(notingServices([])), async () => true)

  test('has a rule for every field', () => {
    expect(ruleCoverage(finalSchema(guarded))).toEqual([])
  })

  test('has one for every field of modules and fields that administrators made, too', () => {
    const modules = [
      ...coreModulesWith('account', [
        { name: 'headcount', type: 'INTEGER' },
        { name: 'friends', type: 'REFERENCES', reference: { module: 'contact', inverseName: 'friendOf', onDelete: 'clear' } },
      ]),
      runTimeModule(1000, 'gadget', [
        { name: 'price', type: 'MONEY' },
        { name: 'at', type: 'REFERENCE', reference: { module: 'account', inverseName: 'gadgets', onDelete: 'clear' } },
      ]),
    ]
    const withCustom = buildSchema({ registry: buildRegistry(modules, 1), staticSchema: guarded, resolvers: schemaResolvers })
    expect(ruleCoverage(withCustom)).toEqual([])
    for (const [type, field] of [
      ['Account', 'headcount'],
      ['Account', 'gadgets'],
      ['Contact', 'friendOf'],
      ['Query', 'gadgets'],
      ['Mutation', 'upsertGadgets'],
      ['GadgetAggregate', 'count'],
    ] as const) {
      const holder = withCustom.getType(type)
      expect([type, field, isObjectType(holder) && Object.hasOwn(holder.getFields(), field)]).toEqual([type, field, true])
    }
  })

  test('a field without one is found, and refused', async () => {
    const forgotten = buildStaticSchema(notingServices([]))
    const query = forgotten.getQueryType()
    if (!query) throw new Error('no Query')
    const { schemaVersion } = query.getFields()
    if (!schemaVersion) throw new Error('no schemaVersion')
    query.getFields().forgotten = { ...schemaVersion, name: 'forgotten' }
    expect(ruleCoverage(finalSchema(forgotten))).toEqual(['Query.forgotten'])
    const schema = applyShield(forgotten, async () => true)
    const { errors } = await execute({ schema, document: parse('{ forgotten }'), contextValue: { principal: principal('admin'), runtime: { version: 1 } } })
    expect((errors?.[0]?.originalError as { code?: string } | undefined)?.code).toBe('FORBIDDEN')
  })

  test('is the same with and without the shield', () => {
    expect(printSchema(finalSchema(guarded))).toBe(printSchema(finalSchema(buildStaticSchema(notingServices([])))))
  })

  // A wrapper on every field costs 3 to 5 times the answer.
  test('has no wrapped field on records but what is written by hand', () => {
    const wrapped = (name: string) => {
      const type = guarded.getType(name)
      return isObjectType(type) ? Object.values(type.getFields()).flatMap((field) => (field.resolve ? [field.name] : [])) : []
    }
    expect(wrapped('User')).toEqual(['roles'])
    expect(wrapped('SessionPayload')).toEqual([])
    expect(wrapped('Role').sort()).toEqual(['fields', 'grants', 'inherits', 'newFields'])
  })
})

describe('an operation that is run again because rights changed meanwhile', () => {
  const roots = Object.entries(ROOTS).filter(([name]) => name.startsWith('Mutation.') && name !== 'Mutation.signOut')

  test.each(roots)('does the work of %s once', async (_name, source) => {
    const calls: string[] = []
    const schema = buildStaticSchema(notingServices(calls))
    const document = parse(source)
    const request = { document, operationName: null, caller: { forget: () => {}, principal: async () => principal('admin') } }
    const again = () => execute({ schema, document, contextValue: { principal: principal('admin'), runtime: { version: 1, registry, schema }, request } })
    await again()
    const done = calls.filter((call) => !call.startsWith('authenticator'))
    await again()
    expect(calls.filter((call) => !call.startsWith('authenticator'))).toEqual(done)
    expect(done).toHaveLength(1)
  })
})
