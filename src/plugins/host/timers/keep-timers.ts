import type { AppliedChange, ModuleRule } from '../../../records/write/index.ts'
import type { RecordImage, Timer } from '../../api/index.ts'
import type { PluginInstance } from '../instance.ts'
import { type Moment, momentOf, settleTimers } from './timer-rows.ts'

/** Milliseconds for working out the moments of a batch. */
const BUDGET = 1_000

/** Keeps the timers of a plugin with each change of the records that they follow from, in the same transaction. */
export function timerRules(instance: PluginInstance): ModuleRule[] {
  return (instance.loaded.definition.timers ?? []).map((timer) => ({
    module: timer.module,
    after: async (changes, { registry, transaction, unrestricted, derive }) => {
      // A part of its own: that what is done at a timer fails or is slow stands in the way of no write.
      const moments = await instance.calls.run(`moment of timer ${timer.name}`, BUDGET, () => changes.flatMap((change) => moved(timer, change)))
      await settleTimers({ plugin: instance.enabled.name, timer: timer.name }, moments, { transaction, registry, policy: unrestricted, derive })
    },
  }))
}

/** The moment of a record, where it may be another one than before. */
function moved(timer: Timer<never>, { operation, id, before, after }: AppliedChange): Moment[] {
  const { owner = null, team = null } = after
  if (operation === 'DELETED') return [{ id, at: null, owner, team, reason: 'Its record was deleted.' }]
  const at = momentOf(timer, copyOf(after))
  if (operation === 'UPDATED' && before !== null && momentOf(timer, copyOf(before)) === at) return []
  return [{ id, at, owner, team }]
}

/** What a plugin does to a copy changes nothing that is written. */
function copyOf(image: RecordImage): RecordImage {
  return Object.freeze(structuredClone({ ...image }))
}
