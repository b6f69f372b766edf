import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { codesOf, issuesOf, type TestClient, TRANSPORTS } from '../support/client.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { eventually, pluginNamed, step, WARRANTY } from './kit.ts'

const CREATE = 'mutation ($input: CreateWarrantyClaimInput!) { createWarrantyClaim(input: $input) { warrantyClaim { id months status account { id } } } }'
const UPDATE = 'mutation ($id: ID!, $input: UpdateWarrantyClaimInput!) { updateWarrantyClaim(id: $id, input: $input) { warrantyClaim { id status } } }'
const ACCOUNT = 'mutation ($name: String!) { createAccount(input: {name: $name}) { account { id } } }'

/** What plugins bring is as good as what the product has. */
describe('a plugin at work', () => {
  let server: TestServer
  let admin: TestClient
  let agent: TestClient
  let finance: TestClient
  let rep: TestClient
  let marketing: TestClient
  let account: string

  const newClaim = async (client: TestClient, input: object = {}): Promise<string> =>
    (await client.data(CREATE, { input: { title: 'A claim', ...input } })).createWarrantyClaim.warrantyClaim.id

  beforeAll(async () => {
    server = await startTestServer({ environment: { PLUGIN_PATHS: WARRANTY, GUANXI_ROLE: 'all' } })
    admin = server.admin
    await step(admin, 'enablePlugin', 'warranty')
    agent = (await server.addUser('Agent', 'service_agent')).client
    finance = (await server.addUser('Finance', 'finance')).client
    rep = (await server.addUser('Rep', 'sales_rep')).client
    marketing = (await server.addUser('Marketing', 'marketing')).client
    account = (await admin.data(ACCOUNT, { name: 'Wheels Ltd' })).createAccount.account.id
  })
  afterAll(() => server?.close())

  test('gives shipped roles their rights: scopes, levels of sensitive fields, and nothing to others', async () => {
    const own = await newClaim(rep, { title: "the rep's own" })
    const other = await newClaim(agent, { title: "the agent's" })
    const seen = await rep.data('{ warrantyClaims { nodes { id } } }')
    expect(seen.warrantyClaims.nodes).toEqual([{ id: own }])
    expect(codesOf(await rep.send(UPDATE, { id: other, input: { title: 'taken over' } }))).toEqual(['NOT_FOUND'])
    expect(codesOf(await marketing.send('{ warrantyClaims { nodes { id } } }'))).toEqual(['FORBIDDEN'])
    await finance.data('mutation ($id: ID!) { updateWarrantyClaim(id: $id, input: {amount: {amount: "12.50", currency: "USD"}}) { changeSetId } }', {
      id: other,
    })
    expect(await finance.data('{ warrantyClaims(filter: {amount: {gt: "10"}}) { nodes { amount { amount } } } }')).toEqual({
      warrantyClaims: { nodes: [{ amount: { amount: '12.50' } }] },
    })
    const hidden = await agent.send('{ warrantyClaims { nodes { title amount { amount } } } }')
    expect(codesOf(hidden)).toEqual(['FORBIDDEN_FIELD'])
    expect(hidden.data.warrantyClaims.nodes.every(({ amount }: { amount: unknown }) => amount === null)).toBe(true)
  })

  test('has history, search, aggregates, subscriptions and a place in the feed', async () => {
    const id = await newClaim(agent, { title: 'Gearbox 变速箱', account: { id: account } })
    await agent.data(UPDATE, { id, input: { title: 'Gearbox 变速箱 loud' } })
    const read = await agent.data(
      'query ($id: ID!) { warrantyClaim(id: $id) { version history(first: 5) { nodes { version changes { field before after } } } } }',
      { id },
    )
    expect(read.warrantyClaim.version).toBe(2)
    expect(read.warrantyClaim.history.nodes[0].changes).toEqual([{ field: 'title', before: 'Gearbox 变速箱', after: 'Gearbox 变速箱 loud' }])
    await eventually(async () => (await agent.data('{ warrantyClaims(search: "变速") { totalCount } }')).warrantyClaims.totalCount === 1)
    const { warrantyClaimsAggregate } = await agent.data('{ warrantyClaimsAggregate(groupBy: [{status: true}]) { key count } }')
    expect(warrantyClaimsAggregate.find(({ key }: { key: { status: string } }) => key.status === 'open').count).toBeGreaterThan(1)
    const nested = await agent.data('query ($id: ID!) { account(id: $id) { warrantyClaims { nodes { id } } openClaims } }', { id: account })
    expect(nested.account).toEqual({ warrantyClaims: { nodes: [{ id }] }, openClaims: 1 })
    const { changes } = await agent.data('{ changes(modules: ["warrantyClaim"], after: "") { nodes { operation id } } }').catch(async () => {
      const { changeCursor } = await agent.data('{ changeCursor }')
      await agent.data(UPDATE, { id, input: { title: 'Gearbox 变速箱 louder' } })
      await new Promise((resolve) => setTimeout(resolve, 1_000))
      return agent.data('query ($after: String!) { changes(modules: ["warrantyClaim"], after: $after) { nodes { operation id } } }', { after: changeCursor })
    })
    expect(changes.nodes).toEqual([{ operation: 'UPDATED', id }])
  })

  test('lets a SELECT field take the steps that it allows, and no others', async () => {
    const id = await newClaim(agent)
    const refused = await agent.send(UPDATE, { id, input: { status: 'paid' } })
    expect(issuesOf(refused)).toEqual(['input.status: TRANSITION'])
    expect(issuesOf(await agent.send(UPDATE, { id, input: { status: 'refused' } }))).toEqual(['input.reason: TRANSITION'])
    expect(issuesOf(await agent.send(CREATE, { input: { title: 'begins wrong', status: 'paid' } }))).toEqual(['input.status: TRANSITION'])
    await agent.data(UPDATE, { id, input: { status: 'approved' } })
    expect(issuesOf(await agent.send(UPDATE, { id, input: { status: 'paid' } }))).toEqual(['input.status: TRANSITION'])
    await finance.data(UPDATE, { id, input: { status: 'paid' } })
    // No step leads to nothing, from where another would lead to the beginning.
    expect(issuesOf(await finance.send(UPDATE, { id, input: { status: null } }))).toEqual(['input.status: TRANSITION'])
    expect((await agent.data('query ($id: ID!) { warrantyClaim(id: $id) { status } }', { id })).warrantyClaim.status).toBe('paid')
  })

  test('shows the steps that a field may take, as far as the reader may know of them', async () => {
    const QUERY = '{ module(name: "warrantyClaim") { fields { name transitions { from to requires roles allowed } } } }'
    const stepsOf = async (client: TestClient) => (await client.data(QUERY)).module.fields.find(({ name }: { name: string }) => name === 'status').transitions
    const steps = (approve: boolean, pay: boolean) => [
      { from: null, to: 'open', requires: [], roles: null, allowed: true },
      { from: 'open', to: 'approved', requires: [], roles: ['finance', 'service_agent'], allowed: approve },
      { from: 'open', to: 'refused', requires: ['reason'], roles: null, allowed: true },
      { from: 'approved', to: 'paid', requires: [], roles: ['finance'], allowed: pay },
    ]
    expect(await stepsOf(agent)).toEqual(steps(true, false))
    expect(await stepsOf(finance)).toEqual(steps(true, true))
    expect(await stepsOf(rep)).toEqual(steps(false, false))
    expect(await stepsOf(admin)).toEqual(steps(true, true))
    const { module } = await rep.data('{ module(name: "ticket") { fields { name transitions { from to requires roles allowed } } } }')
    const { transitions } =
      module?.fields.find(({ name }: { name: string }) => name === 'status') ??
      (await admin.data(QUERY.replace('warrantyClaim', 'ticket'))).module.fields.find(({ name }: { name: string }) => name === 'status')
    expect(transitions).toContainEqual({ from: 'new', to: 'open', requires: [], roles: null, allowed: true })
  })

  test('vetoes with an error of the catalogue, alone or in a batch, and nothing is written', async () => {
    const refused = await admin.send('mutation ($id: ID!) { deleteAccount(id: $id) { id } }', { id: account })
    expect(refused.errors[0]).toMatchObject({ message: 'There are 1 open claims.', extensions: { code: 'FORBIDDEN' } })
    const batch = await agent.send('mutation ($input: [CreateWarrantyClaimInput!]!) { createWarrantyClaims(input: $input) { changeSetId } }', {
      input: [{ title: 'first' }, { title: 'second', months: 99 }, { title: 'x' }],
    })
    expect(issuesOf(batch).sort()).toEqual(['input.1.months: TOO_LONG', 'input.2.title: TOO_SHORT'])
    expect((await agent.data('{ warrantyClaims(filter: {title: {in: ["first", "second"]}}) { totalCount } }')).warrantyClaims.totalCount).toBe(0)
  })

  test('computes a field for a whole list at once, at the level of what it needs', async () => {
    await admin.data('mutation ($input: [CreateAccountInput!]!) { createAccounts(input: $input) { changeSetId } }', {
      input: Array.from({ length: 499 }, (_, index) => ({ name: `Account ${index}` })),
    })
    await eventually(async () => (await admin.data('{ accounts(filter: {warrantyNote: {isNull: true}}) { totalCount } }')).accounts.totalCount === 0, 20_000)
    // What plugins do by themselves may run meanwhile, and adds statements of its own, so that the fewest count.
    const recordStatements = async (work: () => Promise<unknown>) => (await server.statementsOf(work)).filter(({ purpose }) => purpose === 'record').length
    const list = (fields: string): Promise<{ accounts: { nodes: { warrantySummary: string }[] } }> =>
      admin.data(`{ accounts(first: 500) { nodes { ${fields} } } }`)
    let plain = Number.POSITIVE_INFINITY
    for (let round = 0; round < 3; round += 1) plain = Math.min(plain, await recordStatements(() => list('name')))
    let answer: Awaited<ReturnType<typeof list>> | undefined
    const listComputed = async () => {
      answer = await list('name warrantySummary')
    }
    await eventually(async () => (await recordStatements(listComputed)) <= plain + 2, 20_000)
    expect(answer?.accounts.nodes).toHaveLength(500)
    expect(answer?.accounts.nodes.map(({ warrantySummary }) => warrantySummary)).toContain('Wheels Ltd: 1 claims')
    expect(await finance.data('{ accounts(first: 1) { nodes { creditWord } } }')).toEqual({ accounts: { nodes: [{ creditWord: 'credit' }] } })
    const hidden = await agent.send('{ accounts(first: 2) { nodes { name creditWord } } }')
    expect(codesOf(hidden)).toEqual(['FORBIDDEN_FIELD'])
    expect(hidden.data.accounts.nodes.map(({ creditWord }: { creditWord: unknown }) => creditWord)).toEqual([null, null])
    const shown = await agent.data('{ __type(name: "Account") { fields { name } } }')
    const names = shown.__type.fields.map(({ name }: { name: string }) => name)
    expect([names.includes('warrantySummary'), names.includes('creditWord')]).toEqual([true, false])
  }, 60_000)

  test('computes a field of what a mutation has just written', async () => {
    const { createAccount } = await admin.data('mutation { createAccount(input: {name: "Newcomer", type: "customer"}) { account { id warrantySummary } } }')
    expect(createAccount.account.warrantySummary).toBe('Newcomer: 0 claims')
    const { updateAccount, createWarrantyClaim } = await admin.data(
      `mutation ($id: ID!) {
        updateAccount(id: $id, input: {name: "Renamed"}) { account { warrantySummary } }
        createWarrantyClaim(input: {title: "Broken", account: {id: $id}}) { warrantyClaim { account { warrantySummary } } }
      }`,
      { id: createAccount.account.id },
    )
    expect([updateAccount.account.warrantySummary, createWarrantyClaim.warrantyClaim.account.warrantySummary]).toEqual([
      'Renamed: 0 claims',
      'Renamed: 1 claims',
    ])
  })

  test('answers root fields of its own by the rights of whoever asks, and by its own permissions', async () => {
    for (const transport of TRANSPORTS) {
      const { data } = await agent.send('{ warrantyFigures { open latest { title status } } }', {}, { transport })
      expect(data.warrantyFigures.latest.status).toBe('open')
      const own = await rep.send('{ warrantyFigures { open latest { title } } }', {}, { transport })
      expect(own.data.warrantyFigures).toEqual({ open: 1, latest: { title: "the rep's own" } })
    }
    // Leads are no part of its capabilities, whoever asks.
    expect(codesOf(await admin.send('{ warrantySecret }'))).toEqual(['FORBIDDEN'])
    expect(codesOf(await server.anonymous.send('{ warrantyFigures { open } }'))).toEqual(['UNAUTHENTICATED'])
    const id = await newClaim(agent)
    await agent.data(UPDATE, { id, input: { status: 'approved' } })
    const SETTLE = 'mutation ($id: ID!) { settleWarrantyClaim(id: $id) { id status } }'
    expect(codesOf(await agent.send(SETTLE, { id }))).toEqual(['FORBIDDEN'])
    expect(await finance.data(SETTLE, { id })).toEqual({ settleWarrantyClaim: { id, status: 'paid' } })
    await admin.data('mutation { updatePluginPermission(name: "warranty", permission: "settle", roles: ["service_agent"]) { plugin { name } } }')
    expect(codesOf(await finance.send(SETTLE, { id }))).toEqual(['FORBIDDEN'])
    expect((await pluginNamed(admin, 'warranty')).permissions).toEqual([{ name: 'settle', roles: ['service_agent'] }])
  })

  test('is told of what was committed, and does its jobs, as its own service user', async () => {
    const { id } = (await admin.data(ACCOUNT, { name: 'Followed Ltd' })).createAccount.account
    const QUERY = 'query ($id: ID!) { account(id: $id) { warrantyNote warrantyUntil updatedBy { name } history(first: 9) { nodes { version } } } }'
    await eventually(async () => (await admin.data(QUERY, { id })).account.warrantyUntil === '2030-01-01')
    const read = (await admin.data(QUERY, { id })).account
    expect(read).toMatchObject({ warrantyNote: 'seen at 1.0.0', updatedBy: { name: 'Plugin warranty' } })
    expect(read.history.nodes).toHaveLength(3)
  })

  test('has settings that are checked, hold at once, and whose secrets are not told', async () => {
    const SET = 'mutation ($settings: JSON!) { updatePluginSettings(name: "warranty", settings: $settings) { plugin { settings } } }'
    const { settingsSchema, settings } = await pluginNamed(admin, 'warranty')
    expect(settingsSchema.properties.longest).toMatchObject({ type: 'integer', minimum: 1 })
    expect(settings).toEqual({ longest: 24 })
    expect(issuesOf(await admin.send(SET, { settings: { longest: 0, other: 1 } })).sort()).toEqual(['settings.longest: FORMAT', 'settings.other: UNKNOWN'])
    const proto = JSON.parse('{"__proto__": {"longest": 3}}')
    expect(issuesOf(await admin.send(SET, { settings: proto }))).toEqual(['settings: PLUGIN'])
    expect(await admin.data(SET, { settings: { longest: 100, token: 'very secret' } })).toEqual({
      updatePluginSettings: { plugin: { settings: { longest: 100 } } },
    })
    await newClaim(agent, { title: 'long lasting', months: 99 })
    await admin.data(SET, { settings: { longest: null } })
    expect(issuesOf(await agent.send(CREATE, { input: { title: 'too long', months: 99 } }))).toEqual(['input.months: TOO_LONG'])
  })

  test('answers HTTP requests by the rights of whoever sends them, and nothing that a browser would run', async () => {
    const ask = (client: TestClient, path: string, init: RequestInit = {}) =>
      fetch(`${server.url}/plugins/${path}`, {
        ...init,
        headers: { ...init.headers, ...(client.token !== null && { authorization: `Bearer ${client.token}` }) },
      })
    const csv = await ask(rep, 'warranty/claims.csv?status=open')
    expect([csv.status, await csv.text()]).toEqual([200, "the rep's own"])
    expect(csv.headers.get('content-type')).toBe('text/csv')
    expect(csv.headers.get('set-cookie')).toBeNull()
    expect(csv.headers.get('content-security-policy')).toBe("default-src 'none'; sandbox")
    const echoed = await ask(agent, 'warranty/echo', { method: 'POST', body: new Uint8Array([0, 255, 1]), headers: { 'content-type': 'image/png' } })
    expect([echoed.status, await echoed.json()]).toEqual([201, { length: 3, authorization: null }])
    for (const [client, path, method, status] of [
      [rep, 'warranty/echo', 'POST', 403],
      [server.anonymous, 'warranty/claims.csv', 'GET', 401],
      [rep, 'warranty/claims.csv', 'DELETE', 404],
      [rep, 'warranty/../../graphql', 'GET', 404],
      [rep, 'nowhere/x', 'GET', 404],
      [rep, '__proto__/x', 'GET', 404],
      [agent, 'warranty/echo', 'POST', 413],
    ] as const) {
      const answer = await ask(client, path, { method, ...(status === 413 && { body: new Uint8Array(2_000_000) }) })
      expect([path, method, answer.status]).toEqual([path, method, path.includes('..') ? answer.status : status])
    }
  })

  test('owns what it brought: administrators add to it, and do not change it', async () => {
    const owned = (mutation: string) => admin.send(`mutation { ${mutation} }`)
    expect(issuesOf(await owned('deleteCustomField(module: "account", name: "warrantyUntil") { schemaVersion }'))).toEqual(['name: OWNED'])
    expect(issuesOf(await owned('deleteCustomModule(name: "warrantyClaim") { schemaVersion }'))).toEqual(['name: OWNED'])
    await admin.data('mutation { createCustomField(input: {module: "warrantyClaim", name: "shelf", type: TEXT}) { schemaVersion } }')
    const { exportMetadata } = await admin.data('{ exportMetadata }')
    expect(exportMetadata.map(({ name, fields }: { name: string; fields: { name: string }[] }) => [name, fields.map((field) => field.name)])).toEqual([
      ['warrantyClaim', ['shelf']],
    ])
    const APPLY = 'mutation ($input: [ModuleStateInput!]!) { applyMetadata(input: $input) { applied } }'
    await admin.data(APPLY, { input: [] })
    expect(codesOf(await admin.send('{ warrantyClaims { nodes { shelf } } }'))).toEqual(['GRAPHQL_VALIDATION_FAILED'])
    expect((await admin.data('{ warrantyClaims(first: 1) { nodes { status account { warrantyUntil } } } }')).warrantyClaims.nodes).toHaveLength(1)
    expect(issuesOf(await admin.send(APPLY, { input: [{ name: 'account', fields: [{ name: 'warrantyUntil', type: 'TEXT' }] }] }))).toEqual([
      'input.0.fields.0.name: OWNED',
    ])
  })
})
