import { bindValues } from '../../../records/access/bind-values.ts'
import { secured } from '../../../records/access/secured.ts'
import type { Transaction } from '../../../records/database.ts'
import { enqueue } from '../../../records/jobs/enqueue.ts'
import { underCurrentEpochs } from '../../../records/under-current-epochs.ts'
import type { CheckedChangeSet } from '../../../records/write/index.ts'
import type { PluginInstance } from '../instance.ts'
import { flagOf, keyOf, PLUGIN_JOB } from '../plugin-jobs.ts'
import type { HostServices } from '../services.ts'
import type { PluginBasis } from './timer-rows.ts'

/** Timers that one transaction fires. */
const BATCH = 250

/** How often what is done at a timer is begun at most, unless it says otherwise. */
const ATTEMPTS = 10

/** Jobs of timers are named so; no job that a plugin defines can be. */
export const timerJob = (timer: string): string => `timer ${timer}`

interface DueTimer {
  readonly id: string
  readonly basis: PluginBasis
  readonly at: string
}

/**
 * Fires the timers of a plugin whose time has come: each becomes `fired` and a job of the queue in one transaction, so that the job is there once, whichever process is killed. Ends between two
 * batches where it is to stop.
 */
export async function firePluginTimers(services: HostServices, instance: PluginInstance, isStopping: () => boolean): Promise<void> {
  while (!isStopping() && (await isAnyDue(services, instance))) if ((await fireBatch(services, instance)) < BATCH) return
}

const namesOf = ({ loaded }: PluginInstance): string[] => (loaded.definition.timers ?? []).map(({ name }) => name)

const DUE = `t.kind = 'plugin' AND t.state = 'scheduled' AND t.deleted_at IS NULL AND t.due_at <= $1 AND t.basis ->> 'plugin' = $2 AND t.basis ->> 'timer' = ANY($3::text[])`

async function isAnyDue({ database, system, registry, now }: HostServices, instance: PluginInstance): Promise<boolean> {
  const { policy } = await system('plugin timers')
  const values: unknown[] = [now(), instance.enabled.name, namesOf(instance)]
  const { from, condition } = secured(registry().module('timer'), 'READ', policy, 't', registry(), bindValues(values, policy))
  const rows = await database.query({ text: `SELECT FROM ${from} WHERE ${DUE} AND ${condition} LIMIT 1`, values, purpose: 'background' })
  return rows.length > 0
}

function fireBatch(services: HostServices, instance: PluginInstance): Promise<number> {
  const { writer, system, registry, now } = services
  const reason = `plugin ${instance.enabled.name}`
  const work = async (changes: CheckedChangeSet, transaction: Transaction): Promise<number> => {
    const at = now()
    const due = await claimDue(transaction, changes, instance, at)
    if (due.length === 0) return 0
    await changes.followUp().derive.update(
      'timer',
      due.map(({ id }) => ({ id, values: { state: 'fired', firedAt: at.toISOString() } })),
    )
    await enqueue(
      transaction,
      PLUGIN_JOB,
      due.map((timer) => jobOf(instance, timer)),
    )
    return due.length
  }
  return underCurrentEpochs(async () => writer.run(await system(reason), { requestId: reason, cause: 'plugin', client: reason }, work, registry()))
}

function jobOf({ enabled, loaded }: PluginInstance, { basis: { timer: name, of }, at }: DueTimer) {
  const timer = loaded.definition.timers?.find((each) => each.name === name)
  return {
    payload: { plugin: enabled.name, job: timerJob(name), payload: { id: of, at } },
    key: keyOf(enabled.name, `${timerJob(name)} ${of}`),
    attempts: timer?.attempts ?? ATTEMPTS,
    flag: flagOf(enabled.name),
  }
}

/** Locks timers that are due, and passes over those that others hold. */
function claimDue(transaction: Transaction, { principal: { policy }, registry }: CheckedChangeSet, instance: PluginInstance, at: Date): Promise<DueTimer[]> {
  const values: unknown[] = [at, instance.enabled.name, namesOf(instance)]
  const { from, condition } = secured(registry.module('timer'), 'UPDATE', policy, 't', registry, bindValues(values, policy))
  return transaction.query<DueTimer>({
    text: `SELECT t.id, t.basis, guanxi_time(t.due_at) AS at FROM ${from} WHERE ${DUE} AND ${condition} ORDER BY t.due_at, t.id LIMIT ${BATCH} FOR NO KEY UPDATE OF t SKIP LOCKED`,
    values,
    purpose: 'background',
  })
}
