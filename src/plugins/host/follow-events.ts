import type { Transaction } from '../../records/database.ts'
import type { EventHandler, RecordEvent } from '../api/index.ts'
import type { PluginInstance } from './instance.ts'
import type { HostServices } from './services.ts'
import { taskContext } from './work-context.ts'

/** Events that a handler is told of at once, and milliseconds that it gets for them unless it says otherwise. */
const BATCH = 500
const BUDGET = 30_000

/** What a handler's place is kept under. */
export const followerOf = (plugin: string, handler: string): string => `plugin ${plugin} ${handler}`

interface Place {
  readonly position: string
  readonly upTo: string
}

/** What the work of a handler is done with. */
export interface Following {
  readonly services: HostServices
  readonly instance: PluginInstance
  /** Id of this process among the processes. */
  readonly node: string
  /** Ends the work. */
  readonly until: AbortSignal
}

/**
 * Tells a handler of the changes behind its place, in their order, and moves the place on when it has taken them: at least once, and exactly once where it takes them by `once`, which moves the place in its
 * own transaction. One process at a time does so for each handler: it holds the place for as long as the work may take, and as long as it lives. Answers whether there may be more. Throws what the handler throws.
 */
export async function followEvents({ services, instance, node, until }: Following, handler: EventHandler<never>): Promise<boolean> {
  const name = followerOf(instance.enabled.name, handler.name)
  const budget = handler.budget ?? BUDGET
  const { database } = services
  if (!(await hasMore(services, name))) return false
  const place = await holdPlace(services, name, node, budget)
  if (!place || place.position === place.upTo) return false
  try {
    const events = await readEvents(services, handler, place)
    const last = events.length === BATCH ? (events.at(-1) as RecordEvent).position : place.upTo
    let moved = false
    const settle = async (transaction: Transaction) => {
      await moveOn(transaction, name, place.position, last)
      moved = true
    }
    if (events.length > 0)
      await instance.calls.run(
        `events ${handler.name}`,
        budget,
        (turn) => handler.run(events, taskContext(services, instance, turn, `events ${last}`, settle)),
        until,
      )
    if (!moved) await moveOn(database, name, place.position, last)
    return last !== place.upTo
  } finally {
    await letGo(services, name, node)
  }
}

/** Begins with the changes of now where the handler is new. */
export async function beginFollowing(transaction: Pick<Transaction, 'query'>, plugin: string, handlers: readonly { readonly name: string }[]): Promise<void> {
  for (const { name } of handlers) {
    await transaction.query({
      text: 'INSERT INTO follower (name, position) SELECT $1, outbox_position FROM stamper ON CONFLICT (name) DO NOTHING',
      values: [followerOf(plugin, name)],
      purpose: 'background',
    })
  }
}

/** A handler has not been told of all changes. */
export function isBehind(services: HostServices, { enabled }: PluginInstance, handler: string): Promise<boolean> {
  return hasMore(services, followerOf(enabled.name, handler))
}

async function hasMore({ database }: HostServices, name: string): Promise<boolean> {
  const [row] = await database.query<{ more: boolean }>({
    text: 'SELECT s.outbox_position > f.position AS more FROM follower f, stamper s WHERE f.name = $1',
    values: [name],
    purpose: 'background',
  })
  return row?.more === true
}

/**
 * The handler's place, for this process alone; undefined where another one that lives has it. What is older than what is kept cannot be told any more. The lease is longer than the work,
 * so that the work of two processes never overlaps; if clocks lied, the place itself would refuse the second (`moveOn`).
 */
async function holdPlace({ database }: HostServices, name: string, node: string, budget: number): Promise<Place | undefined> {
  const [place] = await database.query<Place>({
    text: `UPDATE follower f SET state = jsonb_build_object('holder', $2::text, 'until', now() + make_interval(secs => $3)) FROM stamper s
      WHERE f.name = $1 AND (f.state ->> 'until' IS NULL OR (f.state ->> 'until')::timestamptz < now()
        OR NOT EXISTS (SELECT FROM node n WHERE n.id::text = f.state ->> 'holder' AND n.seen_at > now() - interval '5 seconds'))
      RETURNING greatest(f.position, s.outbox_floor)::text AS position, s.outbox_position::text AS "upTo"`,
    values: [name, node, budget / 1_000 + 5],
    purpose: 'background',
  })
  return place
}

async function letGo({ database }: HostServices, name: string, node: string): Promise<void> {
  await database.query({ text: `UPDATE follower SET state = '{}' WHERE name = $1 AND state ->> 'holder' = $2`, values: [name, node], purpose: 'background' })
}

async function readEvents({ database, registry }: HostServices, { modules, on }: EventHandler<never>, { position, upTo }: Place): Promise<RecordEvent[]> {
  const served = registry()
  const numbers = modules.flatMap((name) => served.modules.get(name)?.number ?? [])
  const rows = await database.query<Omit<RecordEvent, 'module' | 'changedFields'> & { readonly number: number; readonly fields: readonly string[] }>({
    text: `SELECT o.position::text, o.module_number AS number, o.record_id::text AS id, o.version::int AS version, o.operation, o.changed_fields AS fields,
        o.actor_id::text AS "actorId", guanxi_time(o.at) AS at
      FROM outbox o WHERE o.position > $1::bigint AND o.position <= $2::bigint AND o.module_number = ANY($3::int[]) AND o.operation = ANY($4::text[])
      ORDER BY o.position LIMIT ${BATCH}`,
    values: [position, upTo, numbers, on ?? ['CREATED', 'UPDATED', 'DELETED', 'RESTORED']],
    purpose: 'background',
  })
  return rows.map(({ number, fields, ...event }) => {
    const module = served.byNumber.get(number)
    const names = new Map([...(module?.fields.values() ?? [])].map(({ id, name }) => [id, name]))
    return Object.freeze({ ...event, module: module?.name ?? '', changedFields: fields.flatMap((id) => names.get(id) ?? []) })
  })
}

/** Throws where somebody else has moved it meanwhile: what was done then does not count. */
async function moveOn(executor: Pick<Transaction, 'query'>, name: string, from: string, to: string): Promise<void> {
  const rows = await executor.query({
    text: 'UPDATE follower SET position = $3::bigint WHERE name = $1 AND position <= $2::bigint RETURNING 1',
    values: [name, from, to],
    purpose: 'background',
  })
  if (rows.length === 0) throw new Error(`another process has followed ${name} further`)
}
