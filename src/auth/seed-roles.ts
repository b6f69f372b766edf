import type { Transaction } from '../records/database.ts'
import { insertRole, replaceFields, replaceGrants } from './role-store.ts'
import { SHIPPED_ROLES } from './shipped-roles.ts'

/** Makes the shipped roles that are missing. A role that stands is left as it is, since administrators may have changed it. */
export async function seedRoles(transaction: Transaction): Promise<void> {
  for (const { key, name, grants, fields } of SHIPPED_ROLES) {
    const id = await insertRole(transaction, { key, name, system: true })
    if (id === null) continue
    await replaceGrants(transaction, id, grants)
    await replaceFields(transaction, id, fields)
  }
}
