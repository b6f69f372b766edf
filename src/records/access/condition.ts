import { quoteIdentifier } from '../../lib/quote-identifier.ts'
import type { ModuleDefinition, Registry } from '../registry/definition.ts'
import { allOf, anyOf } from '../sql-text.ts'
import { parentAction, parentOf } from './access-parent.ts'
import { parentKey } from './admissions.ts'
import type { AccessPolicy, Action, Admission, Scope } from './policy.ts'
import { type AccessBinder, predicateSql } from './predicate-sql.ts'
import { sharedSql, sharesGive } from './shares.ts'

/** What conditions are written by. */
export interface ConditionContext {
  readonly policy: AccessPolicy
  readonly registry: Registry
  readonly binder: AccessBinder
}

/** Rows that are all in one scope by their own `scope_id`, and the rest of their condition. */
export interface KeyedRows {
  readonly scope: Exclude<Scope, 'ALL'>
  readonly rest: () => string
}

/** `admissions`: what counts of the policy's, all of it unless given. */
export function conditionSql(
  module: ModuleDefinition,
  action: Action,
  alias: string,
  context: ConditionContext,
  admissions = admissionsOf(module, action, context.policy),
): string {
  const granted = grantedSql(module, action, alias, context, admissions)
  return isShared(module, action, context.policy, admissions) ? `(${granted} OR ${sharedSql(module, action, quoteIdentifier(alias), context.binder)})` : granted
}

export function isShared(module: ModuleDefinition, action: Action, policy: AccessPolicy, admissions = admissionsOf(module, action, policy)): boolean {
  if (module.accessParent !== undefined || !sharesGive(action) || !policy.shared.has(module.name)) return false
  return !admissions.some(({ scope, where }) => scope === 'ALL' && where === undefined)
}

/** A row below an access parent follows it, in what is shared too. */
export function grantedSql(
  module: ModuleDefinition,
  action: Action,
  alias: string,
  context: ConditionContext,
  admissions = admissionsOf(module, action, context.policy),
): string {
  if (module.accessParent === undefined) return admittedSql(admissions, module, alias, context)
  return belowSql(admissions, module, alias, context, (parents, parent, parentAlias) =>
    conditionSql(parent, parentAction(action), parentAlias, context, parents),
  )
}

export function keyedOf(module: ModuleDefinition, action: Action, alias: string, context: ConditionContext): KeyedRows | undefined {
  const admissions = admissionsOf(module, action, context.policy)
  const scope = admissions[0]?.scope
  if (module.accessParent !== undefined || scope === undefined || scope === 'ALL' || admissions.some((other) => other.scope !== scope)) return undefined
  return { scope, rest: () => anyWhereSql(admissions, module, alias, context) }
}

export function isPlain(module: ModuleDefinition, action: Action, policy: AccessPolicy, registry: Registry): boolean {
  if (!arePlain(admissionsOf(module, action, policy))) return false
  return module.accessParent === undefined || isPlain(parentOf(module, registry).module, parentAction(action), policy, registry)
}

/** Scopes alone decide about the rows, by columns of their own. */
export function isScoped(module: ModuleDefinition, action: Action, policy: AccessPolicy): boolean {
  return module.accessParent === undefined && admissionsOf(module, action, policy).every(({ where }) => where === undefined)
}

function arePlain(admissions: readonly Admission[]): boolean {
  return admissions.every(({ where, parent }) => (where?.plain ?? true) && arePlain(parent ?? []))
}

function admissionsOf(module: ModuleDefinition, action: Action, policy: AccessPolicy): readonly Admission[] {
  return policy.modules.get(module.name)?.actions.get(action) ?? []
}

/** Rows that any of these admits. Of rows below an access parent, which some role must reach anyway, those whose parent is one that the admission names. */
export function admittedSql(admissions: readonly Admission[], module: ModuleDefinition, alias: string, context: Omit<ConditionContext, 'policy'>): string {
  if (module.accessParent !== undefined)
    return belowSql(admissions, module, alias, context, (parents, parent, parentAlias) =>
      parents ? admittedSql(parents, parent, parentAlias, context) : 'TRUE',
    )
  return anyOf(admissions.map((admission) => allOf([scopeSql(admission.scope, alias, context), whereSql(admission, module, alias, context)])))
}

function scopeSql(scope: Scope, alias: string, { binder }: Omit<ConditionContext, 'policy'>): string {
  return scope === 'ALL' ? 'TRUE' : `${quoteIdentifier(alias)}.scope_id = ANY(${binder.scope(scope)}::uuid[])`
}

/** Condition on the parent of a row, for admissions that name these parents; undefined: no certain ones. */
type ParentCondition = (parents: readonly Admission[] | undefined, parent: ModuleDefinition, parentAlias: string) => string

/** Admissions of the same parents look for the parent once. */
function belowSql(
  admissions: readonly Admission[],
  module: ModuleDefinition,
  alias: string,
  context: Omit<ConditionContext, 'policy'>,
  parentCondition: ParentCondition,
): string {
  const parent = parentOf(module, context.registry)
  const byParents = new Map<string, [Admission, ...Admission[]]>()
  for (const admission of admissions) {
    const same = byParents.get(parentKey(admission))
    if (same) same.push(admission)
    else byParents.set(parentKey(admission), [admission])
  }
  const groups = [...byParents.values()].map((group, index) => {
    const own = anyWhereSql(group, module, alias, context)
    const parentAlias = `${alias}_p${index || ''}`
    const inner = parentCondition(group[0].parent, parent.module, parentAlias)
    if (inner === 'TRUE') return own
    const table = quoteIdentifier(parentAlias)
    const found = `EXISTS (SELECT FROM ${quoteIdentifier(parent.module.table)} ${table} WHERE ${table}.id = ${quoteIdentifier(alias)}.${quoteIdentifier(parent.field.column)} AND ${inner})`
    return allOf([own, found])
  })
  return anyOf(groups)
}

/** The predicates alone, without scopes. */
function anyWhereSql(admissions: readonly Admission[], module: ModuleDefinition, alias: string, context: Omit<ConditionContext, 'policy'>): string {
  // Looked at before any is written: a value that is bound must stand in the statement.
  if (admissions.some(({ where }) => where === undefined)) return 'TRUE'
  return anyOf(admissions.map((admission) => whereSql(admission, module, alias, context)))
}

/** In brackets, so that it is never taken for a constant that stands for other conditions too, whose values are bound already. */
function whereSql({ where }: Admission, module: ModuleDefinition, alias: string, { registry, binder }: Omit<ConditionContext, 'policy'>): string {
  return where ? `(${predicateSql(where, module, alias, registry, binder)})` : 'TRUE'
}
