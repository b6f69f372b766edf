import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { Principal } from '../src/records/access/policy.ts'
import { StaleEpochError } from '../src/records/epochs.ts'
import { openWriteKit, type WriteKit } from './support/write-kit.ts'

describe('rights of writers', () => {
  let kit: WriteKit
  let anna: string
  let boris: string
  let rep: Principal
  beforeAll(async () => {
    kit = await openWriteKit()
    anna = await kit.user('Anna')
    boris = await kit.user('Boris')
    rep = await kit.principal(anna, { actions: { READ: 'ALL', UPDATE: 'OWN', DELETE: 'OWN', CREATE: 'OWN', RESTORE: null }, scopes: { OWN: [anna] } })
  })
  afterAll(() => kit.close())

  const refused = async (work: () => Promise<unknown>, expected: object) => {
    const before = await kit.counts()
    await expect(work()).rejects.toMatchObject(expected)
    expect(await kit.counts()).toEqual(before)
  }

  test('an action without a grant is FORBIDDEN, whatever the input', async () => {
    await refused(() => kit.restore(rep, 'account', [{ id: 'x' }]), { code: 'FORBIDDEN', message: 'Your roles do not allow you to restore accounts.' })
    const none = await kit.principal(anna, { modules: { account: { CREATE: null, UPDATE: null, DELETE: null } } })
    await refused(() => kit.create(none, 'account', [{ bogus: 1 }]), { code: 'FORBIDDEN' })
    await refused(() => kit.update(none, 'account', [{ id: 'x', input: {} }]), { code: 'FORBIDDEN' })
    await refused(() => kit.remove(none, 'account', [{ id: 'x' }]), { code: 'FORBIDDEN' })
  })

  test('readable but not one’s own: FORBIDDEN; unreadable: NOT_FOUND', async () => {
    const [foreign] = (await kit.create(kit.root, 'account', [{ name: 'Foreign', owner: { id: boris } }])) as [string]
    await refused(() => kit.update(rep, 'account', [{ id: foreign, input: { name: 'X' } }]), { code: 'FORBIDDEN', details: { path: ['input', 0] } })
    await refused(() => kit.remove(rep, 'account', [{ id: foreign }]), { code: 'FORBIDDEN' })
    const blind = await kit.principal(anna, { actions: { READ: 'OWN' }, scopes: { OWN: [anna] } })
    await refused(() => kit.update(blind, 'account', [{ id: foreign, input: { name: 'X' } }]), { code: 'NOT_FOUND' })
    await refused(() => kit.remove(blind, 'account', [{ id: foreign }]), { code: 'NOT_FOUND' })
    await refused(() => kit.create(blind, 'contact', [{ name: 'C', account: { id: foreign } }]), {
      code: 'VALIDATION_FAILED',
      details: { issues: [{ path: ['input', 0, 'account', 'id'], code: 'NOT_FOUND' }] },
    })
  })

  test('the id of an unreadable record is refused whether the reference names it already or not', async () => {
    const [hidden, other] = (await kit.create(kit.root, 'account', [
      { name: 'Hidden', owner: { id: boris } },
      { name: 'Other', owner: { id: boris } },
    ])) as [string, string]
    const [contact] = (await kit.create(kit.root, 'contact', [{ name: 'C', owner: { id: anna }, account: { id: hidden } }])) as [string]
    const blind = await kit.principal(anna, { actions: { READ: 'OWN', UPDATE: 'OWN' }, scopes: { OWN: [anna] } })
    for (const id of [hidden, other])
      await refused(() => kit.update(blind, 'contact', [{ id: contact, input: { account: { id } } }]), {
        code: 'VALIDATION_FAILED',
        details: { issues: [{ path: ['input', 0, 'account', 'id'], code: 'NOT_FOUND' }] },
      })
    await kit.update(blind, 'contact', [{ id: contact, input: { name: 'D' } }])
    expect(await kit.row('contact', contact)).toMatchObject({ name: 'D', account_id: hidden })
  })

  test('the written record must lie within the scope, on create and on update; all of the batch is undone', async () => {
    await refused(() => kit.create(rep, 'account', [{ name: 'Mine' }, { name: 'Given away', owner: { id: boris } }]), {
      code: 'FORBIDDEN',
      details: { path: ['input', 1] },
    })
    await refused(() => kit.create(rep, 'account', [{ name: 'Nobody’s', owner: null }]), { code: 'FORBIDDEN' })
    const [own] = (await kit.create(rep, 'account', [{ name: 'Own' }])) as [string]
    await refused(() => kit.update(rep, 'account', [{ id: own, input: { owner: { id: boris } } }]), { code: 'FORBIDDEN' })
    await refused(() => kit.upsert(rep, 'account', [{ by: { id: own }, input: { owner: { id: boris } } }]), { code: 'FORBIDDEN' })
    expect(await kit.row('account', own)).toMatchObject({ owner_id: anna, version: 1 })
  })

  test('a hidden field answers exactly as one that does not exist; masked and readable ones are FORBIDDEN_FIELD', async () => {
    const limited = await kit.principal(anna, { fields: { 'account.taxNo': 'HIDDEN', 'account.bankAccount': 'MASKED', 'account.level': 'READ' } })
    const issue = async (field: string, value: unknown) =>
      (await kit.create(limited, 'account', [{ name: 'N', [field]: value }]).catch((error) => error)).details.issues[0]
    const hidden = await issue('taxNo', 'x')
    const unknown = await issue('taxNp', 'x')
    expect(hidden.code).toBe('UNKNOWN_FIELD')
    expect(JSON.stringify(hidden).replaceAll('taxNo', 'taxNp')).toBe(JSON.stringify(unknown))
    expect(await issue('bankAccount', 'x')).toMatchObject({ code: 'FORBIDDEN_FIELD', path: ['input', 0, 'bankAccount'] })
    expect(await issue('level', 'a')).toMatchObject({ code: 'FORBIDDEN_FIELD' })
  })

  test('no input reaches the system’s own columns', async () => {
    const names = [
      'id',
      'version',
      'createdAt',
      'createdBy',
      'updatedAt',
      'updatedBy',
      'deletedAt',
      'scopeId',
      'scope_id',
      'owner_id',
      'changeSetId',
      '__proto__',
      'constructor',
    ]
    for (const name of names) {
      const input = JSON.parse(`{"name": "N", ${JSON.stringify(name)}: "00000000-0000-7000-8000-000000000001"}`)
      await refused(() => kit.create(kit.root, 'account', [input]), { code: 'VALIDATION_FAILED', details: { issues: [{ path: ['input', 0, name] }] } })
    }
  })

  test('children follow their parent: lines need UPDATE on the order', async () => {
    const [account] = (await kit.create(kit.root, 'account', [{ name: 'A' }])) as [string]
    const [product] = (await kit.create(kit.root, 'product', [{ name: 'P' }])) as [string]
    const [own, foreign] = (await kit.create(kit.root, 'order', [
      { account: { id: account }, owner: { id: anna } },
      { account: { id: account }, owner: { id: boris } },
    ])) as [string, string]
    const line = (order: string) => ({ order: { id: order }, product: { id: product }, unitPrice: { amount: '1', currency: 'USD' } })
    const [mine] = (await kit.create(rep, 'orderLine', [line(own)])) as [string]
    await refused(() => kit.create(rep, 'orderLine', [line(foreign)]), { code: 'FORBIDDEN' })
    const [theirs] = (await kit.create(kit.root, 'orderLine', [line(foreign)])) as [string]
    await refused(() => kit.update(rep, 'orderLine', [{ id: theirs, input: { quantity: '2' } }]), { code: 'FORBIDDEN' })
    await kit.update(rep, 'orderLine', [{ id: mine, input: { quantity: '2' } }])
  })

  test('a principal of yesterday’s rights writes nothing', async () => {
    const stale = { ...rep, policy: { ...rep.policy, epochs: { schema: 1, access: 0 } } }
    const before = await kit.counts()
    const work = kit.writer.run(stale, { requestId: 'r', cause: 'api' }, (changes) =>
      changes.create(kit.registry.module('account'), [{ name: 'N' }], { pathOf: () => ['input'] }),
    )
    await expect(work).rejects.toBeInstanceOf(StaleEpochError)
    expect(await kit.counts()).toEqual(before)
  })

  test('rights that end in the middle of an operation end it', async () => {
    const before = await kit.counts()
    const now = await kit.principal(anna)
    const work = kit.writer.run(now, { requestId: 'r', cause: 'api' }, async (changes) => {
      await changes.create(kit.registry.module('account'), [{ name: 'N' }], { pathOf: () => ['input'] })
      await kit.rows('UPDATE epoch SET access_epoch = access_epoch + 1')
      await changes.create(kit.registry.module('account'), [{ name: 'M' }], { pathOf: () => ['input'] })
    })
    await expect(work).rejects.toBeInstanceOf(StaleEpochError)
    expect(await kit.counts()).toEqual(before)
  })

  test('an operation that makes users goes on under the epochs it made itself', async () => {
    const [user, account] = await kit.run(kit.root, async (changes) => {
      const options = { pathOf: () => ['input'] }
      const made = await changes.create(kit.registry.module('user'), [{ name: 'New', ref: 'new' }, { name: 'Another' }], options)
      const owned = await changes.create(kit.registry.module('account'), [{ name: 'Theirs', owner: { ref: 'new' } }], options)
      return [made.ids[0], owned.ids[0]]
    })
    expect(await kit.row('account', account as string)).toMatchObject({ owner_id: user })
  })

  test('deadlocks are run again', async () => {
    const [a, b] = (await kit.create(kit.root, 'account', [
      { name: 'A', size: 0 },
      { name: 'B', size: 0 },
    ])) as [string, string]
    const options = { pathOf: () => ['input'] }
    const swap = (first: string, second: string) =>
      kit.run(kit.root, async (changes) => {
        await changes.update(kit.registry.module('account'), [{ id: first, input: { region: first.slice(0, 6) } }], options)
        await new Promise((resolve) => setTimeout(resolve, 50))
        await changes.update(kit.registry.module('account'), [{ id: second, input: { level: 'a' } }], options)
      })
    await Promise.all([swap(a, b), swap(b, a)])
    expect(await kit.row('account', a)).toMatchObject({ level: 'a', version: 3 })
    expect(await kit.row('account', b)).toMatchObject({ level: 'a', version: 3 })
  })
})
