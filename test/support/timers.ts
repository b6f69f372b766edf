import { randomUUID } from 'node:crypto'
import { createSystem } from '../../src/composition/system.ts'
import { createTimerWorker } from '../../src/jobs/fire-timers.ts'
import { followReminderRules } from '../../src/jobs/follow-reminder-rules.ts'
import { eventually } from './guanxi-process.ts'
import type { TestServer } from './server.ts'

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
  const { database, writer, registry, now } = kernel
  const system = createSystem(database, registry)
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

/** Writes reminders as the system does, which alone says that they have fired; with `undo` nothing of it is committed. */
export async function writeReminders({ app: { kernel } }: TestServer, ids: readonly string[], input: object, undo?: Error): Promise<void> {
  const { database, writer, registry } = kernel
  const principal = await createSystem(database, registry)('timers')
  await writer.run(principal, { requestId: randomUUID(), cause: 'system' }, async (changes) => {
    await changes.update(
      registry().module('reminder'),
      ids.map((id) => ({ id, input: { ...input } })),
      { pathOf: (index) => [index] },
    )
    if (undo) throw undo
  })
}
