import { z } from 'zod'
import { bindValues } from '../../../records/access/bind-values.ts'
import { secured } from '../../../records/access/secured.ts'
import type { Timer } from '../../api/index.ts'
import type { PluginInstance } from '../instance.ts'
import type { HostServices } from '../services.ts'
import { type Settle, taskContext } from '../work-context.ts'
import { timerKey } from './timer-rows.ts'

/** Milliseconds for a run unless the timer says otherwise. */
const BUDGET = 60_000

const FIRED = z.object({ id: z.string(), at: z.string() })

/** Where a run of a job stands in the queue. */
export interface TimerRun {
  readonly id: string
  readonly settle: Settle
  readonly signal: AbortSignal
}

/** Does what is to be done at a timer that has fired: unless it was moved or cancelled meanwhile. Throws what the plugin throws. */
export async function runTimer(services: HostServices, instance: PluginInstance, timer: Timer<never>, payload: unknown, run: TimerRun): Promise<void> {
  const { id, at } = FIRED.parse(payload)
  if (!(await isStillFired(services, timerKey({ plugin: instance.enabled.name, timer: timer.name, of: id }), at))) return
  const due = Object.freeze({ module: timer.module, id, at })
  await instance.calls.run(
    `timer ${timer.name}`,
    timer.budget ?? BUDGET,
    (turn) => timer.run(due, taskContext(services, instance, turn, `timer ${run.id}`, run.settle)),
    run.signal,
  )
}

/** Its record stands, and nothing has made another moment of it. */
async function isStillFired({ database, system, registry }: HostServices, key: string, at: string): Promise<boolean> {
  const { policy } = await system('plugin timers')
  const values: unknown[] = [key, at]
  const { from, condition } = secured(registry().module('timer'), 'READ', policy, 't', registry(), bindValues(values, policy))
  const rows = await database.query({
    text: `SELECT FROM ${from} WHERE t.dedupe_key = $1 AND t.due_at = $2 AND t.state = 'fired' AND t.record_id IS NOT NULL AND t.deleted_at IS NULL AND ${condition}`,
    values,
    purpose: 'background',
  })
  return rows.length > 0
}
