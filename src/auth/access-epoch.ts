import type { Principal } from '../records/access/policy.ts'
import type { Executor, Transaction } from '../records/database.ts'
import { StaleEpochError } from '../records/epochs.ts'

/**
 * Lets one change of rights happen at a time, until the transaction ends: what it checks (does the caller hold what it grants, is this the last
 * administrator) stays true until it commits. Throws StaleEpochError where the principal's rights are of yesterday.
 */
export async function lockCurrentRights(transaction: Transaction, principal: Principal): Promise<void> {
  const [row] = await transaction.query<{ access: number }>({ text: 'SELECT access_epoch::int AS access FROM epoch FOR UPDATE', purpose: 'authentication' })
  if (row?.access !== principal.policy.epochs.access) throw new StaleEpochError()
}

/** Throws StaleEpochError where the principal's rights are of yesterday. For what reads no records, and so has no statement that would notice. */
export async function requireCurrentRights(executor: Executor, principal: Principal): Promise<void> {
  const [row] = await executor.query<{ access: number }>({ text: 'SELECT access_epoch::int AS access FROM epoch', purpose: 'authentication' })
  if (row?.access !== principal.policy.epochs.access) throw new StaleEpochError()
}
