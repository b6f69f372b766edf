import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { codesOf, type TestClient } from '../support/client.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { eventually, pluginFolder, step } from './kit.ts'

const FIELDS = ['name', 'taxNumber', 'creditLimit', 'phone', 'owner', 'industry', 'secretNote']
const MIRROR = `query ($ids: [ID!]!, $filter: JSON) { mirrorRead(ids: $ids, filter: $filter) }`
const PROBE = `{ accounts(first: 500, orderBy: [{name: ASC}]) { totalCount nodes { id name taxNumber creditLimit { amount currency } phone { raw e164 } owner { id } industry secretNote } } }`
const ROLES = ['admin', 'sales_manager', 'sales_rep', 'marketing', 'service_agent', 'finance', 'read_only', 'half_blind'] as const

/** Payload's plugins read past the rights of their callers (CVE-2026-39397). Here they read by them, whatever they call. */
describe('what a plugin reads and writes for somebody', () => {
  const folder = pluginFolder()
  let server: TestServer
  const clients = new Map<string, TestClient>()
  let ids: string[]

  beforeAll(async () => {
    const capabilities = { modules: { account: ['READ', 'UPDATE', 'CREATE', 'DELETE'], user: ['READ'], lead: ['READ'] } }
    const path = folder.write({
      name: 'mirror',
      manifest: { capabilities },
      definition: `graphql: {
        types: 'extend type Query { mirrorRead(ids: [ID!]!, filter: JSON): JSON } extend type Mutation { mirrorWrite(id: ID!, name: String!): JSON }',
        Query: { mirrorRead: async ({ ids, filter }, { records, user }) => {
          const fields = ${JSON.stringify(FIELDS)}
          const tell = (work) => work().catch((error) => error.code)
          return { user, byIds: await tell(() => records.byIds('account', ids, fields)), get: await tell(() => records.get('account', ids[0], fields)),
            find: await tell(() => records.find('account', { filter: filter ?? {}, fields, first: 500, orderBy: [{ name: 'ASC' }] })), count: await tell(() => records.count('account', filter ?? {})),
            users: await tell(() => records.count('user')), leads: await tell(() => records.count('lead')), tickets: await tell(() => records.count('ticket')) }
        } },
        Mutation: { mirrorWrite: async ({ id, name }, { records }) => records.change((changes) => changes.update('account', [{ id, values: { name } }])) },
      }`,
    })
    const watch = folder.write({
      name: 'watch',
      manifest: { capabilities: { modules: { account: ['READ'], task: ['READ'] } } },
      definition: `guards: [{ module: 'account', on: ['UPDATED'], run: async (changes, { records }) => void (await records.count('task')) }]`,
    })
    const veto = folder.write({
      name: 'veto',
      manifest: { capabilities: { modules: { contact: ['READ'], ticket: ['READ'] }, system: true } },
      definition: `guards: [{ module: 'contact', run: async (changes, { asSystem }) => {
        const tickets = await (await asSystem('count all tickets')).count('ticket')
        for (const change of changes) change.refuse(null, 'NO', 'There are ' + tickets)
      } }]`,
    })
    server = await startTestServer({ environment: { PLUGIN_PATHS: `${path},${watch},${veto}` } })
    const { admin } = server
    await admin.data('mutation { createCustomField(input: {module: "account", name: "secretNote", type: TEXT, sensitivity: "sensitive"}) { schemaVersion } }')
    const role = {
      key: 'half_blind',
      name: 'x',
      grants: [{ module: 'account', actions: ['READ'], scope: 'ALL' }],
      fields: [
        { module: 'account', field: 'phone', access: 'MASKED' },
        { module: 'account', field: 'taxNumber', access: 'MASKED' },
      ],
    }
    await admin.data('mutation ($input: CreateRoleInput!) { createRole(input: $input) { role { key } } }', { input: role })
    for (const key of ROLES) clients.set(key, key === 'admin' ? admin : (await server.addUser(`Holder of ${key}`, key)).client)
    const input = Array.from({ length: 5 }, (_, index) => ({
      name: `Account ${index}`,
      secretNote: `secret ${index}`,
      taxNumber: `91310000MA1K3${index}`,
      creditLimit: { amount: `${index + 1}000`, currency: 'USD' },
      phone: `+86 10 8888 000${index}`,
    }))
    ids = (
      await admin.data('mutation ($input: [CreateAccountInput!]!) { createAccounts(input: $input) { accounts { id } } }', { input })
    ).createAccounts.accounts.map(({ id }: { id: string }) => id)
    await clients.get('sales_rep')?.data('mutation { createAccount(input: {name: "Own account", phone: "+86 10 8888 9999"}) { changeSetId } }')
    await step(admin, 'enablePlugin', 'mirror')
    // What it reads, mirror has no capability for: each plugin goes by the user's rights and its own limits.
    await step(admin, 'enablePlugin', 'watch')
  }, 60_000)
  afterAll(async () => {
    await server?.close()
    folder.remove()
  })

  test.each(ROLES)('for %s is what they read over the API, by every function', async (role) => {
    const client = clients.get(role) as TestClient
    const { data } = await client.send(PROBE, {}, { headers: { 'x-access-mode': 'redact' } })
    const { accounts } = data
    type Shown = Record<string, unknown> & { id: string; owner: { id: string } | null }
    const shown = (accounts?.nodes ?? []).map((node: Shown) => ({ ...node, owner: node.owner?.id ?? null }))
    const { mirrorRead } = await client.data(MIRROR, { ids })
    if (accounts === null) {
      expect([mirrorRead.find, mirrorRead.byIds, mirrorRead.count]).toEqual(['FORBIDDEN', 'FORBIDDEN', 'FORBIDDEN'])
      return
    }
    expect(mirrorRead.find).toEqual(shown)
    expect(mirrorRead.count).toBe(accounts.totalCount)
    expect(mirrorRead.byIds).toEqual(ids.map((id) => shown.find((node: Shown) => node.id === id) ?? null))
    expect(mirrorRead.get).toEqual(mirrorRead.byIds[0])
    expect(mirrorRead.user.roles).toEqual([role])
    // What it has no capability for, nobody reads through it.
    expect(mirrorRead.tickets).toBe('FORBIDDEN')
  })

  test('no filter tells more than the fields that are read in full', async () => {
    for (const [role, filter, expected] of [
      ['half_blind', { taxNumber: { startsWith: '9131' } }, 'VALIDATION_FAILED'],
      ['half_blind', { creditLimit: { gt: '1' } }, 'VALIDATION_FAILED'],
      ['finance', { creditLimit: { gt: '2000' } }, 3],
      ['half_blind', { nothing: { eq: 1 } }, 'VALIDATION_FAILED'],
      ['half_blind', { name: { eq: "x' OR 1=1 --" } }, 0],
      ['half_blind', { constructor: { eq: 1 } }, 'VALIDATION_FAILED'],
    ] as const)
      expect([role, filter, (await (clients.get(role) as TestClient).data(MIRROR, { ids, filter })).mirrorRead.count]).toEqual([role, filter, expected])
  })

  test('writes go by the same rights', async () => {
    const WRITE = 'mutation ($id: ID!, $name: String!) { mirrorWrite(id: $id, name: $name) }'
    const write = async (role: string) => codesOf(await (clients.get(role) as TestClient).send(WRITE, { id: ids[0], name: `by ${role}` }))
    expect([await write('sales_rep'), await write('read_only'), await write('half_blind'), await write('marketing')]).toEqual([
      ['NOT_FOUND'],
      ['FORBIDDEN'],
      ['FORBIDDEN'],
      [],
    ])
    const { account } = await server.admin.data('query ($id: ID!) { account(id: $id) { name version updatedBy { name } } }', { id: ids[0] })
    expect(account).toEqual({ name: 'by marketing', version: 2, updatedBy: { name: 'Holder of marketing' } })
  })

  test('reads of sensitive fields, and calls, are taken down', async () => {
    await server.admin.data(MIRROR, { ids })
    const found = async () => {
      const { auditLog } = await server.admin.data('{ auditLog(first: 100) { nodes { action actor { name } client } } }')
      return auditLog.nodes.filter(({ action, client }: { action: string; client: string | null }) => action.endsWith('.read') && client === 'plugin mirror')
    }
    await eventually(async () => (await found()).some(({ actor }: { actor: { name: string } }) => actor.name === 'Administrator'))
    const metrics = await (await fetch(`${server.url}/metrics`)).text()
    expect(metrics).toMatch(/guanxi_plugin_call_duration_seconds_count\{plugin="mirror",outcome="ok"\} \d+/)
  })

  test('beyond the rights of a user stands in the audit, also where it has refused the write', async () => {
    await step(server.admin, 'enablePlugin', 'veto')
    expect(codesOf(await server.admin.send('mutation { createContact(input: {name: "Any"}) { changeSetId } }'))).toEqual(['VALIDATION_FAILED'])
    const { auditLog } = await server.admin.data('{ auditLog(first: 100) { nodes { action result actor { name } details } } }')
    const entries = auditLog.nodes.filter(({ action }: { action: string }) => action === 'plugin.asSystem')
    expect(entries).toEqual([
      { action: 'plugin.asSystem', result: 'ok', actor: { name: 'Administrator' }, details: { plugin: 'veto', reason: 'count all tickets' } },
    ])
    await step(server.admin, 'disablePlugin', 'veto')
  })
})
