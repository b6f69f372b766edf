import { notFound } from '../errors/index.ts'
import { ACTIONS, type Action, FIELD_LEVELS, type FieldLevel, type ModuleAccess, type Principal, SCOPES, type Scope } from '../records/access/policy.ts'
import type { Database } from '../records/database.ts'
import type { Registry } from '../records/registry/definition.ts'
import { requireAdministrator } from './administrator.ts'
import type { CompiledModules } from './compile-policy.ts'
import { withInherited } from './inherited-roles.ts'
import { plannedRole, type RoleChange } from './role-plan.ts'
import { compileHeld, readRoleSets } from './role-sets.ts'

/** An action that reaches more or fewer records; null: none at all. */
export interface ActionDiff {
  readonly module: string
  readonly action: Action
  readonly before: Scope | null
  readonly after: Scope | null
  readonly gains: boolean
}

/** A field that becomes more or less open. HIDDEN also where the module cannot be read or written at all. */
export interface FieldDiff {
  readonly module: string
  readonly field: string
  readonly before: FieldLevel
  readonly after: FieldLevel
  readonly gains: boolean
}

export interface RightsDiff {
  readonly actions: readonly ActionDiff[]
  readonly fields: readonly FieldDiff[]
}

/** Users who hold the same roles and whose rights would change, all in the same way. */
export interface RoleDiffGroup extends RightsDiff {
  /** Keys of the roles that they hold. */
  readonly roles: readonly string[]
  readonly userIds: readonly string[]
}

/** What a change of a role would do. `actions` and `fields`: to somebody who holds nothing but this role. */
export interface RoleDiff extends RightsDiff {
  readonly groups: readonly RoleDiffGroup[]
}

/**
 * Tells what a change of a role would do to everyone who holds it, be it by inheritance, before it is made: the rights of each set of roles that users hold are compiled twice
 * and compared, so what another of their roles gives anyway is no change. Administrators only; throws what the change itself would throw.
 */
export function createRoleDiff(database: Database, registry: () => Registry, now: () => Date) {
  return async (principal: Principal, key: string, change: RoleChange): Promise<RoleDiff> => {
    requireAdministrator(principal)
    const current = registry()
    const { roles, sets } = await readRoleSets(database, now())
    const role = roles.find((each) => each.key === key)
    if (!role) throw notFound('role')
    const planned = plannedRole(role, change, roles, current)
    const rolesAfter = roles.map((each) => (each === role ? planned : each))
    const diffOf = (keys: readonly string[]): RightsDiff => {
      const [before, after] = [roles, rolesAfter].map((known) =>
        compileHeld(
          known.filter((each) => keys.includes(each.key)),
          known,
          current,
        ),
      )
      return differences(before as CompiledModules, after as CompiledModules, current)
    }
    const groups = sets
      .filter((set) => withInherited(set.roles, roles).includes(role))
      .map((set) => {
        const keys = set.roles.map((each) => each.key).sort()
        return { ...diffOf(keys), roles: keys, userIds: set.userIds }
      })
      .filter(({ actions, fields }) => actions.length > 0 || fields.length > 0)
    return { ...diffOf([key]), groups }
  }
}

const NOTHING: ModuleAccess = { actions: new Map(), fields: new Map() }

function differences(before: CompiledModules, after: CompiledModules, registry: Registry): RightsDiff {
  const actions: ActionDiff[] = []
  const fields: FieldDiff[] = []
  for (const { name: module, fields: all } of registry.modules.values()) {
    const [had, has] = [before.modules.get(module) ?? NOTHING, after.modules.get(module) ?? NOTHING]
    for (const action of ACTIONS) {
      const [one, other] = [had.actions.get(action) ?? null, has.actions.get(action) ?? null]
      if (one !== other) actions.push({ module, action, before: one, after: other, gains: width(other) > width(one) })
    }
    for (const field of all.keys()) {
      const [one, other] = [had.fields.get(field) ?? 'HIDDEN', has.fields.get(field) ?? 'HIDDEN']
      if (one !== other) fields.push({ module, field, before: one, after: other, gains: FIELD_LEVELS.indexOf(other) > FIELD_LEVELS.indexOf(one) })
    }
  }
  return { actions, fields }
}

function width(scope: Scope | null): number {
  return scope === null ? -1 : SCOPES.indexOf(scope)
}
