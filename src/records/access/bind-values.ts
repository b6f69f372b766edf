import type { AccessPolicy } from './policy.ts'
import type { AccessBinder } from './predicate-sql.ts'

/** Binds a policy's values as further parameters of a statement whose values so far these are. */
export function bindValues(values: unknown[], policy: Pick<AccessPolicy, 'scopes'>): AccessBinder {
  return { scope: (scope) => `$${values.push(policy.scopes[scope])}`, value: (value) => `$${values.push(value)}` }
}
