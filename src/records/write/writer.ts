import { DefectError } from '../../errors/index.ts'
import type { RecordIdFactory } from '../../lib/record-id.ts'
import type { Principal } from '../access/policy.ts'
import { type Database, sqlState, type Transaction } from '../database.ts'
import { epochsHold, mayBeOfAnotherSchema, StaleEpochError } from '../epochs.ts'
import type { Registry } from '../registry/definition.ts'
import { type CheckedChangeSet, PipelineChangeSet } from './change-set.ts'
import { translateError } from './database-errors.ts'
import { openSession } from './open-session.ts'
import type { ChangeOrigin } from './request.ts'
import type { CompileExpression } from './required-when.ts'
import type { ModuleRule } from './rule.ts'
import type { Session } from './session.ts'
import { ATTEMPTS, handlingOf, pauseBefore } from './sqlstates.ts'

export interface WriterOptions {
  readonly database: Database
  /** The registry that holds now; asked once per run. */
  readonly registry: () => Registry
  readonly newId: RecordIdFactory
  readonly now: () => Date
  /** Behaviour of modules, in the order in which it runs. */
  readonly rules?: readonly ModuleRule[]
  /** Behaviour that plugins bring in a registry: what runs before that of the product, and what runs behind it. */
  readonly pluginRules?: (registry: Registry) => RulesAround
  /** Needed where fields have `requiredWhen`. */
  readonly compileExpression?: CompileExpression
  /** Told of each run that was committed. */
  readonly onCommit?: () => void
}

/** Rules around those of the product. */
export interface RulesAround {
  readonly first: readonly ModuleRule[]
  readonly last: readonly ModuleRule[]
}

export interface Writer {
  /**
   * Runs `work` in one transaction and one change set; its rows stand or fall together. Checks across records come at the end.
   * `work` runs again from the start after a deadlock or serialisation failure, so it must not keep anything from a lost run.
   * `snapshot`: the registry that the operation goes by; the one that holds now unless given. Throws StaleEpochError where the principal's policy or the
   * registry is out of date, and GuanxiError for what the client may see.
   */
  run<T>(principal: Principal, origin: ChangeOrigin, work: (changes: CheckedChangeSet, transaction: Transaction) => Promise<T>, snapshot?: Registry): Promise<T>
}

/** Advisory lock of runs that are repeated; any constant. */
const REPEATED_RUNS = 7_203_114_621

export function createWriter({ database, registry, newId, now, rules = [], pluginRules, compileExpression, onCommit }: WriterOptions): Writer {
  const alone = groupRules(rules)
  /** Grouped once for each set of plugins. */
  const grouped = new WeakMap<RulesAround, typeof alone>()
  const rulesOf = (snapshot: Registry): typeof alone => {
    const around = pluginRules?.(snapshot)
    if (!around) return alone
    const all = grouped.get(around) ?? groupRules([...around.first, ...rules, ...around.last])
    grouped.set(around, all)
    return all
  }
  return {
    async run(principal, origin, work, snapshot = registry()) {
      if (snapshot.version !== principal.policy.epochs.schema) throw new StaleEpochError()
      for (let attempt = 1; ; attempt += 1) {
        let afterRollback: Session['afterRollback'] = []
        try {
          const result = await database.transaction(async (transaction) => {
            // Those who lost once go one by one, or they would meet each other crosswise again and again.
            if (attempt > 1) await transaction.query({ text: 'SELECT pg_advisory_xact_lock($1)', values: [REPEATED_RUNS], purpose: 'transaction' })
            const session = await openSession({
              transaction,
              principal,
              origin,
              registry: snapshot,
              newId,
              at: now(),
              rules: rulesOf(snapshot),
              compileExpression,
            })
            afterRollback = session.afterRollback
            const value = await work(new PipelineChangeSet(session), transaction)
            await session.checks.run(session)
            return value
          })
          onCommit?.()
          return result
        } catch (error) {
          const state = sqlState(error)
          if (mayBeOfAnotherSchema(error) && !(await epochsHold(database, principal))) throw new StaleEpochError()
          if (attempt >= ATTEMPTS || state === undefined || handlingOf(state) !== 'retry') {
            for (const each of afterRollback) await each(database).catch(() => {})
            throw translateError(error, snapshot, principal)
          }
          await new Promise((resolve) => setTimeout(resolve, pauseBefore(attempt + 1)))
        }
      }
    },
  }
}

function groupRules(rules: readonly ModuleRule[]): ReadonlyMap<string, readonly ModuleRule[]> {
  const byModule = new Map<string, ModuleRule[]>()
  for (const rule of rules) {
    if (!rule.before && !rule.after) throw new DefectError(`a rule of ${rule.module} does nothing`)
    byModule.set(rule.module, [...(byModule.get(rule.module) ?? []), rule])
  }
  return byModule
}
