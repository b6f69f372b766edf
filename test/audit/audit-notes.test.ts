import { describe, expect, test } from '@jest/globals'
import type { Principal } from '../../src/records/access/policy.ts'
import { type AuditEntry, actorOf, createReadLog, createRefusalLog, type SensitiveRead } from '../../src/records/audit/index.ts'

/** What is noted in memory before it is written: nothing is lost, nothing is said twice, and a loop fills no disk. */
const ORIGIN = { requestId: 'r', client: 'c', ip: null, operation: 'Op', rootFields: ['tickets'] }
const principal = (userId: string) => ({ kind: 'user', userId, via: 'user', roles: [] }) as unknown as Principal
const id = (index: number) => `id ${String(index).padStart(4, '0')}`
const idsFrom = (start: number, count: number) => new Set(Array.from({ length: count }, (_, index) => id(start + index)))
const read = (ids: ReadonlySet<string> | null, more: Partial<SensitiveRead> = {}): SensitiveRead => ({
  ...{ principal: principal('u'), verb: 'read', module: { name: 'ticket', number: 9 }, fields: ['ticket.description'], ids, asked: 'digest' },
  ...more,
})

/** A place to write to that can be broken, and a clock. */
function desk() {
  const written: AuditEntry[] = []
  const state = { broken: false, milliseconds: 0, calls: 0 }
  return {
    written,
    state,
    now: () => new Date(state.milliseconds),
    write: async (entries: readonly AuditEntry[]) => {
      state.calls += 1
      await null
      if (state.broken) throw new Error('no database')
      written.push(...entries)
    },
  }
}

describe('reads', () => {
  test('of one principal by one operation become one row, others one of their own', async () => {
    const { written, state, ...place } = desk()
    const log = createReadLog(place)
    for (state.milliseconds = 0; state.milliseconds < 5; state.milliseconds += 1) log.note([read(idsFrom(0, 2))], ORIGIN)
    log.note([read(idsFrom(2, 1))], ORIGIN)
    log.note([read(idsFrom(0, 1), { principal: principal('other') })], ORIGIN)
    log.note([read(idsFrom(0, 1), { fields: ['ticket.resolution'] })], ORIGIN)
    log.note([read(idsFrom(0, 1), { verb: 'export' })], ORIGIN)
    log.note([read(idsFrom(0, 1))], { ...ORIGIN, operation: 'Another' })
    expect(written).toEqual([])
    await log.flush()
    expect(written.map(({ actorId, action, recordIds, details }) => [actorId, action, recordIds?.length, details])).toEqual([
      ['u', 'ticket.read', 3, { operations: 6, until: new Date(5).toISOString() }],
      ['other', 'ticket.read', 1, null],
      ['u', 'ticket.read', 1, null],
      ['u', 'ticket.export', 1, null],
      ['u', 'ticket.read', 1, null],
    ])
    expect(written[0]).toMatchObject({ at: new Date(0), moduleNumber: 9, fields: ['ticket.description'], origin: ORIGIN, result: 'ok' })
    await log.flush()
    expect(written).toHaveLength(5)
  })

  test('name a hundred records a row; of more at once they tell the number', async () => {
    const { written, ...place } = desk()
    const log = createReadLog(place)
    for (const ids of [idsFrom(0, 60), idsFrom(30, 70), idsFrom(100, 1), idsFrom(0, 101), idsFrom(0, 101), null]) log.note([read(ids)], ORIGIN)
    await log.flush()
    const rows = written.map(({ recordIds = [], details }) => [recordIds.length, recordIds[0], details])
    expect(rows).toHaveLength(4)
    expect(rows).toEqual(
      expect.arrayContaining([
        [100, id(0), { operations: 2, until: new Date(0).toISOString() }],
        [1, id(100), null],
        [0, undefined, { count: 101, asked: 'digest', operations: 2, until: new Date(0).toISOString() }],
        [0, undefined, { aggregated: true, asked: 'digest' }],
      ]),
    )
  })

  test('that cannot be written are kept, and written once; nothing goes out where too many wait', async () => {
    const { written, state, ...place } = desk()
    const log = createReadLog(place)
    state.broken = true
    for (let index = 0; index < 10_000; index += 1) expect(log.note([read(idsFrom(index, 1), { fields: [id(index)] })], ORIGIN)).toBeUndefined()
    await expect(log.flush()).rejects.toThrow('no database')
    await expect(log.note([read(idsFrom(0, 1), { fields: ['the last'] })], ORIGIN)).rejects.toThrow('no database')
    state.broken = false
    await Promise.all([log.flush(), log.flush(), log.flush()])
    expect(written).toHaveLength(10_001)
    expect(new Set(written.map(({ fields }) => fields?.[0])).size).toBe(10_001)
  })
})

describe('refusals', () => {
  const refusal = (userId: string, at: Date): AuditEntry => ({
    ...actorOf(principal(userId)),
    ...{ at, action: 'account.delete', moduleNumber: 2, recordIds: ['r'], origin: ORIGIN, result: 'FORBIDDEN', details: { reason: 'no' } },
  })
  const errors: unknown[] = []
  const limits = { onError: (error: unknown) => errors.push(error), most: 3, window: 1000 }

  test('of each principal have so many rows in a window, and then one that tells how many more there were', async () => {
    const { written, state, ...place } = desk()
    const log = createRefusalLog({ ...place, ...limits })
    const summary = () => written.splice(0).map(({ actorId, action, details }) => [actorId, action, details?.['leftOut'] ?? null])
    for (; state.milliseconds < 8; state.milliseconds += 1) await log.note(refusal('a', place.now()))
    await log.note(refusal('b', place.now()))
    expect(summary()).toEqual([...Array.from({ length: 3 }, () => ['a', 'account.delete', null]), ['b', 'account.delete', null]])
    await log.flush()
    expect(summary()).toEqual([])
    state.milliseconds = 1000
    await log.flush()
    expect(written[0]).toMatchObject({ details: { leftOut: 5, since: new Date(0).toISOString(), until: new Date(7).toISOString() }, origin: ORIGIN })
    expect(written[0]?.recordIds).toBeUndefined()
    expect(summary()).toEqual([['a', 'refusals.leftOut', 5]])
    for (let times = 0; times < 5; times += 1) await log.note(refusal('a', place.now()))
    await log.flush(true)
    expect(summary()).toEqual([...Array.from({ length: 3 }, () => ['a', 'account.delete', null]), ['a', 'refusals.leftOut', 2]])
    expect(errors).toEqual([])
  })

  test('that cannot be written hold no answer up and are written later, once each', async () => {
    const { written, state, ...place } = desk()
    const log = createRefusalLog({ ...place, ...limits })
    state.broken = true
    await log.note(refusal('a', place.now()))
    expect(errors).toHaveLength(1)
    state.broken = false
    await Promise.all([log.note(refusal('b', place.now())), log.note(refusal('c', place.now())), log.flush()])
    expect(written.map(({ actorId }) => actorId)).toEqual(['a', 'b', 'c'])

    let end = (): void => {}
    const stuck = createRefusalLog({
      ...limits,
      now: place.now,
      write: () =>
        new Promise((resolve) => {
          end = resolve
        }),
    })
    const started = performance.now()
    await stuck.note(refusal('a', place.now()))
    expect(performance.now() - started).toBeLessThan(1000)
    end()
  })
})
