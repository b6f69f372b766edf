import { quoteIdentifier } from '../../lib/quote-identifier.ts'
import type { ModuleDefinition, Registry } from '../registry/definition.ts'
import { isWritable } from '../registry/index.ts'
import { allOf } from '../sql-text.ts'
import { parentAction, parentOf } from './access-parent.ts'
import { type ConditionContext, conditionSql, grantedSql, isPlain, isScoped, isShared, type KeyedRows, keyedOf } from './condition.ts'
import type { AccessPolicy, Action, FieldLevel, PartialLevel } from './policy.ts'
import type { AccessBinder } from './predicate-sql.ts'
import { sharedSql } from './shares.ts'
import { sourceSql } from './sources.ts'

export interface SecuredTable {
  /** Quoted table name with its alias, ready for FROM. */
  readonly from: string
  /** Condition that admits the rows which the policy allows for the action; `TRUE` or `FALSE` where it is constant. */
  readonly condition: string
  /** What roles alone admit. */
  readonly granted: string
  /** Others may have shared rows that roles do not admit; then the condition is `granted` or `shared`. False for modules with an access parent, whose rows follow it. */
  readonly isShared: boolean
  readonly shared: string
  /** The action is allowed on some rows, as far as the policy tells. */
  readonly isOpen: boolean
  /** Undefined for ALL, several scopes, and rows that a parent decides about. */
  readonly keyed: KeyedRows | undefined
  /** A row can be judged in the statement that writes it (see `Predicate.plain`). */
  readonly plain: boolean
  /** Nothing but scopes decides about a row: no other record does, and no condition. */
  readonly scoped: boolean
}

/**
 * The only way to put a module's table into SQL. `alias` names this occurrence of the table.
 * For a module with an `accessParent` the parent record decides: reading follows READ of the parent; writing (create, update,
 * delete, restore of the child) also needs the child module's own action and UPDATE on the parent. The child's own scopes do not count, its predicates do. Where several
 * roles reach different parents, an admission names those that it holds for.
 */
export function secured(module: ModuleDefinition, action: Action, policy: AccessPolicy, alias: string, registry: Registry, binder: AccessBinder): SecuredTable {
  const from = `${quoteIdentifier(module.table)} ${quoteIdentifier(alias)}`
  if (!isAllowed(module, action, policy, registry))
    return { from, condition: 'FALSE', granted: 'FALSE', isShared: false, shared: 'FALSE', isOpen: false, keyed: undefined, plain: true, scoped: true }
  const context: ConditionContext = { policy, registry, binder }
  const told = (own: string) => allOf([own, sourceSql(module, alias, context)])
  const keyed = keyedOf(module, action, alias, context)
  let condition: string | undefined
  return {
    from,
    // Written when it is asked for: what it binds must stand in the statement.
    get condition() {
      condition ??= told(conditionSql(module, action, alias, context))
      return condition
    },
    get granted() {
      return told(grantedSql(module, action, alias, context))
    },
    isShared: isShared(module, action, policy),
    get shared() {
      return told(sharedSql(module, action, quoteIdentifier(alias), binder))
    },
    isOpen: true,
    keyed: keyed && { ...keyed, rest: () => told(keyed.rest()) },
    plain: isPlain(module, action, policy, registry),
    scoped: isScoped(module, action, policy),
  }
}

/** The policy gives the action on some of the module's records, its access parent taken into account. */
export function isAllowed(module: ModuleDefinition, action: Action, policy: Pick<AccessPolicy, 'modules'>, registry: Registry): boolean {
  if (!policy.modules.get(module.name)?.actions.has(action)) return false
  return module.accessParent === undefined || isAllowed(parentOf(module, registry).module, parentAction(action), policy, registry)
}

const WRITES: ReadonlySet<Action> = new Set(['CREATE', 'UPDATE', 'DELETE', 'RESTORE', 'BULK'])

/** Whatever roles grant, there is no operation for it: the system alone writes the module. */
export function isUnavailable(module: ModuleDefinition, action: Action): boolean {
  return WRITES.has(action) && !isWritable(module)
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

/** Where the level of a field is higher than everywhere; undefined where it is nowhere. */
export function partialLevel(policy: Pick<AccessPolicy, 'modules'>, module: string, field: string): PartialLevel | undefined {
  return policy.modules.get(module)?.partial.get(field)
}

/** The value, or a part of it, is shown on some record. */
export function isEverShown(policy: Pick<AccessPolicy, 'modules'>, module: string, field: string): boolean {
  const partial = partialLevel(policy, module, field)
  return fieldLevel(policy, module, field) !== 'HIDDEN' || partial?.read !== undefined || partial?.masked !== undefined
}

/** It may be written on some record. */
export function isEverWritable(policy: Pick<AccessPolicy, 'modules'>, module: string, field: string): boolean {
  const partial = partialLevel(policy, module, field)
  return fieldLevel(policy, module, field) === 'WRITE' || partial?.update !== undefined || partial?.create !== undefined
}
