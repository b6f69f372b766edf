import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { codesOf, issuesOf } from '../support/client.ts'
import { contentOf } from '../support/content.ts'
import { changeField, METADATA, makeField, sendField } from '../support/metadata.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

describe('a field that changes', () => {
  let server: TestServer
  let ids: string[]

  beforeAll(async () => {
    server = await startTestServer()
    const { createAccounts } = await server.admin.data(
      'mutation { createAccounts(input: [{name: "One", type: "customer"}, {name: "Two", type: "customer"}, {name: "Three", type: "customer"}]) { accounts { id } } }',
    )
    ids = createAccounts.accounts.map(({ id }: { id: string }) => id)
  })
  afterAll(() => server?.close())

  const set = (field: string, values: readonly string[]) =>
    server.admin.data('mutation ($updates: [AccountUpdateItem!]!) { updateAccounts(updates: $updates) { changeSetId } }', {
      updates: values.map((value, index) => ({ id: ids[index], input: { [field]: value } })),
    })

  test('keeps its old name as a deprecated alias until that is removed', async () => {
    const field = await makeField(server.admin, { module: 'account', name: 'grade', type: 'TEXT' })
    await set('grade', ['a', 'b', 'c'])
    const { field: renamed } = await changeField(server.admin, field.id, { name: 'rank' })
    expect(renamed).toMatchObject({ name: 'rank', aliases: ['grade'] })
    const { accounts } = await server.admin.data('{ accounts(orderBy: [{rank: ASC}]) { nodes { rank } } }')
    expect(accounts.nodes).toEqual([{ rank: 'a' }, { rank: 'b' }, { rank: 'c' }])
    expect(codesOf(await sendField(server.admin, 'createField', { input: { module: 'account', name: 'grade', type: 'TEXT' } }))).toEqual(['DUPLICATE'])
    const { field: bare } = await changeField(server.admin, field.id, { aliases: [] })
    expect(bare.aliases).toEqual([])
    await makeField(server.admin, { module: 'account', name: 'grade', type: 'INTEGER' })
  })

  test('that is told what it is already is not changed, and no client need fetch the schema again', async () => {
    const input = { type: 'SELECT', label: 'Same', options: [{ value: 'a', label: 'A' }], help: 'Helps.' }
    const field = await makeField(server.admin, { module: 'account', name: 'same', ...input })
    const { schemaVersion } = await server.admin.data('{ schemaVersion }')
    expect((await changeField(server.admin, field.id, { ...input, name: 'same' })).schemaVersion).toBe(schemaVersion)
    expect((await changeField(server.admin, field.id, { label: 'Other' })).schemaVersion).toBe(schemaVersion + 1)
  })

  test('becomes required only when nothing is empty, or a default fills the gaps with history and event', async () => {
    const field = await makeField(server.admin, { module: 'account', name: 'segment', type: 'TEXT' })
    await set('segment', ['x'])
    const before = await contentOf(server.database.url)
    const refused = await sendField(server.admin, 'updateField', { id: field.id, input: { required: true } })
    expect(issuesOf(refused)).toEqual(['input.required: EMPTY'])
    expect(refused.errors[0]?.message).toContain('2 records have no value')
    expect(await contentOf(server.database.url)).toEqual(before)
    await changeField(server.admin, field.id, { required: true, default: 'y' })
    const { accounts } = await server.admin.data(
      '{ accounts(orderBy: [{name: ASC}]) { nodes { name segment version history { nodes { changes { field before after } } } } } }',
    )
    expect(accounts.nodes.map(({ name, segment }: { name: string; segment: string }) => [name, segment])).toEqual([
      ['One', 'x'],
      ['Three', 'y'],
      ['Two', 'y'],
    ])
    expect(accounts.nodes[1].history.nodes[0].changes).toEqual([{ field: 'segment', before: null, after: 'y' }])
    expect(issuesOf(await server.admin.send(`mutation { updateAccount(id: "${ids[0]}", input: {segment: null}) { account { id } } }`))).toEqual([
      'input.segment: REQUIRED',
    ])
    const { createAccount } = await server.admin.data('mutation { createAccount(input: {name: "Four", type: "customer"}) { account { id segment } } }')
    expect(createAccount.account.segment).toBe('y')
    await server.admin.data(`mutation { deleteAccount(id: "${createAccount.account.id}") { id } }`)
  })

  test('becomes unique only where no two records share a value', async () => {
    const field = await makeField(server.admin, { module: 'account', name: 'externalCode', type: 'TEXT' })
    await set('externalCode', ['k', 'k', 'l'])
    const refused = await sendField(server.admin, 'updateField', { id: field.id, input: { unique: true } })
    expect(issuesOf(refused)).toEqual(['input.unique: DUPLICATES'])
    expect(refused.errors[0]?.message).toContain('"k"')
    await set('externalCode', ['m'])
    await changeField(server.admin, field.id, { unique: true })
    const { accountBy } = await server.admin.data('{ accountBy(by: {externalCode: "m"}) { name } }')
    expect(accountBy.name).toBe('One')
    expect(codesOf(await server.admin.send(`mutation { updateAccount(id: "${ids[1]}", input: {externalCode: "m"}) { account { id } } }`))).toEqual([
      'DUPLICATE',
    ])
  })

  test('takes another type where every value has a form in it', async () => {
    const field = await makeField(server.admin, { module: 'account', name: 'staff', type: 'TEXT' })
    await set('staff', ['12', 'many', '7'])
    const refused = await sendField(server.admin, 'updateField', { id: field.id, input: { type: 'INTEGER' } })
    expect(issuesOf(refused)).toEqual(['input.type: CONVERSION'])
    expect(refused.errors[0]?.message).toContain('"many"')
    await set('staff', ['12', '30', '7'])
    await changeField(server.admin, field.id, { type: 'INTEGER' })
    const { accountsAggregate } = await server.admin.data('{ accountsAggregate { sum { staff } } }')
    expect(accountsAggregate).toEqual([{ sum: { staff: '49' } }])
  })

  test('retires options that its new list leaves out; old values stay readable', async () => {
    const field = await makeField(server.admin, {
      module: 'account',
      name: 'tier',
      type: 'SELECT',
      options: [{ value: 'gold' }, { value: 'silver', label: '银' }],
    })
    await set('tier', ['gold', 'silver'])
    const { field: changed } = await changeField(server.admin, field.id, {
      options: [{ value: 'silver', label: 'Silver', color: '#aabbcc' }, { value: '铂金' }],
    })
    expect(changed).toMatchObject({
      options: [
        { value: 'silver', label: 'Silver', retired: false },
        { value: '铂金', label: '铂金', retired: false },
        { value: 'gold', label: 'gold', retired: true },
      ],
    })
    const { account } = await server.admin.data(`{ account(id: "${ids[0]}") { tier } }`)
    expect(account.tier).toBe('gold')
    expect(issuesOf(await server.admin.send(`mutation { updateAccount(id: "${ids[1]}", input: {tier: "gold"}) { account { id } } }`))).toEqual([
      'input.tier: OPTION',
    ])
  })

  test('is hidden at once when deleted, and comes back with its data', async () => {
    const field = await makeField(server.admin, { module: 'account', name: 'nickname', type: 'TEXT', required: true, default: '-' })
    await set('nickname', ['uno'])
    await server.admin.data(METADATA.deleteField, { id: field.id })
    expect(codesOf(await server.admin.send('{ accounts { nodes { nickname } } }'))).toEqual(['GRAPHQL_VALIDATION_FAILED'])
    // Its check must not stand in the way of new records.
    await server.admin.data('mutation { createAccount(input: {name: "Five", type: "customer"}) { account { id } } }')
    const { customFields } = await server.admin.data('{ customFields(module: "account", deleted: true) { name state deletedAt } }')
    expect(customFields).toContainEqual({ name: 'nickname', state: 'deleted', deletedAt: expect.any(String) })
    await server.admin.data(METADATA.restoreField, { id: field.id })
    const { account } = await server.admin.data(`{ account(id: "${ids[0]}") { nickname } }`)
    expect(account.nickname).toBe('uno')
  })

  test('leaves its columns to the next field of the type once purged, and nothing of its data', async () => {
    const field = await makeField(server.admin, { module: 'account', name: 'gone', type: 'TEXT' })
    await set('gone', ['secret'])
    await server.admin.data(METADATA.deleteField, { id: field.id })
    await server.admin.data(METADATA.purgeField, { id: field.id })
    expect(codesOf(await sendField(server.admin, 'restoreField', { id: field.id }))).toEqual(['NOT_FOUND'])
  })

  test('tells on a dry run what depends on it, and changes nothing', async () => {
    const field = await makeField(server.admin, { module: 'account', name: 'watched', type: 'TEXT', indexed: true })
    await server.admin.data(
      'mutation { createRole(input: {key: "watcher", name: "Watcher", grants: [{module: "account", actions: [READ], scope: ALL}], fields: [{module: "account", field: "watched", access: HIDDEN}]}) { role { key } } }',
    )
    const before = await contentOf(server.database.url)
    const { answer } = await server.admin.data(METADATA.deleteField, { id: field.id, dryRun: true })
    expect(answer.dependents).toContainEqual({ kind: 'role', name: 'watcher', detail: 'HIDDEN', blocking: false })
    expect(answer.dependents.map(({ kind }: { kind: string }) => kind)).toContain('index')
    expect(await contentOf(server.database.url)).toEqual(before)
    const dry = await server.admin.data(METADATA.createField, { input: { module: 'account', name: 'never', type: 'TEXT' }, dryRun: true })
    expect(dry.answer.field.name).toBe('never')
    expect(await contentOf(server.database.url)).toEqual(before)
  })
  test('cannot be deleted while others are made of it, however it is named', async () => {
    const field = await makeField(server.admin, { module: 'account', name: 'net', type: 'DECIMAL' })
    const gross = await makeField(server.admin, { module: 'account', name: 'gross', type: 'FORMULA', formula: 'net * 1.19' })
    await server.admin.data(METADATA.createModule, { input: { name: 'branch', pluralName: 'branches', label: 'Branch' } })
    const leading = await makeField(server.admin, { module: 'account', name: 'branch', type: 'REFERENCE', reference: { module: 'branch' } })
    const before = await contentOf(server.database.url)
    for (const [refused, argument, needed] of [
      [`deleteCustomField(id: "${field.id}")`, 'id', 'formula account.gross'],
      ['deleteCustomField(module: "account", name: "net")', 'name', 'formula account.gross'],
      ['deleteCustomModule(name: "branch")', 'name', 'reference account.branch'],
    ]) {
      const answer = await server.admin.send(`mutation { ${refused} { schemaVersion } }`)
      expect(issuesOf(answer)).toEqual([`${argument}: IN_USE`])
      expect(JSON.stringify(answer.errors)).toContain(needed)
    }
    expect(await contentOf(server.database.url)).toEqual(before)
    for (const { id } of [gross, field, leading]) await server.admin.data(METADATA.deleteField, { id })
    await server.admin.data(METADATA.deleteModule, { name: 'branch' })
  })

  test('keeps what nested members of a change leave out', async () => {
    await server.admin.data(METADATA.createModule, { input: { name: 'depot', pluralName: 'depots', label: 'Depot' } })
    const reference = {
      module: 'depot',
      inverseName: 'kept',
      inverseLabels: [
        { locale: 'en', text: 'Kept here' },
        { locale: 'zh-CN', text: '存放' },
      ],
      onDelete: 'restrict',
    }
    const field = await makeField(server.admin, {
      module: 'account',
      name: 'depot',
      type: 'REFERENCE',
      label: 'Depot',
      labels: [{ locale: 'zh-CN', text: '仓库' }],
      reference,
    })
    const described = async () => {
      const { exportMetadata } = await server.admin.data('{ exportMetadata }')
      return exportMetadata.find(({ name }: { name: string }) => name === 'account').fields.find(({ name }: { name: string }) => name === 'depot')
    }
    await changeField(server.admin, field.id, { reference: { module: 'depot', inverseName: 'stored' } })
    expect((await described()).reference).toEqual({ ...reference, inverseName: 'stored' })
    await changeField(server.admin, field.id, { reference: { module: 'depot', inverseLabel: 'Stored' } })
    expect((await described()).reference.inverseLabels).toEqual(
      expect.arrayContaining([
        { locale: 'en', text: 'Stored' },
        { locale: 'zh-CN', text: '存放' },
      ]),
    )
    await changeField(server.admin, field.id, { labels: [{ locale: 'zh-CN', text: '库房' }] })
    expect((await described()).labels).toEqual([
      { locale: 'en', text: 'Depot' },
      { locale: 'zh-CN', text: '库房' },
    ])
    await changeField(server.admin, field.id, { reference: { module: 'depot', inverseName: null, onDelete: 'clear' } })
    expect((await described()).reference).toMatchObject({ module: 'depot', onDelete: 'clear' })
    expect((await described()).reference.inverseName).toBeUndefined()
    await server.admin.data(METADATA.deleteField, { id: field.id })
    await server.admin.data(METADATA.deleteModule, { name: 'depot' })
  })
})
