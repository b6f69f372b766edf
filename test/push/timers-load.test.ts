import { afterAll, beforeAll, expect, test } from '@jest/globals'
import pg from 'pg'
import { eventually } from '../support/guanxi-process.ts'
import { drawnCases, type NodeProcess, PROVE, percentile, startNode, tell } from '../support/nodes.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

/** Timers, and the seconds within which they are due. */
const TIMERS = drawnCases(600, 1_500, 20_000)
const SPREAD = drawnCases(4, 6, 60)
const BURST = drawnCases(500, 1_000, 20_000)

/** Seconds for the one that is left to do the work of two. */
const RECOVERY = drawnCases(1, 2, 5)

let server: TestServer
let workers: NodeProcess[]
let raw: pg.Client

beforeAll(async () => {
  server = await startTestServer()
  raw = new pg.Client(server.database.url)
  await raw.connect()
  const worker = () => startNode(server.database.url, { environment: { GUANXI_ROLE: 'all' } })
  workers = [await worker(), await worker()]
}, 120_000)
afterAll(async () => {
  for (const worker of workers ?? []) await worker.close()
  await raw?.end()
  await server?.close()
})

/** Makes reminders that are due long after, and then, all at once, lets them be due from `begin` on, evenly within so many seconds. However long it takes, none fires before. */
async function remind(name: string, count: number, seconds: number): Promise<number> {
  for (let start = 0; start < count; start += 1_000) {
    const input = Array.from({ length: Math.min(1_000, count - start) }, (_, index) => ({ subject: `${name} ${start + index}`, dueAt: '2099-01-01T00:00:00Z' }))
    await server.admin.data('mutation ($input: [CreateReminderInput!]!) { createReminders(input: $input) { changeSetId } }', { input })
  }
  const begin = Date.now() + 2_000
  await raw.query(
    `WITH due AS (SELECT id, $2::timestamptz + split_part(subject, ' ', 2)::int * $3::float * interval '1 second' AS at FROM reminders WHERE subject LIKE $1 || ' %'),
       reminder AS (UPDATE reminders r SET due_at = due.at FROM due WHERE r.id = due.id)
     UPDATE timers t SET due_at = due.at FROM due WHERE t.reminder_id = due.id`,
    [name, new Date(begin), seconds / count],
  )
  return begin
}

const left = async (): Promise<number> => Number((await raw.query(`SELECT count(*) AS count FROM timers WHERE state = 'scheduled'`)).rows[0].count)

/** How often reminders and timers of this name fired, by history and by the events that push tells of. */
async function firings(name: string): Promise<readonly unknown[]> {
  const { rows } = await raw.query(
    `WITH made AS (SELECT r.id, t.id AS timer FROM reminders r JOIN timers t ON t.reminder_id = r.id WHERE r.subject LIKE $1 || ' %'),
       h AS (SELECT record_id AS id, count(*)::int AS times FROM record_history WHERE changes -> 'state' ->> 'after' = 'fired' GROUP BY 1),
       o AS (SELECT record_id AS id, count(*)::int AS times FROM outbox WHERE after ->> 'state' = 'fired' GROUP BY 1)
     SELECT h.times AS history, o.times AS events, d.times AS timer, count(*)::int AS reminders FROM made m LEFT JOIN h ON h.id = m.id LEFT JOIN o ON o.id = m.id LEFT JOIN h d ON d.id = m.timer
     GROUP BY 1, 2, 3`,
    [name],
  )
  return rows
}

test('timers that are due at once fire as fast as two workers can', async () => {
  const due = await remind('Burst', BURST, 0)
  await eventually(async () => (await left()) === 0, 120_000)
  const seconds = (Date.now() - due) / 1_000
  tell(`${BURST} timers that were due at one moment fired within ${seconds.toFixed(1)} s: ${Math.round(BURST / seconds)} a second`)
  expect(await firings('Burst')).toEqual([{ history: 1, events: 1, timer: 1, reminders: BURST }])
}, 300_000)

test('each fires exactly once though one of two workers is killed, and none comes late when the other has taken over', async () => {
  const begin = await remind('Spread', TIMERS, SPREAD)
  const half = begin + (SPREAD * 1_000) / 2
  await eventually(async () => Date.now() >= half && (await left()) < TIMERS, 200_000)
  process.kill((workers.shift() as NodeProcess).pid, 'SIGKILL')
  const killed = Date.now()
  // Seen from outside, what is due and not committed yet: longer than any of its readers waited for it.
  let oldest = 0
  await eventually(async () => {
    const { rows } = await raw.query(
      `SELECT count(*)::int AS scheduled, coalesce(extract(epoch FROM clock_timestamp() - min(due_at)), 0) AS late FROM timers WHERE state = 'scheduled'`,
    )
    if (Date.now() > killed + RECOVERY * 1_000) oldest = Math.max(oldest, Number(rows[0].late))
    return rows[0].scheduled === 0
  }, 300_000)
  const total = (Date.now() - begin) / 1_000
  expect(await firings('Spread')).toEqual([{ history: 1, events: 1, timer: 1, reminders: TIMERS }])

  const { rows } = await raw.query(
    `SELECT extract(epoch FROM t.fired_at - t.due_at)::float AS late, t.due_at > $1 AS recovered FROM timers t JOIN reminders r ON r.id = t.reminder_id WHERE r.subject LIKE 'Spread %'`,
    [new Date(killed + RECOVERY * 1_000)],
  )
  const late = (recovered: boolean) =>
    percentile(
      rows.filter((row) => row.recovered === recovered).map((row) => row.late),
      0.99,
    )
  tell(
    `${TIMERS} timers within ${SPREAD} s, one of two workers killed, all fired after ${total.toFixed(1)} s: ${(TIMERS / total).toFixed(0)} a second; p99 lateness ${late(false).toFixed(2)} s until the other had taken over, ${late(true).toFixed(2)} s then, the oldest seen ${oldest.toFixed(2)} s`,
  )
  if (PROVE) expect(late(true)).toBeLessThanOrEqual(2)
}, 600_000)
