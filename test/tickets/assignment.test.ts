import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { coreRules } from '../../src/domain/index.ts'
import type { Principal } from '../../src/records/access/policy.ts'
import { openWriteKit, type WriteKit } from '../support/write-kit.ts'

/** Tickets find their assignees by category, duty, turns and load, on every way in. */
let kit: WriteKit
let agent: Principal
let now = new Date('2026-03-02T09:00:00Z')
beforeAll(async () => {
  kit = await openWriteKit({ rules: coreRules, now: () => now })
  agent = await kit.principal(await kit.user('Creator'))
})
afterAll(() => kit.close())

let count = 0
let team: string
let people: string[]
beforeEach(async () => {
  now = new Date('2026-03-02T09:00:00Z')
  team = await newTeam(`Team ${++count}`)
  people = [await kit.user('Ann', team), await kit.user('Ben', team), await kit.user('Cho', team)].sort()
})

const newTeam = async (name: string) => (await kit.create(kit.root, 'team', [{ name }]))[0] as string
const category = async (input: object) => (await kit.create(kit.root, 'complaintCategory', [{ name: 'Delivery', ...input }]))[0] as string
const rotating = (input: object = {}) => category({ defaultTeam: { id: team }, assignment: 'round_robin', ...input })
const shift = (user: string, startsAt: string, endsAt: string, input: object = {}) =>
  kit.create(kit.root, 'dutyShift', [{ user: { id: user }, startsAt, endsAt, team: { id: team }, ...input }])
const tickets = async (inputs: readonly object[]) => {
  const ids = await kit.create(
    agent,
    'ticket',
    inputs.map((input) => ({ subject: 'Late', ...input })),
  )
  const rows = await kit.rows<{ id: string; assignee_id: string | null }>('SELECT id, assignee_id FROM tickets WHERE id = ANY($1)', [ids])
  const found = new Map(rows.map((row) => [row.id, row.assignee_id]))
  return ids.map((id) => found.get(id) ?? null)
}
const ticket = async (input: object) => {
  const [id] = (await kit.create(agent, 'ticket', [{ subject: 'Late', ...input }])) as [string]
  return { id, row: await kit.row('ticket', id) }
}
const rowAfter = async (id: string, input: Readonly<Record<string, unknown>>) => {
  await kit.update(agent, 'ticket', [{ id, input }])
  return kit.row('ticket', id)
}
const refusal = (work: Promise<unknown>) =>
  work.then(
    () => [],
    (error) => (error.details.issues as { path: string[]; code: string }[]).map(({ path, code }) => `${path.at(-1)}: ${code}`),
  )

describe('a category', () => {
  test('brings team, priority and assignee, which what is given overrides', async () => {
    const id = await rotating({ defaultPriority: 'high' })
    const { row } = await ticket({ category: { id } })
    expect(row).toMatchObject({ team_id: team, priority: 'high', assignee_id: people[0], assigned_at: '2026-03-02T09:00:00+00:00' })
    expect(row.assignment_reason).toBe(`round robin in team Team ${count} by category Delivery: 3 active`)
    const other = await newTeam('Other')
    const given = await ticket({ category: { id }, team: { id: other }, priority: 'low', assignee: { id: people[2] } })
    expect(given.row).toMatchObject({
      team_id: other,
      priority: 'low',
      assignee_id: people[2],
      assignment_reason: 'by hand',
      assigned_at: '2026-03-02T09:00:00+00:00',
    })
    const none = await ticket({ category: { id }, assignee: null })
    expect(none.row).toMatchObject({ assignee_id: null, assignment_reason: null, assigned_at: null })
    // None of these took a turn.
    expect(await tickets([{ category: { id } }])).toEqual([people[1]])
  })

  test('without a team, priority or assignment of its own takes those of the nearest one above that has them', async () => {
    const far = await newTeam('Far')
    const root = await category({ name: 'Root', defaultTeam: { id: far }, assignment: 'round_robin', defaultPriority: 'urgent' })
    const middle = await category({ name: 'Middle', parent: { id: root }, defaultTeam: { id: team } })
    const leaf = await category({ name: 'Leaf', parent: { id: middle } })
    const { row } = await ticket({ category: { id: leaf } })
    expect(row).toMatchObject({ team_id: team, priority: 'urgent', assignee_id: people[0] })
    expect(row.assignment_reason).toBe(`round robin in team Team ${count} by category Leaf: 3 active`)
    await expect(kit.update(kit.root, 'complaintCategory', [{ id: root, input: { parent: { id: leaf } } }])).rejects.toMatchObject({
      details: { issues: [{ code: 'CYCLE' }] },
    })
  })

  test('that assigns nothing, or has no team, leaves the ticket to nobody', async () => {
    expect((await ticket({ category: { id: await category({ defaultTeam: { id: team } }) } })).row).toMatchObject({
      team_id: team,
      assignee_id: null,
      assignment_reason: null,
    })
    const { row } = await ticket({ category: { id: await category({ assignment: 'least_loaded' }) } })
    expect(row).toMatchObject({ assignee_id: null, assignment_reason: 'unassigned: category Delivery has no team', assigned_at: null })
    const empty = await category({ assignment: 'round_robin', defaultTeam: { id: await newTeam('Empty') } })
    expect((await ticket({ category: { id: empty } })).row).toMatchObject({
      assignee_id: null,
      assignment_reason: 'unassigned: team Empty has nobody active (category Delivery)',
    })
  })

  test('that is inactive stays where it is, and is chosen no more', async () => {
    const id = await rotating()
    const held = await ticket({ category: { id } })
    await kit.update(kit.root, 'complaintCategory', [{ id, input: { active: false } }])
    expect(await rowAfter(held.id, { subject: 'Still late', category: { id } })).toMatchObject({ category_id: id, subject: 'Still late' })
    const before = await kit.counts()
    expect(await refusal(kit.create(agent, 'ticket', [{ subject: 'x', category: { id } }]))).toEqual(['category: INACTIVE'])
    const other = await ticket({})
    expect(await refusal(kit.update(agent, 'ticket', [{ id: other.id, input: { category: { id } } }]))).toEqual(['category: INACTIVE'])
    expect((await kit.counts()).tickets).toBe((before.tickets as number) + 1)
  })

  test('of a long name, and a team of one, leave the reason within its length', async () => {
    await kit.update(kit.root, 'team', [{ id: team, input: { name: 't'.repeat(500) } }])
    const { row } = await ticket({ category: { id: await rotating({ name: '迟'.repeat(500) }) } })
    expect([...(row.assignment_reason as string)].length).toBeLessThan(300)
    expect(row.assignee_id).toBe(people[0])
  })
})

describe('turns', () => {
  test('go round, by who had one longest ago, in bulk and one by one, whatever the category', async () => {
    const [id, other] = [await rotating(), await rotating({ name: 'Other' })]
    expect(await tickets([{ category: { id } }, {}, { category: { id: other } }, { category: { id } }, { category: { id } }])).toEqual([
      people[0],
      null,
      people[1],
      people[2],
      people[0],
    ])
    expect(await tickets([{ category: { id } }])).toEqual([people[1]])
    const late = await kit.user('Dan', team)
    expect(await tickets([{ category: { id } }, { category: { id } }])).toEqual([late, people[2]])
  })

  test('are for active persons of the team, home members and further ones', async () => {
    const id = await rotating()
    await kit.update(kit.root, 'user', [{ id: people[0] as string, input: { status: 'disabled' } }])
    await kit.create(kit.root, 'user', [{ name: 'Bot', kind: 'service', team: { id: team } }])
    const further = await kit.user('Further')
    await kit.rows('INSERT INTO team_member (team_id, user_id) VALUES ($1, $2)', [team, further])
    await kit.remove(kit.root, 'user', [{ id: people[1] as string }])
    expect(new Set(await tickets(Array.from({ length: 4 }, () => ({ category: { id } }))))).toEqual(new Set([people[2], further]))
  })

  test('come with an upsert, and with the category of a ticket that nobody has', async () => {
    const id = await rotating()
    const { ids } = await kit.upsert(agent, 'ticket', [{ by: { externalId: { system: 'mail', key: `${count}` } }, input: { subject: 'x', category: { id } } }])
    expect(await kit.row('ticket', ids[0] as string)).toMatchObject({ assignee_id: people[0] })
    const plain = await ticket({})
    expect(await rowAfter(plain.id, { category: { id } })).toMatchObject({ assignee_id: people[1], version: 2 })
    // Who has it keeps it.
    expect(await rowAfter(plain.id, { category: { id: await rotating({ name: 'Other' }) } })).toMatchObject({ assignee_id: people[1] })
    expect(await rowAfter(plain.id, { assignee: null })).toMatchObject({ assignee_id: null, assignment_reason: null, assigned_at: null })
    expect(await rowAfter(plain.id, { assignee: { id: people[0] } })).toMatchObject({ assignment_reason: 'by hand' })
    const ended = await ticket({ category: { id }, status: 'closed' })
    expect(ended.row).toMatchObject({ assignee_id: null, assignment_reason: null })
  })

  test('that a refused write took are not lost', async () => {
    const id = await rotating()
    await expect(
      kit.create(agent, 'ticket', [
        { subject: 'a', category: { id } },
        { subject: 'b', category: { id }, satisfaction: 5 },
      ]),
    ).rejects.toThrow()
    expect(await tickets([{ category: { id } }])).toEqual([people[0]])
  })

  test('of any teams, categories and ways follow the model, and differ by one at most', async () => {
    const makeTeam = async (index: number) => {
      const made = await newTeam(`Model ${count} ${index}`)
      const members = [await kit.user('a', made), await kit.user('b', made), ...(index === 0 ? [await kit.user('c', made)] : [])].sort()
      const id = await category({ defaultTeam: { id: made }, assignment: 'round_robin' })
      return { id, members, turns: new Map<string, number>(), turn: 0, got: new Map<string, number>() }
    }
    const teams = [await makeTeam(0), await makeTeam(1)]
    const expected = (index: number) => {
      const state = teams[index] as (typeof teams)[number]
      const next = state.members.reduce((best, each) => ((state.turns.get(each) ?? 0) < (state.turns.get(best) ?? 0) ? each : best))
      state.turns.set(next, ++state.turn)
      state.got.set(next, (state.got.get(next) ?? 0) + 1)
      return next
    }
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 1 }), { minLength: 1, maxLength: 12 }), async (choices) => {
        const assigned = await tickets(choices.map((choice) => ({ category: { id: teams[choice]?.id } })))
        expect(assigned).toEqual(choices.map(expected))
        for (const { got, members } of teams) {
          const counts = members.map((member) => got.get(member) ?? 0)
          expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1)
        }
      }),
      { numRuns: 15 },
    )
  })
})

describe('the least loaded', () => {
  test('is who has the fewest open tickets, by turns among equals', async () => {
    const id = await category({ defaultTeam: { id: team }, assignment: 'least_loaded' })
    const [ann, ben, cho] = people as [string, string, string]
    await tickets([{ assignee: { id: ann } }, { assignee: { id: ann } }, { assignee: { id: ben } }, { assignee: { id: cho }, status: 'closed' }])
    const [gone] = (await kit.create(agent, 'ticket', [{ subject: 'x', assignee: { id: cho } }])) as [string]
    await kit.remove(agent, 'ticket', [{ id: gone }])
    // In hand: 2, 1, 0. The batch gives Ann one more by hand.
    const batch = [{ assignee: { id: ann } }, ...Array.from({ length: 6 }, () => ({ category: { id } }))]
    expect(await tickets(batch)).toEqual([ann, cho, ben, cho, ben, cho, ann])
    expect((await ticket({ category: { id } })).row.assignment_reason).toBe(`least loaded in team Team ${count} by category Delivery: 3 active`)
  })
})

describe('duty', () => {
  test('decides who may get a ticket, from the first moment of a shift until its end', async () => {
    const id = await rotating()
    const [ann, ben] = people as [string, string]
    await shift(ann, '2026-03-02T09:00:00Z', '2026-03-02T12:00:00Z')
    await shift(ben, '2026-03-02T12:00:00Z', '2026-03-02T18:00:00Z', { note: 'late' })
    const { row } = await ticket({ category: { id } })
    expect(row).toMatchObject({ assignee_id: ann, assignment_reason: `round robin in team Team ${count} by category Delivery: 1 on duty` })
    now = new Date('2026-03-02T12:00:00Z')
    expect(await tickets([{ category: { id } }])).toEqual([ben])
    now = new Date('2026-03-02T08:59:59.999Z')
    const early = await ticket({ category: { id } })
    expect(early.row).toMatchObject({
      assignee_id: null,
      assigned_at: null,
      assignment_reason: `unassigned: nobody of team Team ${count} is on duty (category Delivery)`,
    })
    // Another category of the same kind looks again.
    now = new Date('2026-03-02T10:00:00Z')
    expect(await rowAfter(early.id, { category: { id: await rotating({ name: 'Second' }) } })).toMatchObject({ assignee_id: ann })
    // All shifts are over: the team plans none, and everybody is there.
    now = new Date('2026-03-02T18:00:00Z')
    expect((await ticket({ category: { id } })).row.assignment_reason).toBe(`round robin in team Team ${count} by category Delivery: 3 active`)
  })

  test('of another team, or in the recycle bin, does not count', async () => {
    const id = await rotating()
    const [ann] = people as [string]
    await shift(ann, '2026-03-02T08:00:00Z', '2026-03-02T18:00:00Z', { team: { id: await newTeam('Elsewhere') } })
    const [gone] = (await shift(ann, '2026-03-02T08:00:00Z', '2026-03-02T18:00:00Z')) as [string]
    await kit.remove(kit.root, 'dutyShift', [{ id: gone }])
    expect(await tickets(people.map(() => ({ category: { id } })))).toEqual(people)
  })

  test('is of a person, for a team, and ends after it begins', async () => {
    const [ann] = people as [string]
    const times = { startsAt: '2026-03-02T08:00:00Z', endsAt: '2026-03-02T18:00:00Z' }
    const [id] = (await kit.create(kit.root, 'dutyShift', [{ user: { id: ann }, ...times }])) as [string]
    expect(await kit.row('dutyShift', id)).toMatchObject({ team_id: team })
    const homeless = await kit.user('Homeless')
    const [bot] = (await kit.create(kit.root, 'user', [{ name: 'Bot', kind: 'service', team: { id: team } }])) as [string]
    const before = await kit.counts()
    const create = (input: object) => refusal(kit.create(kit.root, 'dutyShift', [{ ...times, user: { id: ann }, ...input }]))
    expect(await create({ user: { id: homeless } })).toEqual(['team: REQUIRED'])
    expect(await create({ user: { id: bot } })).toEqual(['user: PERSON'])
    expect(await create({ endsAt: times.startsAt })).toEqual(['endsAt: RANGE'])
    expect(await create({ endsAt: '2026-03-02T18:00:00+18:00' })).toEqual(['endsAt: RANGE'])
    expect(await refusal(kit.update(kit.root, 'dutyShift', [{ id, input: { startsAt: '2026-03-03T00:00:00Z' } }]))).toEqual(['endsAt: RANGE'])
    expect(await refusal(kit.update(kit.root, 'dutyShift', [{ id, input: { team: null } }]))).toEqual(['team: REQUIRED'])
    expect(await kit.counts()).toEqual(before)
  })
})

test('a thousand tickets are spread evenly, in as many statements as ten', async () => {
  const id = await rotating()
  const statementsOf = async (size: number) => {
    kit.takeStatements()
    const assigned = await tickets(Array.from({ length: size }, () => ({ category: { id } })))
    return { assigned, statements: kit.takeStatements().length }
  }
  const few = await statementsOf(10)
  const many = await statementsOf(1_000)
  expect(many.statements).toBe(few.statements)
  const counts = people.map((person) => many.assigned.filter((each) => each === person).length).sort()
  expect(counts).toEqual([333, 333, 334])
})
