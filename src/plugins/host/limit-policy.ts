import { createHash } from 'node:crypto'
import type { AccessPolicy, Action, ModuleAccess, Principal } from '../../records/access/policy.ts'
import type { LoadedPlugin } from './load-code.ts'

/** Actions that a plugin may carry out at all, by module: what it has capabilities for, and everything on its own modules. */
export type Reach = ReadonlyMap<string, ReadonlySet<Action>>

const ALL: ReadonlySet<Action> = new Set(['CREATE', 'READ', 'UPDATE', 'DELETE', 'RESTORE', 'BULK'])

export function reachOf({ manifest, definition }: LoadedPlugin): Reach {
  const asked = Object.entries(manifest.capabilities.modules ?? {}).map(([module, actions]) => [module, new Set<Action>([...actions, 'BULK'])] as const)
  return new Map([...asked, ...(definition.modules ?? []).map(({ name }) => [name, ALL] as const)])
}

/**
 * The rights of whoever a plugin works for, as far as the plugin's capabilities go. Everything below, from the condition on rows to the levels of fields, is judged as for
 * anybody: the plugin's limits are one more policy.
 */
export function createLimits(reach: Reach): (principal: Principal) => Principal {
  const known = new WeakMap<AccessPolicy, AccessPolicy>()
  const tag = createHash('sha256')
    .update(JSON.stringify([...reach].map(([module, actions]) => [module, [...actions]])))
    .digest('base64url')
    .slice(0, 12)
  return (principal) => {
    const policy = known.get(principal.policy) ?? limited(principal.policy, reach, tag)
    known.set(principal.policy, policy)
    return Object.freeze({ ...principal, policy, [WHOLE]: wholeOf(principal) })
  }
}

/** Whom a limited principal was made of. */
const WHOLE = Symbol('whole principal')

/**
 * The principal without the limits of a plugin: what one plugin writes for somebody is judged by the hooks of another by that somebody's rights, as far as the other's own
 * capabilities go, and not by what the first may see.
 */
export function wholeOf(principal: Principal): Principal {
  return (principal as Principal & { readonly [WHOLE]?: Principal })[WHOLE] ?? principal
}

function limited(policy: AccessPolicy, reach: Reach, tag: string): AccessPolicy {
  const modules = within(policy.modules, reach)
  return Object.freeze({
    ...policy,
    shape: `${policy.shape}|${tag}`,
    fingerprint: `${policy.fingerprint}|${tag}`,
    modules,
    ...(policy.held && { held: within(policy.held, reach) }),
    shared: new Set([...policy.shared].filter((name) => modules.has(name))),
  })
}

function within(modules: ReadonlyMap<string, ModuleAccess>, reach: Reach): ReadonlyMap<string, ModuleAccess> {
  const kept = new Map<string, ModuleAccess>()
  for (const [name, access] of modules) {
    const allowed = reach.get(name)
    if (!allowed) continue
    const actions = new Map([...access.actions].filter(([action]) => allowed.has(action)))
    if (actions.size > 0) kept.set(name, Object.freeze({ ...access, actions }))
  }
  return kept
}
