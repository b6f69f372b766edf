import { systemPrincipal } from '../auth/index.ts'
import type { Epochs, Principal } from '../records/access/policy.ts'
import { READ_EPOCHS_SQL } from '../records/epochs.ts'
import type { Kernel } from './kernel.ts'

/** The system by the epochs of now, for one piece of work, which `reason` names. */
export async function systemWork({ database, registry }: Pick<Kernel, 'database' | 'registry'>, reason: string): Promise<Principal> {
  const [epochs] = await database.query<Epochs>({ text: READ_EPOCHS_SQL, purpose: 'platform' })
  return systemPrincipal(reason, registry(), epochs ?? { schema: 0, access: 0 })
}
