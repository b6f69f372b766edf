import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import pg from 'pg'
import { openTestDatabase, type TestDatabase } from '../support/database.ts'
import { type NodeProcess, startNode } from '../support/nodes.ts'
import { eventually, pluginFolder, step } from './kit.ts'

/**
 * A process is killed in the midst of all kinds of work that a plugin has beside the requests, at five points of each, all at once. Whoever lives, or the next process, carries everything on: at least
 * once, and exactly once in effect by `once`.
 */
const KINDS = ['job', 'cron', 'timer', 'events'] as const
/** Where it is cut, and how many marks a piece of work leaves that was cut there once. */
const CUTS = {
  /** Before it has done anything. */
  bare: 1,
  /** It has no way to know that its mark stands: at least once. */
  bareBehind: 2,
  /** Under a lock of the plugin, in the midst of the transaction. */
  within: 1,
  /** In the same transaction, which has put a job into the queue. */
  adding: 1,
  /** What it was to do has taken effect. */
  behind: 1,
} as const
/** Milliseconds after which everything is done again: 5 s of silence, a beat, and a round of what waits, on a machine that has other things to do. */
const PATIENCE = 30_000

/** One in which another process lives, and one in which none does. */
const ROUNDS = ['first', 'second'] as const

const folder = pluginFolder()
const told = join(folder.root, 'told')
let database: TestDatabase
let raw: pg.Client
let doomed: NodeProcess
let heir: NodeProcess
const started: NodeProcess[] = []

/** What the plugin does for a piece of work. The process that begins it first is held up where it says so, until it is killed. */
const PRELUDE = `import { appendFileSync, readFileSync } from 'node:fs'
const TOLD = ${JSON.stringify(told)}
const tell = (what, key) => appendFileSync(TOLD, process.pid + ' ' + what + ' ' + key + '\\n')
async function work(kind, cut, name, { records, once, lock }) {
  const key = kind + ' ' + cut + ' ' + name
  tell('began', key)
  const hold = async (at) => {
    if (at !== cut || readFileSync(TOLD, 'utf8').includes('held ' + key + '\\n')) return
    tell('held', key)
    await new Promise(() => {})
  }
  const mark = (changes) => changes.create('mortalMark', [{ title: key }])
  const marking = () => once(async (changes, jobs) => {
    await mark(changes)
    if (cut === 'adding') await jobs.add('added', { key }, { key })
    await hold('within')
    await hold('adding')
  })
  await hold('bare')
  if (cut.startsWith('bare')) await records.change(mark)
  else await (cut === 'within' ? lock(key, marking) : marking())
  await hold('bareBehind')
  await hold('behind')
}
const CUTS = ${JSON.stringify(Object.keys(CUTS))}
const titleOf = async (id, { records }) => (await records.get('mortalDue', id)).title
const title = { name: 'title', type: 'TEXT' }
const budget = 300_000`
const minuteAgo = new Date(Date.now() - 60_000)
const DEFINITION = `modules: [
    { name: 'mortalMark', pluralName: 'mortalMarks', nameField: 'title', fields: [title] },
    { name: 'mortalDue', pluralName: 'mortalDues', nameField: 'title', fields: [title, { name: 'dueAt', type: 'DATETIME' }] },
  ],
  timers: CUTS.map((cut) => ({ name: cut, module: 'mortalDue', at: ({ dueAt }) => dueAt, budget, run: async ({ id }, context) => work('timer', cut, await titleOf(id, context), context) })),
  events: [
    ...CUTS.map((cut) => ({ name: cut, modules: ['mortalDue'], budget, run: async ([{ id }], context) => work('events', cut, await titleOf(id, context), context) })),
    { name: 'begin', modules: ['mortalDue'], run: async ([{ id }], context) => {
      const name = await titleOf(id, context)
      await context.once(async (changes, jobs) => { for (const cut of CUTS) await jobs.add(cut, { name }) })
    } },
  ],
  jobs: [
    ...CUTS.map((cut) => ({ name: cut, budget, run: ({ name }, context) => work('job', cut, name, context) })),
    ...${JSON.stringify(ROUNDS)}.flatMap((name) =>
      CUTS.map((cut) => ({ name: name + cut, cron: '${minuteAgo.getUTCMinutes()} ${minuteAgo.getUTCHours()} * * *', budget, run: (at, context) => work('cron', cut, name, context) })),
    ),
    { name: 'added', run: ({ key }, { once }) => once((changes) => changes.create('mortalMark', [{ title: 'added by ' + key }])) },
  ],`

async function start(): Promise<NodeProcess> {
  const environment = { PLUGIN_PATHS: join(folder.root, 'mortal'), GUANXI_ROLE: 'all', JOB_CONCURRENCY: '30', POOL_SIZE: '30' }
  const node = await startNode(database.url, { environment })
  started.push(node)
  return node
}

/** Kills a process, and waits until it is gone. */
async function kill({ pid, close }: NodeProcess): Promise<void> {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {}
  await close()
}

beforeAll(async () => {
  folder.write({ name: 'mortal', manifest: { capabilities: { jobs: true, events: ['mortalDue'] } }, prelude: PRELUDE, definition: DEFINITION })
  database = await openTestDatabase()
  raw = new pg.Client(database.url)
  await raw.connect()
  doomed = await start()
  await step(doomed.admin, 'enablePlugin', 'mortal')
}, 120_000)
afterAll(async () => {
  // Where a test has failed, several may live, and what they hold never ends.
  for (const node of started) await kill(node)
  await raw?.end()
  await database?.close()
  folder.remove()
}, 60_000)

const keysOf = (round: string): string[] => KINDS.flatMap((kind) => Object.keys(CUTS).map((cut) => `${kind} ${cut} ${round}`))
/** Processes that have told this of a piece of work, in their order. */
const tellersOf = (what: string, key: string): number[] =>
  !existsSync(told)
    ? []
    : readFileSync(told, 'utf8')
        .split('\n')
        .flatMap((line) => (line.endsWith(` ${what} ${key}`) ? Number.parseInt(line, 10) : []))
const countOf = async (text: string): Promise<number> => (await raw.query<{ count: number }>(`SELECT count(*)::int AS count FROM ${text}`)).rows[0]?.count ?? -1

/** Begins all kinds of work in the only process that is awake, and waits until each piece is held at its point. */
async function beginAll(round: string): Promise<void> {
  await doomed.admin.data(`mutation { createMortalDue(input: {title: "${round}", dueAt: "2020-01-01T00:00:00Z"}) { mortalDue { id } } }`)
  // Its moment was a minute ago; the plugin had not been enabled then.
  await raw.query(`UPDATE plugin_timetable SET last_at = last_at - interval '1 hour' WHERE plugin = 'mortal' AND job LIKE $1`, [`${round}%`])
  await eventually(async () => keysOf(round).every((key) => tellersOf('held', key).length === 1), 40_000)
  expect(keysOf(round).flatMap((key) => tellersOf('held', key))).toEqual(keysOf(round).map(() => doomed.pid))
}

/** All is done, by the process that lives, and nothing waits, or is held by a process that lives no more. */
async function expectDone(round: string, { admin, pid }: NodeProcess): Promise<void> {
  const marks = async (): Promise<Record<string, number>> => {
    const { mortalMarksAggregate } = await admin.data(
      `{ mortalMarksAggregate(filter: {title: {contains: "${round}"}}, groupBy: [{title: true}]) { key count } }`,
    )
    return Object.fromEntries(mortalMarksAggregate.map((group: { key: { title: string }; count: number }) => [group.key.title, group.count]))
  }
  const expected: Record<string, number> = {}
  for (const kind of KINDS) {
    for (const [cut, count] of Object.entries(CUTS)) expected[`${kind} ${cut} ${round}`] = count
    expected[`added by ${kind} adding ${round}`] = 1
  }
  const isDone = async (): Promise<boolean> => {
    const stand = await marks()
    const waiting = await countOf(`graphile_worker._private_jobs j JOIN graphile_worker._private_tasks t ON t.id = j.task_id WHERE t.identifier = 'plugin'`)
    return (
      waiting === 0 && (await countOf(`follower WHERE name LIKE 'plugin mortal %' AND state <> '{}'`)) === 0 && Object.keys(expected).every((key) => stand[key])
    )
  }
  await eventually(isDone, PATIENCE)
  expect(await marks()).toEqual(expected)
  for (const key of keysOf(round)) expect([key, tellersOf('began', key)]).toEqual([key, / behind /.test(key) ? [doomed.pid] : [doomed.pid, pid]])
}

test('another process carries on what one was killed at', async () => {
  heir = await start()
  process.kill(heir.pid, 'SIGSTOP')
  try {
    await beginAll('first')
    await kill(doomed)
  } finally {
    process.kill(heir.pid, 'SIGCONT')
  }
  await expectDone('first', heir)
}, 120_000)

test('where no other process lives, the next one carries it on', async () => {
  doomed = heir
  await beginAll('second')
  await kill(doomed)
  heir = await start()
  await expectDone('second', heir)
}, 120_000)
