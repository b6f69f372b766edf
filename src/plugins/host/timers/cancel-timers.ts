import { bindValues } from '../../../records/access/bind-values.ts'
import { secured } from '../../../records/access/secured.ts'
import type { Transaction } from '../../../records/database.ts'
import { underCurrentEpochs } from '../../../records/under-current-epochs.ts'
import type { CheckedChangeSet } from '../../../records/write/index.ts'
import type { HostServices } from '../services.ts'

const BATCH = 500

/** Cancels all timers of a plugin that is no more. */
export async function cancelTimers({ writer, system, registry }: Pick<HostServices, 'writer' | 'system' | 'registry'>, plugin: string): Promise<void> {
  const reason = `plugin ${plugin}`
  const work = async (changes: CheckedChangeSet, transaction: Transaction): Promise<number> => {
    const { policy } = changes.principal
    const module = changes.registry.module('timer')
    const values: unknown[] = [plugin, BATCH]
    const { from, condition } = secured(module, 'UPDATE', policy, 't', changes.registry, bindValues(values, policy))
    const rows = await transaction.query<{ id: string }>({
      text: `SELECT t.id FROM ${from} WHERE t.kind = 'plugin' AND t.state = 'scheduled' AND t.deleted_at IS NULL AND t.basis ->> 'plugin' = $1 AND ${condition} ORDER BY t.id LIMIT $2`,
      values,
      purpose: 'background',
    })
    await changes.followUp().derive.update(
      'timer',
      rows.map(({ id }) => ({ id, values: { state: 'cancelled', reason: 'Its plugin is no more.' } })),
    )
    return rows.length
  }
  const batch = () => underCurrentEpochs(async () => writer.run(await system(reason), { requestId: reason, cause: 'plugin', client: reason }, work, registry()))
  while ((await batch()) === BATCH);
}
