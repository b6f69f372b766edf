import { literalSql } from '../records/sql-text.ts'
import { fieldOf, heldColumn } from '../records/write/held-columns.ts'
import type { RuleContext } from '../records/write/index.ts'
import { StatementBuilder } from '../records/write/statement.ts'
import { ENDED_STATUSES } from './ticket-status.ts'

/** Somebody who may get tickets of a team. */
export interface Candidate {
  readonly team: string
  readonly user: string
  /** Number of the last turn in the team; 0 for none yet. */
  turn: number
  /** The team has shifts that have not ended. */
  readonly planned: boolean
  readonly onDuty: boolean
  /** Tickets in hand; null where nobody asked. */
  load: number | null
}

/**
 * Takes so many turns of each team: its rotation stays locked until the transaction ends, so that nobody else gives a turn meanwhile. Teams are locked in the order of their
 * ids, lest two wait for each other. Answers the number before the first turn, by team.
 */
export async function takeTurns({ transaction }: RuleContext, counts: ReadonlyMap<string, number>): Promise<ReadonlyMap<string, number>> {
  const rows = await transaction.query<{ team: string; last: string }>({
    text: `INSERT INTO assignment_rotation AS r (team_id, last_turn) SELECT w.id, w.count FROM unnest($1::uuid[], $2::bigint[]) AS w(id, count) ORDER BY w.id
ON CONFLICT (team_id) DO UPDATE SET last_turn = r.last_turn + excluded.last_turn RETURNING r.team_id AS team, r.last_turn::text AS last`,
    values: [[...counts.keys()], [...counts.values()]],
    purpose: 'record',
  })
  return new Map(rows.map(({ team, last }) => [team, Number(last) - (counts.get(team) ?? 0)]))
}

/** Active persons of these teams, with their turns as they stand once the rotations are locked. `weighed`: teams for which tickets in hand are counted. */
export async function readCandidates(context: RuleContext, teams: readonly string[], weighed: readonly string[]): Promise<readonly Candidate[]> {
  const { registry, transaction, unrestricted, at } = context
  const builder = new StatementBuilder(registry)
  const from = (module: string, alias: string) => builder.secured(registry.module(module), 'READ', unrestricted, alias).from
  const column = (module: string, field: string, alias: string) => heldColumn(fieldOf(registry.module(module), field), alias)
  const now = builder.bind(at, 'timestamptz')
  const shift = (condition: string) =>
    `EXISTS (SELECT FROM ${from('dutyShift', 's')} WHERE s.team_id = m.team_id AND s.deleted_at IS NULL AND ${column('dutyShift', 'endsAt', 's')} > ${now}${condition})`
  const mine = ` AND ${column('dutyShift', 'user', 's')} = u.id AND ${column('dutyShift', 'startsAt', 's')} <= ${now}`
  const inHand = `(SELECT count(*)::int FROM ${from('ticket', 'k')} WHERE ${column('ticket', 'assignee', 'k')} = u.id AND k.deleted_at IS NULL AND ${column('ticket', 'status', 'k')} NOT IN (${ENDED_STATUSES.map(literalSql).join(', ')}))`
  const rows = await transaction.query<Omit<Candidate, 'turn'> & { turn: string | null }>(
    builder.statement(`SELECT m.team_id AS team, u.id AS user, t.turn::text AS turn, ${shift('')} AS planned, ${shift(mine)} AS "onDuty", CASE WHEN m.team_id = ANY(${builder.bind(weighed, 'uuid[]')}) THEN ${inHand} END AS load
FROM team_membership m JOIN ${from('user', 'u')} ON u.id = m.user_id LEFT JOIN assignment_turn t ON t.team_id = m.team_id AND t.user_id = m.user_id
WHERE m.team_id = ANY(${builder.bind(teams, 'uuid[]')}) AND u.deleted_at IS NULL AND ${column('user', 'kind', 'u')} = 'person' AND ${column('user', 'status', 'u')} = 'active' ORDER BY u.id`),
  )
  return rows.map(({ turn, ...row }) => ({ ...row, turn: Number(turn ?? 0) }))
}

/** Keeps the turns that were given. */
export async function keepTurns({ transaction }: RuleContext, turns: readonly Pick<Candidate, 'team' | 'user' | 'turn'>[]): Promise<void> {
  if (turns.length === 0) return
  await transaction.query({
    text: `INSERT INTO assignment_turn (team_id, user_id, turn) SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::bigint[])
ON CONFLICT (team_id, user_id) DO UPDATE SET turn = excluded.turn`,
    values: [turns.map(({ team }) => team), turns.map(({ user }) => user), turns.map(({ turn }) => turn)],
    purpose: 'record',
  })
}
