import { randomUUID } from 'node:crypto'
import pg from 'pg'
import { createTimerWorker } from '../../src/jobs/fire-timers.ts'
import { followReminderRules } from '../../src/jobs/follow-reminder-rules.ts'
import { eventually } from './guanxi-process.ts'
import { startTestServer, type TestServer } from './server.ts'

/** What a worker does in the background, when a test says so. */
export interface TimerWork {
  /** Fires what is due by the server's clock; answers how many. */
  fire(): Promise<number>
  /** Follows reminder rules up to everything that is committed. */
  follow(): Promise<number>
  /** Reminders that could not be fired. */
  readonly failures: readonly unknown[]
}

/** The jobs of a server whose own background leaves timers alone (`GUANXI_ROLE=api`, as test servers have it). */
export function timerWork({ app: { kernel } }: TestServer, tolerance = 86_400_000): TimerWork {
  const { database, writer, registry, system, now } = kernel
  const failures: unknown[] = []
  const fire = createTimerWorker({ database, writer, registry, principal: () => system('timers'), now, tolerance, onFailure: (error) => failures.push(error) })
  return {
    failures,
    fire,
    follow: async () => {
      await eventually(async () => (await database.query({ text: 'SELECT FROM outbox WHERE position IS NULL LIMIT 1', purpose: 'background' })).length === 0)
      return followReminderRules({ database, writer, registry, principal: () => system('reminder rules'), now })
    },
  }
}

/** A server on a clock that stands still until it is set, with its timers' work and a connection to its database. */
export interface ClockServer {
  readonly server: TestServer
  readonly work: TimerWork
  readonly raw: pg.Client
  /** Milliseconds since 1970. */
  now(): number
  /** Sets the clock: milliseconds since 1970, or RFC 3339. */
  at(moment: number | string): void
  close(): Promise<void>
}

export async function startClockServer(begin: number): Promise<ClockServer> {
  let now = begin
  const server = await startTestServer({ now: () => new Date(now) })
  const raw = new pg.Client(server.database.url)
  await raw.connect()
  return {
    server,
    work: timerWork(server),
    raw,
    now: () => now,
    at: (moment) => {
      now = typeof moment === 'number' ? moment : Date.parse(moment)
    },
    close: async () => {
      await raw.end()
      await server.close()
    },
  }
}

/** Writes reminders as the system does, which alone says that they have fired; with `undo` nothing of it is committed. */
export async function writeReminders({ app: { kernel } }: TestServer, ids: readonly string[], input: object, undo?: Error): Promise<void> {
  const { writer, registry, system } = kernel
  const principal = await system('timers')
  await writer.run(principal, { requestId: randomUUID(), cause: 'system' }, async (changes) => {
    await changes.update(
      registry().module('reminder'),
      ids.map((id) => ({ id, input: { ...input } })),
      { pathOf: (index) => [index] },
    )
    if (undo) throw undo
  })
}
