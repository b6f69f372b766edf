import { extensionTable } from '../../entities/columns.ts'
import { DefectError } from '../../errors/index.ts'
import { quoteIdentifier } from '../../lib/quote-identifier.ts'
import { comparableColumn, comparableType } from '../read/columns.ts'
import { type FilterBuilder, filterSql } from '../read/filter.ts'
import type { FilterNode, Operand } from '../read/request.ts'
import type { FieldDefinition, ModuleDefinition, Registry } from '../registry/definition.ts'
import type { KeyList, Predicate } from './policy.ts'

/** How values of a policy enter a statement; late, so that callers of one permission shape share it. */
export interface AccessBinder {
  /** Placeholder of a scope's keys (`$3`); the value is `policy.scopes[scope]`, a uuid[]. */
  scope(scope: KeyList): string
  /** Placeholder of a value that a predicate names. */
  value(value: unknown): string
  /** What the row of this alias is made of, its columns as JSON; undefined for a row of its table. */
  imageOf?(alias: string): { readonly json: string } | undefined
}

/** Values of the viewer that are no fields: the own id, the home team, all own teams, and these with all teams below. */
export const VIEWER_VALUES = ['id', 'team', 'teams', 'teamTree'] as const
export type ViewerValue = (typeof VIEWER_VALUES)[number]

/**
 * SQL condition of a predicate over the row `alias`, written by the compiler of filters, but with the system's rights: bounded by the reader's own, rights
 * would depend on themselves. Values of the viewer are read by sub-selects that PostgreSQL evaluates once a statement, so they are always those of now.
 */
export function predicateSql({ node }: Predicate, module: ModuleDefinition, alias: string, registry: Registry, binder: AccessBinder): string {
  return filterSql(node, module, alias, new PredicateBuilder(alias, registry, binder))
}

/** SQL of a digest of a value of the viewer, by which predicates compare: it stays the same as long as these say the same. */
export function viewerDigestSql(name: string, registry: Registry, binder: AccessBinder): string {
  const builder = new PredicateBuilder('u', registry, binder)
  const isList = name === 'teams' || name === 'teamTree'
  const value = builder.viewerSql(name, isList)
  return isList ? `(SELECT string_agg(k.id::text, ',' ORDER BY k.id) FROM unnest(${value}) k(id))` : `(${value})::text`
}

/** Values of the viewer that the predicate of this node names. */
export function* viewerValuesIn(node: FilterNode): Iterable<string> {
  switch (node.kind) {
    case 'and':
    case 'or':
      for (const inner of node.nodes) yield* viewerValuesIn(inner)
      return
    case 'not':
    case 'one':
    case 'many':
      yield* viewerValuesIn(node.node)
      return
    case 'compare':
      yield* variableIn(node.operand)
      return
    case 'externalId':
      yield* variableIn(node.system)
      yield* variableIn(node.externalKey)
  }
}

function variableIn(operand: Operand): readonly string[] {
  return operand.kind === 'variable' ? [operand.name] : []
}

class PredicateBuilder implements FilterBuilder {
  readonly registry: Registry
  readonly #root: string
  readonly #binder: AccessBinder
  #aliases = 0

  constructor(root: string, registry: Registry, binder: AccessBinder) {
    this.#root = root
    this.registry = registry
    this.#binder = binder
  }

  alias(): string {
    this.#aliases += 1
    return `${this.#root}~w${this.#aliases}`
  }

  secured(module: ModuleDefinition, _action: 'READ', alias: string) {
    return { from: `${quoteIdentifier(module.table)} ${quoteIdentifier(alias)}`, condition: 'TRUE' }
  }

  column(alias: string, field: FieldDefinition, column: string): string {
    if (!field.extension) return `${quoteIdentifier(alias)}.${column}`
    const table = extensionTable(this.registry.module(field.module).table, field.extension)
    const image = this.#binder.imageOf?.(alias)
    if (image !== undefined) return `(jsonb_populate_record(NULL::${quoteIdentifier(table)}, ${image.json})).${column}`
    return `(SELECT x.${column} FROM ${quoteIdentifier(table)} x WHERE x.id = ${quoteIdentifier(alias)}.id)`
  }

  operand(operand: Operand, encoding: string, encode: (value: unknown) => unknown): string {
    return operand.kind === 'constant' ? this.#binder.value(encode(operand.value)) : this.viewerSql(operand.name, encoding.endsWith('[]'))
  }

  peek(operand: Operand): unknown {
    if (operand.kind === 'constant') return operand.value
    throw new DefectError(`the viewer's ${operand.name} cannot decide about the text of a predicate`)
  }

  /** A value that the viewer does not have, an empty text and an empty list decide for nobody: nothing is admitted by them, whichever way round they are asked. */
  bounded(condition: string, operand: Operand, isList: boolean, negated: boolean): string {
    if (operand.kind === 'constant') return condition
    const value = this.viewerSql(operand.name, isList)
    const isMissing = isList ? `coalesce(cardinality(array_remove(${value}, NULL)), 0) = 0` : `nullif((${value})::text, '') IS NULL`
    return negated ? `(${isMissing} OR ${condition})` : `(NOT (${isMissing}) AND ${condition})`
  }

  assertReadable(): void {}

  viewerSql(name: string, isList: boolean): string {
    // Whoever a policy belongs to is the one key of OWN.
    const id = `(${this.#binder.scope('OWN')}::uuid[])[1]`
    const teams = `SELECT m.team_id AS id FROM team_membership m JOIN teams t ON t.id = m.team_id WHERE m.user_id = ${id} AND t.deleted_at IS NULL`
    switch (name as ViewerValue) {
      case 'id':
        return isList ? `ARRAY[${id}]` : id
      case 'team': {
        const team = `(SELECT t.id FROM users u JOIN teams t ON t.id = u.team_id WHERE u.id = ${id} AND t.deleted_at IS NULL)`
        return isList ? `ARRAY[${team}]` : team
      }
      case 'teams':
        return `ARRAY(${teams})`
      case 'teamTree':
        return `ARRAY(WITH RECURSIVE tree AS (${teams} UNION SELECT t.id FROM teams t JOIN tree ON t.parent_id = tree.id WHERE t.deleted_at IS NULL) SELECT id FROM tree)`
    }
    const field = this.#fieldOfUser(name)
    const value = `(SELECT ${this.column('u', field, comparableColumn(field))} FROM users u WHERE u.id = ${id})`
    return isList && comparableType(field) !== 'text[]' ? `ARRAY[${value}]` : value
  }

  #fieldOfUser(id: string): FieldDefinition {
    const field = [...this.registry.module('user').fields.values()].find((each) => each.id === id)
    if (!field) throw new DefectError(`there is no field ${id} of users, so the predicate must have been left out`)
    return field
  }
}
