import { parentOf } from '../records/access/access-parent.ts'
import { coversAll } from '../records/access/admissions.ts'
import {
  ACTIONS,
  type Action,
  type Admission,
  FIELD_LEVELS,
  type FieldLevel,
  type ModuleAccess,
  type PartialLevel,
  type Principal,
  type Scope,
} from '../records/access/policy.ts'
import type { Database } from '../records/database.ts'
import type { ModuleDefinition, Registry } from '../records/registry/definition.ts'
import { requireAdministrator } from './administrator.ts'
import type { CompiledModules } from './compile-policy.ts'
import { withInherited } from './inherited-roles.ts'
import type { PredicateObject } from './predicate-names.ts'
import { plannedRole, type RoleChange } from './role-plan.ts'
import { compileHeld, readRoleSets } from './role-sets.ts'
import { roleNotFound } from './role-store.ts'
import { shownPredicate } from './translate-predicate.ts'

/** An action that reaches more or fewer records; null: none at all. */
export interface ActionDiff {
  readonly module: string
  readonly action: Action
  /** The widest scope, whatever the conditions in it. */
  readonly before: Scope | null
  readonly after: Scope | null
  /** All that is reached: records that one of these admits. */
  readonly reachBefore: readonly Reach[]
  readonly reachAfter: readonly Reach[]
  /** Some record more may be reached. With conditions, some other may be lost at the same time. */
  readonly gains: boolean
  readonly loses: boolean
}

/** Records in a scope that fulfil a condition; null: all. */
export interface Reach {
  readonly scope: Scope
  readonly where: PredicateObject | null
  /** Of records below a parent, those whose parent one of these admits; null: all parents that are reached, or there is none. */
  readonly parent: readonly Reach[] | null
}

/** A field that becomes more or less open. HIDDEN also where the module cannot be read or written at all. */
export interface FieldDiff {
  readonly module: string
  readonly field: string
  readonly before: FieldLevel
  readonly after: FieldLevel
  /** The highest level on some records, where that is higher than on all. */
  readonly partlyBefore: FieldLevel | null
  readonly partlyAfter: FieldLevel | null
  /** More on some record, or on other records. */
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
    if (!role) throw roleNotFound()
    const planned = plannedRole(role, change, roles, principal, current)
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

const NOTHING: ModuleAccess = { actions: new Map(), fields: new Map(), partial: new Map() }

function differences(before: CompiledModules, after: CompiledModules, registry: Registry): RightsDiff {
  const actions: ActionDiff[] = []
  const fields: FieldDiff[] = []
  for (const definition of registry.modules.values()) {
    const { name: module, fields: all } = definition
    const [had, has] = [before.modules.get(module) ?? NOTHING, after.modules.get(module) ?? NOTHING]
    for (const action of ACTIONS) {
      const [one, other] = [had.actions.get(action) ?? [], has.actions.get(action) ?? []]
      const [gains, loses] = [!coversAll(one, other), !coversAll(other, one)]
      if (!gains && !loses) continue
      const [reachBefore, reachAfter] = [reachOf(one, definition, registry), reachOf(other, definition, registry)]
      actions.push({ module, action, before: one[0]?.scope ?? null, after: other[0]?.scope ?? null, reachBefore, reachAfter, gains, loses })
    }
    for (const field of all.keys()) {
      const [one, other] = [had, has].map((access) => ({ level: access.fields.get(field) ?? ('HIDDEN' as const), partial: access.partial.get(field) })) as [
        Leveled,
        Leveled,
      ]
      if (one.level === other.level && !differ(one.partial, other.partial)) continue
      const gains = FIELD_LEVELS.indexOf(other.level) > FIELD_LEVELS.indexOf(one.level) || reachesMore(one, other)
      fields.push({ module, field, before: one.level, after: other.level, partlyBefore: highest(one.partial), partlyAfter: highest(other.partial), gains })
    }
  }
  return { actions, fields }
}

interface Leveled {
  readonly level: FieldLevel
  readonly partial: PartialLevel | undefined
}

const PARTS = ['masked', 'read', 'update', 'create'] as const
/** Level that a part of a partial level stands for. */
const LEVEL_OF_PART = { masked: 'MASKED', read: 'READ', update: 'WRITE', create: 'WRITE' } as const

function differ(one: PartialLevel | undefined, other: PartialLevel | undefined): boolean {
  return PARTS.some((part) => !coversAll(one?.[part] ?? [], other?.[part] ?? []) || !coversAll(other?.[part] ?? [], one?.[part] ?? []))
}

/** Some record shows more of the field, or more can be written, as far as the level on all of them does not allow it anyway. */
function reachesMore(one: Leveled, other: Leveled): boolean {
  return PARTS.some(
    (part) => FIELD_LEVELS.indexOf(one.level) < FIELD_LEVELS.indexOf(LEVEL_OF_PART[part]) && !coversAll(one.partial?.[part] ?? [], other.partial?.[part] ?? []),
  )
}

function highest(partial: PartialLevel | undefined): FieldLevel | null {
  const levels = PARTS.filter((part) => partial?.[part]).map((part) => LEVEL_OF_PART[part])
  return levels.at(-1) ?? null
}

function reachOf(admissions: readonly Admission[], module: ModuleDefinition, registry: Registry): Reach[] {
  // The key of a predicate that a grant has is its stored form.
  return admissions.map(({ scope, where, parent }) => ({
    scope,
    where: where ? (shownPredicate(JSON.parse(where.key) as PredicateObject, module, registry) ?? null) : null,
    parent: parent ? reachOf(parent, parentOf(module, registry).module, registry) : null,
  }))
}
