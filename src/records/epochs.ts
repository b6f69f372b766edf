import type { Epochs, Principal } from './access/policy.ts'
import { type Executor, sqlState } from './database.ts'

/**
 * A statement ran under a schema or access epoch that is no longer current. Nothing was read or written;
 * the executor reloads registry and policy and tries the operation once more.
 */
export class StaleEpochError extends Error {
  override readonly name = 'StaleEpochError'
}

/**
 * SQL for "the epochs of this plan are still current" in the statement's own snapshot. `schema` and `access` are the
 * placeholders (`$1`, `$2`) that carry the epochs; where they are null the check is not made: a transaction that has
 * checked once and then changed rights itself goes on by those it began with.
 */
export function epochsHoldSql(schema: string, access: string): string {
  return `(SELECT ${schema}::bigint IS NULL OR (e.schema_epoch = ${schema}::bigint AND e.access_epoch = ${access}::bigint) FROM epoch e)`
}

export const READ_EPOCHS_SQL = 'SELECT schema_epoch::int AS schema, access_epoch::int AS access FROM epoch'

export function sameEpochs(a: Epochs, b: Epochs): boolean {
  return a.schema === b.schema && a.access === b.access
}

/**
 * PostgreSQL does not know a table or column of the statement, its answer has other columns than when it was prepared, or a constraint stands against
 * its rows. So may it be where the schema changed while the statement waited for its table: its snapshot, and so its look at the epochs, is older.
 */
export function mayBeOfAnotherSchema(error: unknown): boolean {
  const state = sqlState(error)
  if (state === undefined) return false
  return state === '42P01' || state === '42703' || state.startsWith('23') || (state === '0A000' && String((error as Error).message).includes('cached plan'))
}

/** The epochs that the principal's policy was compiled at are those of the database. */
export async function epochsHold(executor: Executor, { policy }: Pick<Principal, 'policy'>): Promise<boolean> {
  const [epochs] = await executor.query<Epochs>({ text: READ_EPOCHS_SQL, purpose: 'platform' })
  return epochs !== undefined && sameEpochs(epochs, policy.epochs)
}
