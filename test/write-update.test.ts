import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { saying } from './support/saying.ts'
import { openWriteKit, type WriteKit } from './support/write-kit.ts'

describe('updating records', () => {
  let kit: WriteKit
  beforeAll(async () => {
    kit = await openWriteKit()
    await kit.user('Olga')
  })
  afterAll(() => kit.close())

  const one = async (input: Record<string, unknown>) => (await kit.create(kit.root, 'account', [input]))[0] as string
  const history = (id: string) => kit.rows('SELECT version, operation, changes FROM record_history WHERE record_id = $1 ORDER BY version', [id])

  test('changes what the input names, adds one to the version, and keeps before and after', async () => {
    const id = await one({ name: 'Old', code: 'U-1', phone: '010-62345678', satisfaction: '4.50' })
    kit.takeStatements()
    await kit.update(kit.root, 'account', [{ id, input: { name: 'New', phone: null, type: 'partner' } }])
    expect(kit.takeStatements().length).toBe(3)
    expect(await kit.row('account', id)).toMatchObject({ name: 'New', code: 'U-1', phone: null, phone_e164: null, type: 'partner', version: 2 })
    expect((await history(id))[1]).toEqual({
      version: 2,
      operation: 'UPDATED',
      changes: {
        name: { before: 'Old', after: 'New' },
        phone: { before: { raw: '010-62345678', e164: '+861062345678' }, after: null },
        type: { before: 'prospect', after: 'partner' },
      },
    })
    const events = await kit.rows<{ before: { name: string }; after: { name: string }; changed_fields: string[] }>(
      'SELECT * FROM outbox WHERE record_id = $1 ORDER BY sequence',
      [id],
    )
    expect(events[1]).toMatchObject({
      before: { name: 'Old', version: 1 },
      after: { name: 'New', version: 2 },
      operation: 'UPDATED',
      changed_fields: ['account.name', 'account.type', 'account.phone'],
    })
  })

  test('an update that changes nothing leaves version, history and events alone', async () => {
    const id = await one({
      name: 'Same',
      satisfaction: '4.5',
      annualRevenue: { amount: '10', currency: 'USD' },
      tags: ['b', 'a'],
      address: { city: 'Köln' },
      nextContactAt: '2026-01-01T00:00:00+08:00',
    })
    const before = await kit.counts()
    const input = {
      name: 'Same',
      satisfaction: '4.500',
      annualRevenue: { amount: '10.0', currency: 'USD' },
      tags: ['a', 'b'],
      address: { city: 'Köln' },
      nextContactAt: '2025-12-31T16:00:00.000Z',
    }
    await kit.update(kit.root, 'account', [{ id, input }])
    expect(await kit.counts()).toEqual({ ...before, change_set: (before.change_set ?? 0) + 1 })
    expect(await kit.row('account', id)).toMatchObject({ version: 1 })
  })

  test('a thousand records with different fields are four statements; each keeps its other columns', async () => {
    const ids = await kit.create(
      kit.root,
      'contact',
      Array.from({ length: 1000 }, (_, index) => ({ name: `N${index}`, jobTitle: `T${index}`, department: `D${index}` })),
    )
    kit.takeStatements()
    await kit.update(
      kit.root,
      'contact',
      ids.map((id, index) => ({ id, input: index % 2 ? { jobTitle: 'Odd' } : { department: null } })),
    )
    expect(kit.takeStatements().length).toBeLessThanOrEqual(4)
    const rows = await kit.rows<{ job_title: string; department: string | null; version: number }>(
      'SELECT job_title, department, version FROM contacts WHERE id = ANY($1) ORDER BY id',
      [ids],
    )
    expect(rows[0]).toEqual({ job_title: 'T0', department: null, version: 2 })
    expect(rows[1]).toEqual({ job_title: 'Odd', department: 'D1', version: 2 })
    expect(rows[999]).toEqual({ job_title: 'Odd', department: 'D999', version: 2 })
  })

  test('one record twice in a batch is changed twice, in order', async () => {
    const id = await one({ name: 'A' })
    await kit.update(kit.root, 'account', [
      { id, input: { name: 'B' } },
      { id: id.toUpperCase(), input: { name: 'C' } },
    ])
    expect(await kit.row('account', id)).toMatchObject({ name: 'C', version: 3 })
  })

  test('missing, deleted and other modules’ ids are NOT_FOUND with their path', async () => {
    const id = await one({ name: 'Here' })
    const gone = await one({ name: 'Gone' })
    await kit.remove(kit.root, 'account', [{ id: gone }])
    const [contact] = await kit.create(kit.root, 'contact', [{ name: 'C' }])
    for (const bad of [gone, contact as string, 'nonsense', `${id.slice(0, -6)}000003`.replace(/^./, 'f')]) {
      await expect(
        kit.update(kit.root, 'account', [
          { id, input: { name: 'X' } },
          { id: bad, input: { name: 'Y' } },
        ]),
      ).rejects.toMatchObject({ code: 'NOT_FOUND', details: { path: ['input', 1] } })
    }
    expect(await kit.row('account', id)).toMatchObject({ name: 'Here', version: 1 })
  })

  test('a stale version is a conflict that shows base, yours and current', async () => {
    const id = await one({ name: 'V1', industry: 'energy' })
    await kit.update(kit.root, 'account', [{ id, input: { name: 'V2' } }])
    await kit.update(kit.root, 'account', [{ id, input: { industry: 'media' } }])
    const update = { id, ifVersion: 1, input: { name: 'Mine' } }
    await expect(kit.update(kit.root, 'account', [update])).rejects.toMatchObject({
      code: 'VERSION_CONFLICT',
      details: {
        id,
        version: 3,
        path: ['input', 0],
        base: { name: 'V1', industry: 'energy', version: 1 },
        yours: { name: 'Mine' },
        current: { name: 'V2', industry: 'media', version: 3 },
      },
    })
    await expect(kit.update(kit.root, 'account', [{ ...update, onConflict: 'MERGE' }])).rejects.toMatchObject({ code: 'VERSION_CONFLICT' })
    await kit.update(kit.root, 'account', [{ id, ifVersion: 2, onConflict: 'MERGE', input: { name: 'Merged' } }])
    expect(await kit.row('account', id)).toMatchObject({ name: 'Merged', industry: 'media', version: 4 })
    await kit.update(kit.root, 'account', [{ id, ifVersion: 4, input: { name: 'Fits' } }])
    await expect(kit.update(kit.root, 'account', [{ id, ifVersion: 99, input: {} }])).rejects.toMatchObject({
      code: 'VERSION_CONFLICT',
      details: { base: null },
    })
    const user = await kit.principal((await kit.user('Hidden')) as string, { fields: { 'account.industry': 'HIDDEN', 'account.code': 'MASKED' } })
    const { details } = await kit.update(user, 'account', [update]).catch((error) => error)
    expect(details.current).not.toHaveProperty('industry')
    expect(details.base).not.toHaveProperty('industry')
    expect(details.current).not.toHaveProperty('code')
  })

  test('twenty writers with ifVersion: one wins each version, none is lost', async () => {
    const id = await one({ name: 'Counter', size: 0 })
    await Promise.all(
      Array.from({ length: 20 }, async () => {
        for (;;) {
          const { size, version } = await kit.row('account', id)
          const done = await kit
            .update(kit.root, 'account', [{ id, ifVersion: version as number, input: { size: (size as number) + 1 } }])
            .catch((error) => error)
          if (Array.isArray(done)) return
          expect(done).toMatchObject({ code: 'VERSION_CONFLICT' })
        }
      }),
    )
    expect(await kit.row('account', id)).toMatchObject({ size: 20, version: 21 })
    expect((await history(id)).map(({ version }) => version)).toEqual(Array.from({ length: 21 }, (_, index) => index + 1))
  })

  test('a circle of parents is refused, also one made by two writers at once', async () => {
    const [a, b, c] = await kit.create(kit.root, 'account', [{ name: 'A' }, { name: 'B' }, { name: 'C' }])
    await kit.update(kit.root, 'account', [
      { id: b as string, input: { parent: { id: a } } },
      { id: c as string, input: { parent: { id: b } } },
    ])
    await expect(kit.update(kit.root, 'account', [{ id: a as string, input: { parent: { id: c } } }])).rejects.toMatchObject({
      code: 'VALIDATION_FAILED',
      details: { issues: [{ path: ['input', 0, 'parent'], code: 'CYCLE' }] },
    })
    await expect(kit.update(kit.root, 'account', [{ id: a as string, input: { parent: { id: a } } }])).rejects.toMatchObject({
      details: { issues: [{ code: 'CYCLE' }] },
    })
    for (let round = 0; round < 5; round += 1) {
      const [x, y] = await kit.create(kit.root, 'account', [{ name: 'X' }, { name: 'Y' }])
      const results = await Promise.allSettled([
        kit.update(kit.root, 'account', [{ id: x as string, input: { parent: { id: y } } }]),
        kit.update(kit.root, 'account', [{ id: y as string, input: { parent: { id: x } } }]),
      ])
      expect(results.filter(({ status }) => status === 'fulfilled').length).toBe(1)
    }
    // A circle that the same operation opens again is none: rules across records hold at its end.
    await kit.run(kit.root, async (changes) => {
      const account = kit.registry.module('account')
      const options = { pathOf: () => ['input'] }
      await changes.update(account, [{ id: a as string, input: { parent: { id: c } } }], options)
      await changes.update(account, [{ id: b as string, input: { parent: null } }], options)
    })
    expect(await kit.row('account', a as string)).toMatchObject({ parent_id: c })
  })

  test('transitions, fields for creation alone and cleared required ones', async () => {
    const [ticket] = await kit.create(kit.root, 'ticket', [{ subject: 'T', status: 'closed' }])
    await expect(kit.update(kit.root, 'ticket', [{ id: ticket as string, input: { status: 'resolved' } }])).rejects.toMatchObject({
      details: { issues: [{ path: ['input', 0, 'status'], code: 'TRANSITION', message: saying('open') }] },
    })
    await kit.update(kit.root, 'ticket', [{ id: ticket as string, input: { status: 'closed', subject: 'U' } }])
    const [activity] = await kit.create(kit.root, 'activity', [{ type: 'call', subject: 'S' }])
    await expect(kit.update(kit.root, 'activity', [{ id: activity as string, input: { type: 'note' } }])).rejects.toMatchObject({
      details: { issues: [{ code: 'CREATE_ONLY' }] },
    })
    await kit.update(kit.root, 'activity', [{ id: activity as string, input: { type: 'call', subject: 'S2' } }])
    await expect(kit.update(kit.root, 'activity', [{ id: activity as string, input: { subject: null } }])).rejects.toMatchObject({
      details: { issues: [{ code: 'REQUIRED' }] },
    })
  })

  test('a duplicate made by an update names its field', async () => {
    await one({ name: 'Holder', code: 'HELD' })
    const id = await one({ name: 'Taker' })
    await expect(kit.update(kit.root, 'account', [{ id, input: { code: 'HELD' } }])).rejects.toMatchObject({
      code: 'DUPLICATE',
      details: { module: 'account', fields: ['code'], issues: [{ path: ['input', 0, 'code'] }] },
    })
    expect(await kit.row('account', id)).toMatchObject({ code: null, version: 1 })
  })

  test('external ids: the named systems’ keys are set, others stay, null clears', async () => {
    const id = await one({
      name: 'Ext',
      externalIds: [
        { system: 'erp', key: '1' },
        { system: 'shop', key: 's1' },
      ],
    })
    const keys = async () =>
      (await kit.rows<{ pair: string }>("SELECT system || ':' || key AS pair FROM external_id WHERE record_id = $1 ORDER BY 1", [id])).map(({ pair }) => pair)
    await kit.update(kit.root, 'account', [{ id, input: { externalIds: [{ system: 'erp', key: '2' }] } }])
    expect(await keys()).toEqual(['erp:2', 'shop:s1'])
    expect(await kit.row('account', id)).toMatchObject({ version: 2 })
    await kit.update(kit.root, 'account', [{ id, input: { externalIds: [{ system: 'shop', key: 's1' }] } }])
    expect(await kit.row('account', id)).toMatchObject({ version: 2 })
    await expect(kit.create(kit.root, 'account', [{ name: 'Thief', externalIds: [{ system: 'erp', key: '2' }] }])).rejects.toMatchObject({
      code: 'DUPLICATE',
      details: { fields: ['externalIds'] },
    })
    await kit.update(kit.root, 'account', [{ id, input: { externalIds: null } }])
    expect(await keys()).toEqual([])
    expect((await history(id)).at(-1)).toMatchObject({ changes: { external_ids: { after: [] } } })
  })

  test('a reference stays although its record is gone, and cannot be set anew', async () => {
    const [contact] = await kit.create(kit.root, 'contact', [{ name: 'Friend' }])
    const [lead] = await kit.create(kit.root, 'lead', [{ name: 'L', referredBy: { id: contact } }])
    await kit.rows('UPDATE contacts SET deleted_at = now() WHERE id = $1', [contact])
    await kit.update(kit.root, 'lead', [{ id: lead as string, input: { name: 'L2', referredBy: { id: contact } } }])
    expect(await kit.row('lead', lead as string)).toMatchObject({ name: 'L2', referred_by_id: contact })
    await expect(kit.create(kit.root, 'lead', [{ name: 'M', referredBy: { id: contact } }])).rejects.toMatchObject({
      details: { issues: [{ path: ['input', 0, 'referredBy', 'id'], code: 'NOT_FOUND' }] },
    })
  })
})
