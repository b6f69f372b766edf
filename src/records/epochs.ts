import type { Epochs } from './access/policy.ts'

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
