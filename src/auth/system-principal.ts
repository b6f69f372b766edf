import { ACTIONS, type Epochs, type Principal } from '../records/access/policy.ts'
import type { Registry } from '../records/registry/definition.ts'
import { bindPolicy, compileModules } from './compile-policy.ts'
import type { FieldGrant, Grant } from './shipped-roles.ts'

/** The user whom system work is done as; its last 16 bits are the number of the module `user`. */
export const SYSTEM_USER_ID = '00000000-0000-7000-8000-000000000001'

/** What system work may do, as a role says it. */
export interface SystemRights {
  readonly grants: readonly Grant[]
  readonly fields: readonly FieldGrant[]
}

const EVERYTHING = Object.freeze<SystemRights>({
  grants: [{ module: '*', actions: ACTIONS, scope: 'ALL' }],
  fields: [{ module: '*', fieldId: '*.*', access: 'WRITE' }],
})

/**
 * Principal of work that no person asked for: every record, every writable field, unless `rights` say less. `reason` is kept in the audit (`via`), so name the work
 * (`demo data`, `reminder timer`). Made anew for each piece of work: it holds at the epochs given only.
 */
export function systemPrincipal(reason: string, registry: Registry, epochs: Epochs, rights: SystemRights = EVERYTHING): Principal {
  const policy = bindPolicy(
    compileModules([rights], registry),
    { scopes: { OWN: [SYSTEM_USER_ID], TEAM: [], TEAM_TREE: [], SHARED: [] }, population: 1 },
    epochs,
  )
  return Object.freeze({ kind: 'system', userId: SYSTEM_USER_ID, via: reason, roles: [], policy })
}
