import type { StoredRole } from './rights.ts'

/**
 * These roles and all that they inherit, however far up, each once. What a role gives is the union of these, exactly as if their holder held each of them: so no
 * limit of an inherited role is lost, and none is added for it. Inherited roles that are not among `known` give nothing.
 */
export function withInherited<Role extends Pick<StoredRole, 'key' | 'inherits'>>(roles: readonly Role[], known: readonly Role[]): Role[] {
  const byKey = new Map(known.map((role) => [role.key, role]))
  const found = new Map(roles.map((role) => [role.key, role]))
  // A map's iteration reaches what is added on the way.
  for (const { inherits } of found.values()) {
    for (const key of inherits) {
      const role = byKey.get(key)
      if (role && !found.has(key)) found.set(key, role)
    }
  }
  return [...found.values()]
}
