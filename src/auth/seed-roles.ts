import type { Transaction } from '../records/database.ts'
import { writeSystemAudit } from './audit.ts'
import { insertRole, readRoles, replaceFields, replaceGrants } from './role-store.ts'
import { SHIPPED_ROLES } from './shipped-roles.ts'

/** Makes the shipped roles that are missing. A role that stands is left as it is, since administrators may have changed it. */
export async function seedRoles(transaction: Transaction, at: Date): Promise<void> {
  const known = new Set((await readRoles(transaction)).map(({ key }) => key))
  // Not even an INSERT that inserts nothing for a role that stands: it would bump the access epoch at every start.
  for (const { key, name, grants, fields } of SHIPPED_ROLES.filter((role) => !known.has(role.key))) {
    const id = await insertRole(transaction, { key, name, system: true })
    if (id === null) continue
    await replaceGrants(transaction, id, grants)
    await replaceFields(transaction, id, fields)
    await writeSystemAudit(transaction, 'shipped roles', { at, action: 'role.create', details: { role: key } })
  }
}
