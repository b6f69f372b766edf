import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { isBlank } from '../src/lib/text-checks.ts'
import { openWriteKit, SYSTEM_USER, type WriteKit } from './support/write-kit.ts'

const hostile = JSON.parse(readFileSync(new URL('./data/blns/blns.json', import.meta.url), 'utf8')) as string[]

describe('creating records', () => {
  let kit: WriteKit
  beforeAll(async () => {
    kit = await openWriteKit()
  })
  afterAll(() => kit.close())

  test('writes the row, its history, its event and an audit entry in one statement after the change set', async () => {
    kit.takeStatements()
    const [id] = await kit.create(kit.root, 'account', [
      { name: '北京测试', code: 'A-1', type: 'customer', annualRevenue: { amount: '1234.5', currency: 'USD' } },
    ])
    expect(kit.takeStatements().length).toBe(2)
    const row = await kit.row('account', id as string)
    expect(row).toMatchObject({
      name: '北京测试',
      code: 'A-1',
      version: 1,
      annual_revenue_amount: 1234.5,
      annual_revenue_base: 1234.5,
      created_by: SYSTEM_USER,
      owner_id: null,
    })
    const [history] = await kit.rows('SELECT * FROM record_history WHERE record_id = $1', [id])
    expect(history).toMatchObject({
      version: 1,
      operation: 'CREATED',
      module_number: 3,
      changes: { name: { before: null, after: '北京测试' }, annual_revenue: { before: null, after: { amount: '1234.50', currency: 'USD' } } },
    })
    const [event] = await kit.rows('SELECT * FROM outbox WHERE record_id = $1', [id])
    expect(event).toMatchObject({ operation: 'CREATED', version: 1, position: null, before: null, after: { name: '北京测试', code: 'A-1' }, depth: 0 })
    expect((event as { changed_fields: string[] }).changed_fields).toEqual(expect.arrayContaining(['account.name', 'account.code']))
    const [audit] = await kit.rows('SELECT * FROM audit_log WHERE record_ids @> ARRAY[$1::uuid]', [id])
    expect(audit).toMatchObject({ action: 'account.create', via: 'test', result: 'ok', request_id: 'test' })
    const [set] = await kit.rows('SELECT * FROM change_set WHERE id = $1', [row.change_set_id])
    expect(set).toMatchObject({ cause: 'api', actor_id: SYSTEM_USER })
  })

  test('a thousand records are one change set and a handful of statements; a fault in one leaves nothing', async () => {
    const [account] = await kit.create(kit.root, 'account', [{ name: 'Bulk' }])
    const inputs = Array.from({ length: 1000 }, (_, index) => ({
      name: `Person ${index}`,
      email: `p${index}@example.com`,
      account: { id: account },
      phone: '+86 10 6234 5678',
    }))
    const before = await kit.counts()
    await expect(
      kit.create(
        kit.root,
        'contact',
        inputs.map((input, index) => (index === 776 ? { ...input, email: 'no address' } : input)),
      ),
    ).rejects.toMatchObject({
      code: 'VALIDATION_FAILED',
      details: { issues: [{ path: ['input', 776, 'email'], code: 'EMAIL' }] },
    })
    expect(await kit.counts()).toEqual(before)
    kit.takeStatements()
    const ids = await kit.create(kit.root, 'contact', inputs)
    expect(kit.takeStatements().length).toBeLessThanOrEqual(3)
    expect(new Set(ids).size).toBe(1000)
    const after = await kit.counts()
    expect(after).toMatchObject({
      contacts: (before.contacts ?? 0) + 1000,
      change_set: (before.change_set ?? 0) + 1,
      record_history: (before.record_history ?? 0) + 1000,
      outbox: (before.outbox ?? 0) + 1000,
      audit_log: (before.audit_log ?? 0) + 1,
    })
    const order = await kit.rows<{ id: string }>('SELECT id FROM contacts WHERE account_id = $1 ORDER BY id', [account])
    expect(order.map(({ id }) => id)).toEqual(ids)
  })

  test('more than a thousand are refused before anything is looked at, none is fine', async () => {
    const many = Array.from({ length: 1001 }, () => ({ nonsense: 1 }))
    await expect(kit.create(kit.root, 'account', many)).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED', details: { limit: 1000, asked: 1001 } })
    for (const write of [kit.create, kit.update, kit.remove, kit.restore]) expect(await write(kit.root, 'account', [])).toEqual([])
    expect(await kit.upsert(kit.root, 'account', [])).toEqual({ ids: [], created: [] })
  })

  test('all issues come at once, each with its path, and nothing is written', async () => {
    const before = await kit.counts()
    const failure = await kit
      .create(kit.root, 'account', [
        { name: null, website: 'javascript:alert(1)', parent: { id: '00000000-0000-7000-8000-00000000ffff' } },
        { nme: 'x', type: 'unheard of', version: 3, creditLimit: { amount: '123456789012345678901234567890', currency: 'EURO' } },
        { name: 'n'.repeat(501), email: 'x', code: 'a\0b' },
      ])
      .catch((error: unknown) => error)
    const issues = (failure as { details: { issues: { path: unknown[]; code: string }[] } }).details.issues
    const found = issues.map(({ path, code }) => `${path.slice(1).join('.')} ${code}`)
    expect(found).toEqual(
      expect.arrayContaining([
        '0.name REQUIRED',
        '0.website URL',
        '0.parent.id NOT_FOUND',
        '1.name REQUIRED',
        '1.nme UNKNOWN_FIELD',
        '1.type OPTION',
        '1.version READ_ONLY',
        '1.creditLimit.amount DECIMAL',
        '1.creditLimit.currency CURRENCY',
        '2.name TOO_LONG',
        '2.code NUL',
      ]),
    )
    expect(await kit.counts()).toEqual(before)
  })

  test('hostile texts come back unchanged', async () => {
    const shown = (text: string): string => (isBlank(text) ? `${text}·` : text)
    const ids = await kit.create(
      kit.root,
      'account',
      hostile.map((text) => ({ name: shown(text), description: text, address: { street: text } })),
    )
    const rows = await kit.rows<{ id: string; name: string; description: string; street: string | null }>(
      "SELECT id, name, description, address->>'street' AS street FROM accounts WHERE id = ANY($1)",
      [ids],
    )
    const byId = new Map(rows.map((row) => [row.id, row]))
    for (const [index, text] of hostile.entries()) expect(byId.get(ids[index] as string)).toMatchObject({ name: shown(text), description: text, street: text })
    const [{ changes } = { changes: {} }] = await kit.rows<{ changes: unknown }>('SELECT changes FROM record_history WHERE record_id = $1', [ids[5]])
    expect(changes).toMatchObject({ name: { after: shown(hostile[5] as string) } })
  })

  test('lone surrogates are refused', async () => {
    await expect(kit.create(kit.root, 'account', [{ name: 'a\ud800' }])).rejects.toMatchObject({
      details: { issues: [{ path: ['input', 0, 'name'], code: 'SURROGATE' }] },
    })
  })

  test('references by id, external id, unique field and ref; also within the batch', async () => {
    const [byCode] = await kit.create(kit.root, 'account', [{ name: 'By code', code: 'REF-1', externalIds: [{ system: 'erp', key: '77' }] }])
    const result = await kit.run(kit.root, async (changes) => {
      const options = { pathOf: (index: number) => ['input', index] }
      const accounts = await changes.create(
        kit.registry.module('account'),
        [
          { name: 'Child', parent: { ref: 'mother' } },
          { name: 'Mother', ref: 'mother' },
          { name: 'Other', parent: { externalId: { system: 'erp', key: '77' } } },
        ],
        options,
      )
      const contacts = await changes.create(
        kit.registry.module('contact'),
        [
          { name: 'A', account: { ref: 'mother' } },
          { name: 'B', account: { code: 'REF-1' } },
        ],
        options,
      )
      return { accounts: accounts.ids, contacts: contacts.ids }
    })
    expect((await kit.row('account', result.accounts[0] as string)).parent_id).toBe(result.accounts[1])
    expect((await kit.row('account', result.accounts[2] as string)).parent_id).toBe(byCode)
    expect((await kit.row('contact', result.contacts[0] as string)).account_id).toBe(result.accounts[1])
    expect((await kit.row('contact', result.contacts[1] as string)).account_id).toBe(byCode)
    const refused = async (account: unknown) => (await kit.create(kit.root, 'contact', [{ name: 'C', account }]).catch((error) => error)).details.issues[0]
    expect(await refused({ id: result.contacts[0] })).toMatchObject({ path: ['input', 0, 'account', 'id'], code: 'WRONG_MODULE' })
    expect(await refused({ ref: 'mother' })).toMatchObject({ path: ['input', 0, 'account', 'ref'], code: 'NOT_FOUND' })
    expect(await refused({ code: 'REF-2' })).toMatchObject({ path: ['input', 0, 'account', 'code'], code: 'NOT_FOUND' })
    expect(await refused({ externalId: { system: 'erp', key: '78' } })).toMatchObject({ path: ['input', 0, 'account', 'externalId'], code: 'NOT_FOUND' })
    expect(await refused({ id: byCode, code: 'x' })).toMatchObject({ code: 'REFERENCE' })
    expect(await refused({ id: 'nonsense' })).toMatchObject({ code: 'NOT_FOUND' })
  })

  test('a polymorphic reference takes a record of any module', async () => {
    const [account] = await kit.create(kit.root, 'account', [{ name: 'Poly' }])
    const [task] = await kit.create(kit.root, 'task', [{ title: 'T', related: { id: account } }])
    expect((await kit.row('task', task as string)).related_id).toBe(account)
    await expect(kit.create(kit.root, 'task', [{ title: 'T', related: { id: String(account).replace(/^./, 'e') } }])).rejects.toMatchObject({
      code: 'VALIDATION_FAILED',
    })
  })

  test('owner and team default to the acting user and their team', async () => {
    const [team] = await kit.create(kit.root, 'team', [{ name: 'North' }])
    const anna = await kit.user('Anna', team)
    const boris = await kit.user('Boris')
    const principal = await kit.principal(anna)
    const [own, others, nobody] = await kit.create(principal, 'account', [
      { name: 'Own' },
      { name: 'For Boris', owner: { id: boris } },
      { name: 'Nobody', owner: null },
    ])
    expect(await kit.row('account', own as string)).toMatchObject({ owner_id: anna, team_id: team, scope_id: anna })
    expect(await kit.row('account', others as string)).toMatchObject({ owner_id: boris, team_id: null })
    expect(await kit.row('account', nobody as string)).toMatchObject({ owner_id: null, team_id: null, scope_id: null })
  })

  test('a duplicate names field and path, within the batch too, and writes nothing', async () => {
    await kit.create(kit.root, 'account', [{ name: 'First', code: 'DUP' }])
    const before = await kit.counts()
    await expect(
      kit.create(kit.root, 'account', [
        { name: 'A', code: 'FREE' },
        { name: 'B', code: 'DUP' },
      ]),
    ).rejects.toMatchObject({
      code: 'DUPLICATE',
      details: { fields: ['code'], issues: [{ path: ['input', 1, 'code'] }] },
    })
    await expect(
      kit.create(kit.root, 'account', [
        { name: 'A', code: 'TWICE' },
        { name: 'B', code: 'TWICE' },
      ]),
    ).rejects.toMatchObject({
      code: 'DUPLICATE',
      details: { issues: [{ path: ['input', 1, 'code'] }] },
    })
    expect(await kit.counts()).toEqual(before)
    await kit.create(kit.root, 'user', [{ name: 'U', email: 'Some.One@example.com' }])
    await expect(kit.create(kit.root, 'user', [{ name: 'V', email: 'some.one@EXAMPLE.com' }])).rejects.toMatchObject({
      code: 'DUPLICATE',
      details: { fields: ['email'] },
    })
  })

  test('tags are names; unknown ones are made, by those who may', async () => {
    const { root } = kit
    const [id] = await kit.create(root, 'account', [{ name: 'Tagged', tags: ['vip', '重点', 'vip'] }])
    const [again] = await kit.create(root, 'contact', [{ name: 'Tagged too', tags: ['vip'] }])
    const [vip] = await kit.rows<{ id: string }>("SELECT id FROM tags WHERE name = 'vip'")
    expect((await kit.row('account', id as string)).tags).toEqual(expect.arrayContaining([vip?.id]))
    expect((await kit.row('contact', again as string)).tags).toEqual([vip?.id])
    const user = await kit.user('No tags')
    const limited = await kit.principal(user, { modules: { tag: { CREATE: null } } })
    await kit.create(limited, 'account', [{ name: 'Known', tags: ['vip'] }])
    await expect(kit.create(limited, 'account', [{ name: 'Unknown', tags: ['new one'] }])).rejects.toMatchObject({
      code: 'VALIDATION_FAILED',
      details: { issues: [{ path: ['input', 0, 'tags'] }] },
    })
  })

  test('numbers run on, past those that callers chose', async () => {
    const { root } = kit
    const [account] = await kit.create(root, 'account', [{ name: 'Numbered' }])
    const order = { account: { id: account } }
    const first = await kit.create(root, 'order', [order, { ...order, number: 'SO-000005' }, order])
    const second = await kit.create(root, 'order', [order])
    const numbers = await Promise.all([...first, ...second].map(async (id) => (await kit.row('order', id)).number))
    expect(numbers).toEqual(['SO-000006', 'SO-000005', 'SO-000007', 'SO-000008'])
    const [ticket] = await kit.create(root, 'ticket', [{ subject: 'Help' }])
    expect(await kit.row('ticket', ticket as string)).toMatchObject({ number: 'T-000001', status: 'new', priority: 'normal', reopened_count: 0 })
    await expect(kit.create(root, 'ticket', [{ subject: 'Help', number: 'T-9' }])).rejects.toMatchObject({ details: { issues: [{ code: 'READ_ONLY' }] } })
  })

  test('money keeps its value in the organisation’s currency at the rate of the day', async () => {
    const { root } = kit
    await expect(kit.create(root, 'account', [{ name: 'CNY', creditLimit: { amount: '10', currency: 'CNY' } }])).rejects.toMatchObject({
      details: { issues: [{ path: ['input', 0, 'creditLimit'], code: 'NO_RATE' }] },
    })
    await kit.create(root, 'exchangeRate', [
      { currency: 'CNY', rate: '0.1', validFrom: '2020-01-01' },
      { currency: 'CNY', rate: '0.14', validFrom: '2024-01-01' },
      { currency: 'CNY', rate: '9', validFrom: '2999-01-01' },
    ])
    const [id] = await kit.create(root, 'account', [{ name: 'CNY', creditLimit: { amount: '10.05', currency: 'CNY' } }])
    expect(await kit.row('account', id as string)).toMatchObject({ credit_limit_amount: 10.05, credit_limit_currency: 'CNY', credit_limit_base: 1.407 })
  })

  test('two records cannot take one ref', async () => {
    const { root } = kit
    await expect(
      kit.create(root, 'account', [
        { name: 'A', ref: 'x' },
        { name: 'B', ref: 'x' },
      ]),
    ).rejects.toMatchObject({ details: { issues: [{ path: ['input', 1, 'ref'], code: 'DUPLICATE_REF' }] } })
  })

  test('a circle within one batch is refused at the end', async () => {
    const { root } = kit
    const before = await kit.counts()
    await expect(
      kit.create(root, 'account', [
        { name: 'A', ref: 'a', parent: { ref: 'b' } },
        { name: 'B', ref: 'b', parent: { ref: 'a' } },
      ]),
    ).rejects.toMatchObject({
      details: {
        issues: [
          { code: 'CYCLE', path: ['input', 0, 'parent'] },
          { code: 'CYCLE', path: ['input', 1, 'parent'] },
        ],
      },
    })
    expect(await kit.counts()).toEqual(before)
  })
})
