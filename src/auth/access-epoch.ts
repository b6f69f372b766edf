import type { Epochs, Principal } from '../records/access/policy.ts'
import type { Executor, Transaction } from '../records/database.ts'
import { READ_EPOCHS_SQL, StaleEpochError, sameEpochs } from '../records/epochs.ts'

/**
 * Lets one change of rights happen at a time, until the transaction ends: what it checks (does the caller hold what it grants, is this the last
 * administrator) stays true until it commits. Throws StaleEpochError where the principal's rights are of yesterday, also where
 * they were compiled from fields of yesterday: a grant that looks at a deleted field is none.
 */
export async function lockCurrentRights(transaction: Transaction, principal: Principal): Promise<void> {
  const [epochs] = await transaction.query<Epochs>({ text: `${READ_EPOCHS_SQL} FOR UPDATE`, purpose: 'authentication' })
  if (!epochs || !sameEpochs(epochs, principal.policy.epochs)) throw new StaleEpochError()
}

/** Throws StaleEpochError where the principal's rights are of yesterday. For what reads no records, and so has no statement that would notice. */
export async function requireCurrentRights(executor: Executor, principal: Principal): Promise<void> {
  const [row] = await executor.query<{ access: number }>({ text: 'SELECT access_epoch::int AS access FROM epoch', purpose: 'authentication' })
  if (row?.access !== principal.policy.epochs.access) throw new StaleEpochError()
}
