import type pg from 'pg'
import { createTestClient } from '../support/client.ts'
import { eventually } from '../support/guanxi-process.ts'
import type { Follower } from './follower.ts'
import type { Attempt, History } from './history.ts'
import type { Workload } from './workload.ts'
import { SIZE, type World, withClient } from './world.ts'

/** What is wrong, by invariant (README.md). */
export type Violations = Readonly<Record<`I${1 | 2 | 3 | 4 | 5 | 6 | 7 | 9}`, readonly string[]>>

export interface Run {
  readonly world: World
  readonly history: History
  readonly workload: Workload
  readonly followers: readonly Follower[]
  /** A server that answers now. */
  readonly url: string
}

type Image = Readonly<Record<string, unknown>>

/** A row of the outbox. */
interface Change {
  readonly position: string | null
  readonly module: number
  readonly id: string
  readonly version: number
  readonly operation: string
  readonly changed: readonly string[]
  readonly before: Image | null
  readonly after: Image
  readonly changeSet: string
  readonly requestId: string | null
}

const ACCOUNT = 3
const ACTIVITY = 16
const NUMBERS = { account: ACCOUNT, activity: ACTIVITY } as const

/** Waits, so long at most in milliseconds, until every change has its place and every follower was told of the last one that concerns him; then says what is wrong. */
export async function check(run: Run, patience = 20_000): Promise<Violations> {
  return withClient(run.world.databaseUrl, async (raw) => {
    await eventually(async () => (await raw.query('SELECT FROM outbox WHERE position IS NULL')).rowCount === 0, patience).catch(() => {})
    const changes = await readChanges(raw, run.world)
    const isTold = (follower: Follower) => new Set(follower.told.map(nameOf)).size >= changes.filter(concerns(follower)).length
    await eventually(async () => run.followers.every(isTold), patience).catch(() => {})
    return judge(raw, run, changes, await readFeed(run))
  })
}

/** What the tables say by themselves, as this connection sees them. */
export async function checkTables(raw: pg.Client, run: Run): Promise<Violations> {
  const changes = await readChanges(raw, run.world)
  return judge(raw, run, changes, changes.map(nameOf))
}

async function judge(raw: pg.Client, run: Run, changes: readonly Change[], feed: readonly string[]): Promise<Violations> {
  const { world, history, workload, followers } = run
  const attempts = byKey(history.attempts)
  const effects = new Map([...attempts].map(([key, tries]) => [key, effectsOf(tries, changes)] as const))
  return {
    I1: [...attempts].flatMap(([key, tries]) => missingOf(tries, effects.get(key) ?? [])),
    I2: [...attempts].flatMap(([key, tries]) => doublesOf(tries, effects.get(key) ?? [])),
    I3: [...(await leftBehind(raw, history)), ...(await unclaimed(raw, attempts, effects, changes))],
    I4: await sums(raw, world, changes),
    I5: [...chains(changes), ...(await lastImages(raw, changes))],
    I6: [...places(changes), ...(await histories(raw, world, changes)), ...compare('the feed', changes.map(nameOf), feed), ...followers.flatMap(told(changes))],
    I7: [...workload.foreign, ...followers.flatMap(({ foreign }) => foreign)],
    I9: [...workload.flaws, ...workload.hung.map((text) => `no answer: ${text}`), ...followers.flatMap(({ flaws }) => flaws)],
  }
}

async function readChanges(raw: pg.Client, { start }: World): Promise<readonly Change[]> {
  const { rows } = await raw.query<Change>(
    `SELECT o.position::text, o.module_number AS module, o.record_id AS id, o.version, o.operation, o.changed_fields AS changed, o.before, o.after, o.change_set_id AS "changeSet",
       c.request_id AS "requestId"
     FROM outbox o JOIN change_set c ON c.id = o.change_set_id
     WHERE o.module_number = ANY($1) AND (o.position > $2 OR o.position IS NULL) ORDER BY o.position, o.sequence`,
    [[ACCOUNT, ACTIVITY], start],
  )
  return rows
}

/** All changes by the feed, as an administrator reads them page by page. */
async function readFeed({ world, url }: Run): Promise<readonly string[]> {
  const admin = createTestClient(url, world.admin)
  const query = `query ($after: String!) {
    changes(modules: ["account", "activity"], after: $after, first: 500) { nodes { id version operation } cursor hasNextPage }
  }`
  const read: string[] = []
  for (let after: string | null = world.cursor; after !== null; ) {
    const { changes } = await admin.data(query, { after })
    read.push(...changes.nodes.map(nameOf))
    after = changes.hasNextPage ? changes.cursor : null
  }
  return read
}

const nameOf = ({ id, version, operation }: { id: string; version: number; operation: string }) => `${operation} ${id} ${version}`

function byKey(attempts: readonly Attempt[]): ReadonlyMap<string, readonly Attempt[]> {
  const map = new Map<string, Attempt[]>()
  for (const attempt of attempts) map.set(attempt.key, [...(map.get(attempt.key) ?? []), attempt])
  return map
}

/** Changes that carry the key; a deletion carries none, and is told by its record, which nobody else deletes. */
function effectsOf(tries: readonly Attempt[], changes: readonly Change[]): readonly Change[] {
  const { key, kind, records } = tries[0] as Attempt
  if (kind === 'delete') return changes.filter(({ operation, id }) => operation === 'DELETED' && id === records[0]?.id)
  if (kind === 'append') return changes.filter(({ module, after }) => module === ACTIVITY && after['subject'] === key)
  return changes.filter(
    ({ module, operation, changed, after }) =>
      module === ACCOUNT && operation !== 'DELETED' && changed.includes('account.description') && after['description'] === key,
  )
}

const EXPECTED = { create: 1, update: 1, append: 1, delete: 1, transfer: 2 } as const

/** An answer that is given again for the same Idempotency-Key is that of an attempt of which nobody had heard. */
const isUnknown = (tries: readonly Attempt[], id: string | null) => tries.some(({ requestId, outcome }) => requestId === id && outcome === 'unknown')

/** I1: an answer `ok` has its changes, exactly those that it told of. */
function missingOf(tries: readonly Attempt[], effects: readonly Change[]): string[] {
  return tries
    .filter(({ outcome }) => outcome === 'ok')
    .flatMap((attempt) => {
      const { requestId, kind, written, records } = attempt
      const own = effects.filter((change) => change.requestId === requestId || isUnknown(tries, change.requestId))
      const told = written.map(({ id, version }) => `${id} ${version}`).sort()
      const there = own.map(({ id, version }) => `${id} ${version}`).sort()
      const wrongVersion = kind !== 'create' && kind !== 'append' && records.some(({ id, version }) => !told.includes(`${id} ${version + 1}`))
      return [
        (own.length !== EXPECTED[kind] || effects.length !== EXPECTED[kind]) &&
          `${requestId}: ${kind} was ok and has ${own.length} changes of ${effects.length} with its key`,
        told.join() !== there.join() && `${requestId}: ${kind} told ${told}, and ${there} is there`,
        wrongVersion && `${requestId}: ${kind} does not follow the version that it demanded`,
      ].filter((flaw) => flaw !== false)
    })
}

/** I2: however often it was sent, all of it stands once at most. */
function doublesOf(tries: readonly Attempt[], effects: readonly Change[]): string[] {
  const { key, kind } = tries[0] as Attempt
  const sets = new Set(effects.map(({ changeSet }) => changeSet))
  if (effects.length === 0 || (effects.length === EXPECTED[kind] && sets.size === 1)) return []
  return [`${key}: ${kind} sent ${tries.length} times has ${effects.length} changes in ${sets.size} change sets`]
}

/** I3: change sets of what was refused, and audit rows that say that it was done. */
async function leftBehind(raw: pg.Client, history: History): Promise<string[]> {
  const refused = history.attempts.filter(({ outcome }) => outcome === 'fail').map(({ requestId }) => requestId)
  const { rows } = await raw.query<{ id: string; place: string }>(
    `SELECT request_id AS id, 'change set' AS place FROM change_set WHERE request_id = ANY($1)
     UNION ALL SELECT request_id, 'audit' FROM audit_log WHERE request_id = ANY($1) AND result = 'ok'`,
    [refused],
  )
  const ok = history.attempts.filter(({ outcome }) => outcome === 'ok')
  const unknown = (key: string) => history.attempts.filter((each) => each.key === key && each.outcome === 'unknown').map(({ requestId }) => requestId)
  const { rows: sets } = await raw.query<{ id: string; count: number }>(
    `SELECT asked.id, (SELECT count(*)::int FROM change_set c WHERE c.request_id = ANY(string_to_array(asked.ids, ' '))) AS count FROM unnest($1::text[], $2::text[]) asked (id, ids)`,
    [ok.map(({ requestId }) => requestId), ok.map(({ requestId, key }) => [requestId, ...unknown(key)].join(' '))],
  )
  return [
    ...rows.map(({ id, place }) => `${id} was refused, and is in the ${place}`),
    ...sets.filter(({ count }) => count !== 1).map(({ id, count }) => `${id} was ok in ${count} change sets`),
  ]
}

/** I3: changes that nobody asked for, and a change set without changes. */
async function unclaimed(
  raw: pg.Client,
  attempts: ReadonlyMap<string, readonly Attempt[]>,
  effects: ReadonlyMap<string, readonly Change[]>,
  changes: readonly Change[],
): Promise<string[]> {
  const claimed = new Set([...effects.values()].flat())
  const asked = [...attempts.values()].flat().map(({ requestId }) => requestId)
  const { rows } = await raw.query<{ id: string }>(
    'SELECT request_id AS id FROM change_set c WHERE request_id = ANY($1) AND NOT EXISTS (SELECT FROM outbox o WHERE o.change_set_id = c.id)',
    [asked],
  )
  return [
    ...changes.filter((change) => !claimed.has(change)).map((change) => `${nameOf(change)} of ${change.requestId} was asked for by nobody`),
    ...rows.map(({ id }) => `${id} has a change set without changes`),
  ]
}

/** I4: the sum of each owner's shared accounts, and that of what each change set moved. */
async function sums(raw: pg.Client, { actors }: World, changes: readonly Change[]): Promise<string[]> {
  const flaws: string[] = []
  for (const { name, shared } of actors) {
    const { rows } = await raw.query('SELECT sum(size)::int AS sum, count(*)::int AS count FROM accounts WHERE id = ANY($1)', [shared])
    if (rows[0].sum !== shared.length * SIZE || rows[0].count !== shared.length) flaws.push(`${name} has ${JSON.stringify(rows[0])}`)
  }
  const moved = new Map<string, number>()
  for (const { module, operation, before, after, changeSet } of changes) {
    if (module === ACCOUNT && operation === 'UPDATED') moved.set(changeSet, (moved.get(changeSet) ?? 0) + Number(after['size']) - Number(before?.['size']))
  }
  for (const [changeSet, by] of moved) if (by !== 0) flaws.push(`change set ${changeSet} changed the sum by ${by}`)
  return flaws
}

/** I5: each change of a record follows from the one before. */
function chains(changes: readonly Change[]): string[] {
  const last = new Map<string, Change>()
  return changes.flatMap((change) => {
    const { id, version, operation, before, after } = change
    const previous = last.get(id)
    last.set(id, change)
    if (operation === 'CREATED') return version === 1 && !previous && before === null ? [] : [`${nameOf(change)} is no beginning`]
    // What was there before the load begins its chain by the image before.
    const from = previous?.after ?? before
    return [
      version !== Number(from?.['version']) + 1 && `${nameOf(change)} follows ${from?.['version']}`,
      JSON.stringify(before) !== JSON.stringify(from) && `${nameOf(change)} begins with another image than that after ${previous && nameOf(previous)}`,
      Number(after['version']) !== version && `${nameOf(change)} has the image of ${after['version']}`,
    ].filter((flaw) => flaw !== false)
  })
}

/** I5: the last image of each record is what its table holds. */
async function lastImages(raw: pg.Client, changes: readonly Change[]): Promise<string[]> {
  const last = new Map(changes.map((change) => [change.id, change] as const))
  const { rows } = await raw.query<{ id: string; image: Image }>(
    `SELECT id, jsonb_build_object('version', version, 'size', size, 'text', description, 'deleted', deleted_at IS NOT NULL) AS image FROM accounts WHERE id = ANY($1)
     UNION ALL SELECT id, jsonb_build_object('version', version, 'size', NULL, 'text', subject, 'deleted', deleted_at IS NOT NULL) FROM activities WHERE id = ANY($1)`,
    [[...last.keys()]],
  )
  const stored = new Map(rows.map(({ id, image }) => [id, image] as const))
  const shown = (image: Image | undefined) => JSON.stringify([image?.['version'], image?.['size'], image?.['text'], image?.['deleted']])
  return [...last.values()].flatMap((change) => {
    const { id, module, after } = change
    const wanted = { version: after['version'], size: after['size'] ?? null, text: module === ACCOUNT ? after['description'] : after['subject'] }
    const [is, should] = [shown(stored.get(id)), shown({ ...wanted, deleted: after['deleted_at'] !== null })]
    return is === should ? [] : [`${id} is ${is} and should be ${should} after ${nameOf(change)}`]
  })
}

/** I6: one place each. (Order per record is that of `chains`, which goes by places.) */
function places(changes: readonly Change[]): string[] {
  const seen = new Set<string>()
  return changes.flatMap((change) => {
    const name = `${change.id} ${change.version}`
    const twice = seen.has(name)
    seen.add(name)
    return [twice && `${nameOf(change)} stands twice in the outbox`, change.position === null && `${nameOf(change)} has no place`].filter(
      (flaw) => flaw !== false,
    )
  })
}

/** I6: rows of the history, and of what the tables say, without an event; and the other way round. */
async function histories(raw: pg.Client, { start }: World, changes: readonly Change[]): Promise<string[]> {
  const { rows: kept } = await raw.query<{ id: string; version: number; operation: string }>(
    `SELECT h.record_id AS id, h.version, h.operation FROM record_history h
     WHERE h.module_number = ANY($1) AND NOT EXISTS (SELECT FROM outbox o WHERE o.record_id = h.record_id AND o.version = h.version AND o.position <= $2)`,
    [[ACCOUNT, ACTIVITY], start],
  )
  const { rows: versions } = await raw.query<{ id: string; version: number; events: number }>(
    `SELECT r.id, r.version, (SELECT count(*)::int FROM outbox o WHERE o.record_id = r.id) AS events
     FROM (SELECT id, version FROM accounts UNION ALL SELECT id, version FROM activities) r`,
  )
  return [
    ...compare('the history', changes.map(nameOf).sort(), kept.map(nameOf).sort()),
    ...versions.filter(({ version, events }) => version !== events).map(({ id, version, events }) => `${id} has version ${version} and ${events} events`),
  ]
}

function concerns({ module, owner }: Follower): (change: Change) => boolean {
  return (change) => change.module === NUMBERS[module] && (owner === undefined || change.after['owner_id'] === owner)
}

/** I6: a follower was told of everything; what came twice counts where it came first. */
function told(changes: readonly Change[]): (follower: Follower) => string[] {
  return (follower) => compare(follower.name, changes.filter(concerns(follower)).map(nameOf), [...new Set(follower.told.map(nameOf))])
}

function compare(who: string, wanted: readonly string[], given: readonly string[]): string[] {
  if (wanted.join() === given.join()) return []
  const missing = wanted.filter((name) => !given.includes(name))
  const more = given.filter((name) => !wanted.includes(name))
  if (missing.length + more.length > 0)
    return [`${who}: ${missing.length} of ${wanted.length} are missing (${missing.slice(0, 3)}), ${more.length} too many (${more.slice(0, 3)})`]
  const at = wanted.findIndex((name, index) => name !== given[index])
  return [`${who}: ${given[at]} comes in the place of ${wanted[at]}`]
}
