import { DefectError } from '../../errors/index.ts'
import { quoteIdentifier } from '../../lib/quote-identifier.ts'
import type { ModuleDefinition, Registry } from '../registry/definition.ts'
import type { AccessPolicy, Action, FieldLevel, KeyList, Scope } from './policy.ts'
import { sharedCondition } from './shares.ts'

/**
 * Turns a scope into the placeholder of its key list (`$3`); the value is `policy.scopes[scope]`, a uuid[].
 * Plans bind it late, so that callers of one permission shape share the statement.
 */
export type BindScope = (scope: KeyList) => string

export interface SecuredTable {
  /** Quoted table name with its alias, ready for FROM. */
  readonly from: string
  /** Condition that admits the rows which the policy allows for the action; `TRUE` or `FALSE` where it is constant. */
  readonly condition: string
  /** The scope that the condition stands for; undefined where the action is not allowed at all. */
  readonly scope: Scope | undefined
  /** The condition is `granted` or `shared`: what roles admit, and what others have shared. `shared` is null where that adds nothing, and for modules with an access parent. */
  readonly granted: string
  readonly shared: string | null
}

/**
 * The only way to put a module's table into SQL. `alias` names this occurrence of the table.
 * For a module with an `accessParent` the parent record decides: reading follows READ of the parent; writing (create, update,
 * delete, restore of the child) also needs the child module's own action and UPDATE on the parent.
 */
export function secured(module: ModuleDefinition, action: Action, policy: AccessPolicy, alias: string, registry: Registry, bindScope: BindScope): SecuredTable {
  const from = `${quoteIdentifier(module.table)} ${quoteIdentifier(alias)}`
  const scope = effectiveScope(module, action, policy, registry)
  if (scope === undefined) return { from, condition: 'FALSE', scope, granted: 'FALSE', shared: null }
  if (scope === 'ALL') return { from, condition: 'TRUE', scope, granted: 'TRUE', shared: null }
  return { from, scope, ...admission(module, action, scope, policy, alias, registry, bindScope) }
}

/** Widest scope that the policy gives for the action on the module, its access parent taken into account. */
export function effectiveScope(module: ModuleDefinition, action: Action, policy: Pick<AccessPolicy, 'modules'>, registry: Registry): Scope | undefined {
  const own = policy.modules.get(module.name)?.actions.get(action)
  if (own === undefined || module.accessParent === undefined) return own
  const parent = parentOf(module, registry)
  return effectiveScope(parent.module, parentAction(action), policy, registry)
}

/**
 * Reading a page key by key costs about 28 µs a key, scanning by date and filtering about 28 + 0.25 × 51 / share µs (measured,
 * PostgreSQL 15 and 18, 100k rows); so merging wins while keys × share stays below 0.45. The share of rows is
 * estimated as the share of the keys among all users and teams (`population`).
 */
export function mergesScope(keys: number, population: number): boolean {
  return keys <= 1 || (keys * keys) / Math.max(population, 1) < 0.45
}

/** Level of a field for the policy; HIDDEN for a module or field that it does not know. */
export function fieldLevel(policy: Pick<AccessPolicy, 'modules'>, module: string, field: string): FieldLevel {
  return policy.modules.get(module)?.fields.get(field) ?? 'HIDDEN'
}

function parentOf(module: ModuleDefinition, registry: Registry) {
  const field = module.fields.get(module.accessParent as string)
  if (!field?.reference) throw new DefectError(`${module.name}.accessParent names no reference field`)
  return { field, module: registry.module(field.reference.module) }
}

/** What admits a row whose scope is not ALL. A row below an access parent follows it, in what is shared too. */
function admission(
  module: ModuleDefinition,
  action: Action,
  scope: Exclude<Scope, 'ALL'>,
  policy: AccessPolicy,
  alias: string,
  registry: Registry,
  bindScope: BindScope,
): Pick<SecuredTable, 'condition' | 'granted' | 'shared'> {
  const table = quoteIdentifier(alias)
  if (module.accessParent === undefined) {
    const granted = `${table}.scope_id = ANY(${bindScope(scope)}::uuid[])`
    const shared = sharedCondition(module, action, policy, table, () => bindScope('SHARED'))
    return { condition: shared === null ? granted : `(${granted} OR ${shared})`, granted, shared }
  }
  const parent = parentOf(module, registry)
  const parentAlias = `${alias}_p`
  const inner = admission(parent.module, parentAction(action), scope, policy, parentAlias, registry, bindScope).condition
  const condition = `EXISTS (SELECT FROM ${quoteIdentifier(parent.module.table)} ${quoteIdentifier(parentAlias)} WHERE ${quoteIdentifier(parentAlias)}.id = ${table}.${quoteIdentifier(parent.field.column)} AND ${inner})`
  return { condition, granted: condition, shared: null }
}

/** What one must be allowed on the parent for an action on the child. */
function parentAction(action: Action): Action {
  return action === 'READ' || action === 'EXPORT' ? action : 'UPDATE'
}
