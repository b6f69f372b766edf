import { parentAction, parentOf } from '../records/access/access-parent.ts'
import { coversAll, intersected, united } from '../records/access/admissions.ts'
import type { Action, Admission } from '../records/access/policy.ts'
import { ACTIONS } from '../records/access/policy.ts'
import type { ModuleDefinition, Registry } from '../records/registry/definition.ts'
import { moduleKey } from './module-key.ts'
import { PERMANENT_NAMES } from './predicate-names.ts'
import { readPredicate } from './read-predicate.ts'
import type { Grant } from './shipped-roles.ts'

/** The part of a role that says which rows it reaches. */
interface GrantingRole {
  readonly grants: readonly Grant[]
}

/** Rows per action; an action that is not listed is not allowed, no list is empty. */
export type Reach = ReadonlyMap<Action, readonly Admission[]>

/** Undefined for a grant whose predicate names what is deleted, or compares what cannot be compared any more: it reaches nothing. */
export function admissionOf({ scope, where }: Grant, module: ModuleDefinition, registry: Registry): Admission | undefined {
  if (!where) return { scope }
  const predicate = readPredicate(where, { module, registry, names: PERMANENT_NAMES, path: [], mayRead: () => true }, [])
  return predicate && { scope, where: predicate }
}

/**
 * What several roles reach, each by itself and all together. A role's rights on records below an access parent hold where the same role reaches the parent: own tickets with
 * comments, united with all tickets without, show the comments of own ones. A role that neither reads the parent nor may do there what is needed adds to what the others
 * reach, so its rights on the child hold wherever any of them reaches the parent.
 */
export class RoleReaches<R extends GrantingRole> {
  readonly #roles: readonly R[]
  readonly #registry: Registry
  readonly #own = new Map<ModuleDefinition, ReadonlyMap<R, Reach>>()
  readonly #all = new Map<ModuleDefinition, Reach>()

  constructor(roles: readonly R[], registry: Registry) {
    this.#roles = roles
    this.#registry = registry
  }

  /** By role, of those that reach something. */
  of(module: ModuleDefinition): ReadonlyMap<R, Reach> {
    const known = this.#own.get(module) ?? new Map(this.#roles.map((role) => [role, this.#reach(role, module)] as const).filter(([, reach]) => reach.size > 0))
    this.#own.set(module, known)
    return known
  }

  united(module: ModuleDefinition): Reach {
    const known = this.#all.get(module) ?? unite([...this.of(module).values()])
    this.#all.set(module, known)
    return known
  }

  #reach(role: R, module: ModuleDefinition): Reach {
    const reached = new Map<Action, Admission[]>()
    for (const grant of grantsOn(role, module)) {
      const admission = admissionOf(grant, module, this.#registry)
      if (!admission) continue
      for (const action of grant.actions) reached.set(action, [...(reached.get(action) ?? []), admission])
    }
    return module.accessParent === undefined ? reached : this.#below(role, module, reached)
  }

  /** Parents by which the role's rights on children hold: by the action that is needed, or, where it has not got that, those that it reads and others let it have. */
  #parentsOf(role: R, parent: ModuleDefinition, needed: Action): readonly Admission[] {
    const reach = this.of(parent).get(role)
    return reach?.get(needed) ?? intersected(reach?.get('READ') ?? [], this.united(parent).get(needed) ?? [])
  }

  /** The child's own scopes do not count. */
  #below(role: R, module: ModuleDefinition, reached: Reach): Reach {
    const parent = parentOf(module, this.#registry).module
    const paired = new Map<Action, readonly Admission[]>()
    const isReader = grantsOn(role, parent).some(({ actions }) => actions.includes('READ'))
    for (const [action, admissions] of reached) {
      const needed = parentAction(action)
      const own = this.#parentsOf(role, parent, needed)
      const saysNothing = own.length === 0 && !isReader
      const unlimited = saysNothing || (own.length > 0 && coversAll(own, this.united(parent).get(needed) ?? []))
      if (!unlimited && own.length === 0) continue
      paired.set(
        action,
        admissions.map(({ where }) => ({ scope: 'ALL', ...(where && { where }), ...(!unlimited && { parent: united(own) }) })),
      )
    }
    return paired
  }
}

function unite(reaches: readonly Reach[]): Reach {
  return new Map(
    ACTIONS.flatMap((action) => {
      const admissions = united(reaches.flatMap((reach) => reach.get(action) ?? []))
      return admissions.length > 0 ? [[action, admissions] as const] : []
    }),
  )
}

function grantsOn({ grants }: GrantingRole, module: ModuleDefinition): readonly Grant[] {
  const key = moduleKey(module)
  return grants.filter((grant) => grant.module === key || grant.module === '*')
}
