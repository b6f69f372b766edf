import { systemPrincipal } from '../auth/index.ts'
import type { Epochs, Principal } from '../records/access/policy.ts'
import type { Database } from '../records/database.ts'
import { READ_EPOCHS_SQL } from '../records/epochs.ts'
import type { Registry } from '../records/registry/index.ts'

/** Who does what no person asked for, by the epochs of now. To compile the rights takes as long as some statements, so they are kept until an epoch moves. */
export function createSystem(database: Pick<Database, 'query'>, registry: () => Registry): (reason: string) => Promise<Principal> {
  let kept: { readonly principal: Principal; readonly registry: Registry } | undefined
  return async (reason) => {
    const [{ schema, access } = { schema: 0, access: 0 }] = await database.query<Epochs>({ text: READ_EPOCHS_SQL, purpose: 'background' })
    const served = registry()
    const known = kept?.principal.policy.epochs
    if (!kept || kept.registry !== served || known?.schema !== schema || known.access !== access)
      kept = { principal: systemPrincipal(reason, served, { schema, access }), registry: served }
    return Object.freeze({ ...kept.principal, via: reason })
  }
}
