import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { coreRules } from '../src/domain/index.ts'
import type { Principal } from '../src/records/access/policy.ts'
import { openWriteKit, type WriteKit } from './support/write-kit.ts'

describe('tickets and tasks', () => {
  let kit: WriteKit
  let agent: Principal
  beforeAll(async () => {
    kit = await openWriteKit({ rules: coreRules })
    agent = await kit.principal(await kit.user('Agent'))
  })
  afterAll(() => kit.close())

  test('a ticket keeps when it was resolved, closed and opened again', async () => {
    const [id] = (await kit.create(agent, 'ticket', [{ subject: 'Broken' }])) as [string]
    const step = async (status: string) => {
      await kit.update(agent, 'ticket', [{ id, input: { status } }])
      return kit.row('ticket', id)
    }
    expect(await kit.row('ticket', id)).toMatchObject({ status: 'new', resolved_at: null, closed_at: null, reopened_count: 0, first_response_at: null })
    expect((await step('resolved')).resolved_at).not.toBeNull()
    expect(await step('open')).toMatchObject({ resolved_at: null, reopened_count: 1 })
    const closed = await step('closed')
    expect(closed.closed_at).not.toBeNull()
    expect(await step('open')).toMatchObject({ closed_at: null, reopened_count: 2 })
    expect(await step('pending')).toMatchObject({ reopened_count: 2 })
    await expect(kit.update(agent, 'ticket', [{ id, input: { resolvedAt: '2020-01-01T00:00:00Z' } }])).rejects.toMatchObject({
      details: { issues: [{ code: 'READ_ONLY' }] },
    })
  })

  test('the first public comment by staff is the first response', async () => {
    const [id] = (await kit.create(agent, 'ticket', [{ subject: 'Question' }])) as [string]
    const comment = (visibility: string) => ({ ticket: { id }, body: 'Text', visibility })
    const responded = async () => (await kit.row('ticket', id)).first_response_at
    const [note] = await kit.create(agent, 'ticketComment', [comment('internal')])
    await kit.create(kit.root, 'ticketComment', [comment('public')])
    expect(await responded()).toBeNull()
    await kit.update(agent, 'ticketComment', [{ id: note as string, input: { visibility: 'public' } }])
    const first = await responded()
    expect(first).not.toBeNull()
    await kit.create(agent, 'ticketComment', [comment('public')])
    expect(await responded()).toBe(first)
    expect(await kit.row('ticket', id)).toMatchObject({ version: 2 })
  })

  test('each step of the status is kept, with the time spent and the reason that was given with it', async () => {
    const [id] = (await kit.create(agent, 'ticket', [{ subject: 'Steps', statusReason: 'by phone' }])) as [string]
    const set = (input: Readonly<Record<string, unknown>>) => kit.update(agent, 'ticket', [{ id, input }])
    await set({ status: 'pending', statusReason: 'asked for a photo' })
    await set({ subject: 'Steps again' })
    await set({ status: 'open' })
    expect(await kit.row('ticket', id)).toMatchObject({ status_reason: null })
    await set({ statusReason: 'a thought afterwards' })
    await set({ status: 'closed', statusReason: 'no answer' })
    const steps = await kit.rows('SELECT from_status, to_status, reason, duration_seconds FROM ticket_status_changes WHERE ticket_id = $1 ORDER BY id', [id])
    expect(steps.map(({ from_status, to_status, reason }) => [from_status, to_status, reason])).toEqual([
      [null, 'new', 'by phone'],
      ['new', 'pending', 'asked for a photo'],
      ['pending', 'open', null],
      ['open', 'closed', 'no answer'],
    ])
    expect(steps.map(({ duration_seconds: seconds }) => seconds === null || Number(seconds) >= 0)).toEqual([true, true, true, true])
    expect([steps[0]?.duration_seconds, steps[1]?.duration_seconds]).toEqual([null, expect.anything()])
    await expect(kit.create(agent, 'ticketStatusChange', [{ ticket: { id }, toStatus: 'open', changedAt: '2026-01-01T00:00:00Z' }])).rejects.toMatchObject({
      details: { issues: [{ code: 'READ_ONLY' }, { code: 'READ_ONLY' }, { code: 'READ_ONLY' }] },
    })
  })

  test('satisfaction is given after the end, stays when the ticket is opened again, and is given anew after the next', async () => {
    const [id] = (await kit.create(agent, 'ticket', [{ subject: 'Rated' }])) as [string]
    const set = (input: Readonly<Record<string, unknown>>) => kit.update(agent, 'ticket', [{ id, input }])
    const refused = { details: { issues: [{ path: ['input', 0, 'satisfaction'], code: 'NOT_ENDED' }] } }
    await expect(set({ satisfaction: 4 })).rejects.toMatchObject(refused)
    await expect(kit.create(agent, 'ticket', [{ subject: 'Early', satisfaction: 4 }])).rejects.toMatchObject(refused)
    await expect(set({ satisfactionComment: 'Fine' })).rejects.toMatchObject({ details: { issues: [{ code: 'NOT_ENDED' }] } })
    await set({ status: 'resolved', satisfaction: 4, satisfactionComment: 'Fine' })
    const rated = await kit.row('ticket', id)
    expect(rated).toMatchObject({ satisfaction: 4, satisfaction_comment: 'Fine' })
    expect(rated.satisfied_at).not.toBeNull()
    await set({ status: 'open' })
    await expect(set({ satisfaction: 2 })).rejects.toMatchObject(refused)
    expect(await kit.row('ticket', id)).toMatchObject({ satisfaction: 4, satisfied_at: rated.satisfied_at, status: 'open' })
    await set({ status: 'closed' })
    await set({ satisfaction: 2 })
    const again = await kit.row('ticket', id)
    expect(again).toMatchObject({ satisfaction: 2, satisfaction_comment: 'Fine' })
    expect(Date.parse(again.satisfied_at as string)).toBeGreaterThan(Date.parse(rated.satisfied_at as string))
    await set({ satisfaction: null })
    expect(await kit.row('ticket', id)).toMatchObject({ satisfaction: null, satisfied_at: null })
  })

  test('tickets are linked once in each way, and never to themselves', async () => {
    const [a, b, c] = (await kit.create(agent, 'ticket', [{ subject: 'A' }, { subject: 'B' }, { subject: 'C' }])) as [string, string, string]
    const link = (ticket: string, other: string, kind: string) => ({ ticket: { id: ticket }, other: { id: other }, kind })
    const [first] = (await kit.create(agent, 'ticketLink', [link(a, b, 'relates_to'), link(a, b, 'blocks'), link(b, a, 'blocks')])) as [string]
    const before = await kit.counts()
    const refusals = async (...inputs: Readonly<Record<string, unknown>>[]) =>
      kit.create(agent, 'ticketLink', inputs).then(
        () => [],
        (error) => (error.details.issues as { path: unknown[]; code: string }[]).map(({ path, code }) => `${path.slice(1).join('.')}: ${code}`),
      )
    expect(await refusals(link(a, a, 'blocks'))).toEqual(['0.other: SELF'])
    expect(await refusals(link(a, b, 'blocks'))).toEqual(['0.other: DUPLICATE'])
    expect(await refusals(link(b, a, 'relates_to'))).toEqual(['0.other: DUPLICATE'])
    expect(await refusals(link(a, c, 'relates_to'), link(c, a, 'relates_to'))).toEqual(['1.other: DUPLICATE'])
    expect(await kit.counts()).toEqual(before)
    await kit.remove(agent, 'ticketLink', [{ id: first }])
    await kit.create(agent, 'ticketLink', [link(b, a, 'relates_to')])
    await expect(kit.restore(agent, 'ticketLink', [{ id: first }])).rejects.toMatchObject({ details: { issues: [{ code: 'DUPLICATE' }] } })
    const blind = await kit.principal(await kit.user('Blind'), { modules: { ticket: { READ: 'OWN' } }, scopes: { OWN: [] } })
    const own = { ...blind, policy: { ...blind.policy, scopes: { ...blind.policy.scopes, OWN: [blind.userId] } } }
    const [mine] = (await kit.create(own, 'ticket', [{ subject: 'Mine' }])) as [string]
    await expect(kit.create(own, 'ticketLink', [link(mine, a, 'blocks')])).rejects.toMatchObject({ details: { issues: [{ code: 'NOT_FOUND' }] } })
  })

  test('of writers who make the same link at once, one does', async () => {
    const [a, b] = (await kit.create(agent, 'ticket', [{ subject: 'A' }, { subject: 'B' }])) as [string, string]
    const made = await Promise.allSettled(
      [
        [a, b],
        [b, a],
        [a, b],
        [b, a],
      ].map(([ticket, other]) => kit.create(agent, 'ticketLink', [{ ticket: { id: ticket }, other: { id: other }, kind: 'relates_to' }])),
    )
    expect(made.filter(({ status }) => status === 'fulfilled').length).toBe(1)
    for (const each of made) if (each.status === 'rejected') expect(each.reason).toMatchObject({ details: { issues: [{ code: 'DUPLICATE' }] } })
  })

  test('a task is completed when it is done', async () => {
    const [id] = (await kit.create(agent, 'task', [{ title: 'Call' }])) as [string]
    await kit.update(agent, 'task', [{ id, input: { status: 'done' } }])
    const done = await kit.row('task', id)
    expect(done).toMatchObject({ progress: 100 })
    expect(done.completed_at).not.toBeNull()
    await kit.update(agent, 'task', [{ id, input: { status: 'open' } }])
    expect((await kit.row('task', id)).completed_at).toBeNull()
  })

  test('an import by the system brings the times along', async () => {
    const origin = { requestId: 'import', cause: 'import' } as const
    const input = { subject: 'Old', status: 'closed', closedAt: '2020-02-01T00:00:00Z', resolvedAt: '2020-01-31T00:00:00Z', number: 'T-000900' }
    const { ids } = await kit.writer.run(await kit.principal(kit.root.userId), origin, (changes) =>
      changes.create(kit.registry.module('ticket'), [input], { pathOf: () => ['input'] }),
    )
    expect(await kit.row('ticket', ids[0] as string)).toMatchObject({
      closed_at: '2020-02-01T00:00:00+00:00',
      resolved_at: '2020-01-31T00:00:00+00:00',
      number: 'T-000900',
    })
  })
})
