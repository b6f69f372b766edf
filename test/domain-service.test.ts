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
