import { bindValues } from '../../../records/access/bind-values.ts'
import { secured } from '../../../records/access/secured.ts'
import type { Transaction } from '../../../records/database.ts'
import { enqueue } from '../../../records/jobs/enqueue.ts'
import { underCurrentEpochs } from '../../../records/under-current-epochs.ts'
import type { CheckedChangeSet } from '../../../records/write/index.ts'
import type { Timer } from '../../api/index.ts'
import type { PluginInstance } from '../instance.ts'
import { flagOf, keyOf, PLUGIN_JOB } from '../plugin-jobs.ts'
import type { HostServices } from '../services.ts'
import type { TimerRun } from './run-timer.ts'
import { momentOf, settleTimers } from './timer-rows.ts'

/** Records that one transaction looks at. */
const PAGE = 200
const BUDGET = 5_000
const ATTEMPTS = 25
/** Below every id. */
const FIRST = '00000000-0000-0000-0000-000000000000'

/** The job that walks through the records of a timer's module; no job that a plugin defines can be named so. */
export const walkJob = (timer: string): string => `walk ${timer}`

/** Has the records of all timers looked at: they may have changed while the plugin was not at work, or another version works out other moments. */
export async function walkForTimers({ database }: Pick<HostServices, 'database'>, { enabled, loaded }: PluginInstance): Promise<void> {
  const { timers = [] } = loaded.definition
  if (timers.length === 0) return
  await database.transaction((transaction) =>
    enqueue(
      transaction,
      PLUGIN_JOB,
      timers.map(({ name }) => ({
        payload: { plugin: enabled.name, job: walkJob(name), payload: null },
        key: keyOf(enabled.name, walkJob(name)),
        attempts: ATTEMPTS,
        flag: flagOf(enabled.name),
      })),
    ),
  )
}

/** Looks at all records of the timer's module, page by page, each in a transaction that keeps others from changing them. Beginning anew does no harm. */
export async function walkRecords(services: HostServices, instance: PluginInstance, timer: Timer<never>, { signal }: Pick<TimerRun, 'signal'>): Promise<void> {
  for (let after: string | undefined = FIRST; after !== undefined; ) {
    signal.throwIfAborted()
    after = await walkPage(services, instance, timer, after)
  }
}

/** Answers the last id of the page; undefined where there are no more. */
function walkPage({ writer, system, registry }: HostServices, instance: PluginInstance, timer: Timer<never>, after: string): Promise<string | undefined> {
  const { name: plugin } = instance.enabled
  const reason = `plugin ${plugin}`
  const work = async (changes: CheckedChangeSet, transaction: Transaction): Promise<string | undefined> => {
    const module = changes.registry.modules.get(timer.module)
    if (!module) return undefined
    const ids = await lockPage(transaction, changes, timer.module, after)
    if (ids.length === 0) return undefined
    const images = await changes.lock(
      module,
      ids.map((id) => ({ id })),
      ['READ'],
      { pathOf: () => [] },
    )
    const moments = await instance.calls.run(walkJob(timer.name), BUDGET, () =>
      images.map((image) => ({ id: image['id'] as string, at: momentOf(timer, image), owner: image['owner'] ?? null, team: image['team'] ?? null })),
    )
    const { derive } = changes.followUp()
    await settleTimers({ plugin, timer: timer.name }, moments, { transaction, registry: changes.registry, policy: changes.principal.policy, derive })
    return ids.length < PAGE ? undefined : ids.at(-1)
  }
  return underCurrentEpochs(async () => writer.run(await system(reason), { requestId: reason, cause: 'plugin', client: reason }, work, registry()))
}

async function lockPage(transaction: Transaction, { principal: { policy }, registry }: CheckedChangeSet, name: string, after: string): Promise<string[]> {
  const values: unknown[] = [after, PAGE]
  const { from, condition } = secured(registry.module(name), 'READ', policy, 't', registry, bindValues(values, policy))
  const rows = await transaction.query<{ id: string }>({
    text: `SELECT t.id FROM ${from} WHERE t.id > $1::uuid AND t.deleted_at IS NULL AND ${condition} ORDER BY t.id LIMIT $2 FOR NO KEY UPDATE OF t`,
    values,
    purpose: 'background',
  })
  return rows.map(({ id }) => id)
}
