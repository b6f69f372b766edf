import { quoteIdentifier } from '../../lib/quote-identifier.ts'
import { leveledSql, readableSql } from '../access/row-levels.ts'
import type { FieldDefinition, ModuleDefinition } from '../registry/definition.ts'
import { allOf, anyOf, literalSql } from '../sql-text.ts'
import { columnOf } from './columns.ts'
import { fieldPartsSql, fieldValueSql } from './field-value.ts'
import { connectionSql } from './page.ts'
import { type PlanBuilder, ROW } from './plan-builder.ts'
import { valuesSql, wholeValueSql } from './record-values.ts'
import type { RecordSelection, SelectedField, SelectedPart } from './request.ts'
import { viewerAccessSql } from './viewer-access.ts'

/**
 * One record as SQL. Records stay PostgreSQL records at every level and one `row_to_json` at the top writes them all: member
 * names are looked up once a list, not once a row (a quarter faster than `json_agg` and `row_to_json` at each level).
 */
export interface RowSql {
  /** SELECT list: `<expression> AS "<response key>"`, in the order of the selection. */
  readonly members: string
  /** Joins to put behind the row's own table: to-one relations and value objects, each a lateral row that a member names whole. */
  readonly joins: string
}

export function rowSql(selection: RecordSelection, alias: string, builder: PlanBuilder): RowSql {
  const joins: string[] = []
  const members = selection.fields.map((field) => `${memberSql(field, selection.module, alias, joins, builder)} AS ${quoteIdentifier(field.key)}`)
  return { members: members.length === 0 ? 'NULL AS "~"' : members.join(', '), joins: joins.join('') }
}

function memberSql(selected: SelectedField, module: ModuleDefinition, alias: string, joins: string[], builder: PlanBuilder): string {
  const table = quoteIdentifier(alias)
  const row = builder.row(module, alias)
  switch (selected.kind) {
    case 'typename':
      return literalSql(selected.value)
    case 'hidden':
      return 'NULL::text'
    case 'raw': {
      const column = `${table}.${quoteIdentifier(selected.column)}`
      const condition = selected.shows ? anyOf(selected.shows.map((field) => readableSql(field, row))) : 'TRUE'
      return condition === 'TRUE' ? column : `CASE WHEN ${condition} THEN ${column} END`
    }
    case 'value':
      return leveledSql(selected.field, row, (level) => fieldValueSql(selected.field, alias, level))
    case 'parts':
      return leveledSql(selected.field, row, (level) => {
        const parts = fieldPartsSql(selected.field, alias, level, selected.parts)
        if (parts === null) return 'NULL::text'
        const object = quoteIdentifier(builder.alias())
        joins.push(` CROSS JOIN LATERAL (SELECT ${parts.members}) ${object}`)
        return `CASE WHEN ${parts.present} THEN ${object} END`
      })
    case 'whole':
      return wholeValueSql(selected.field, module, alias, builder)
    case 'displayName': {
      const field = module.fields.get(module.nameField) as FieldDefinition
      return leveledSql(field, row, (level) => fieldValueSql(field, alias, level))
    }
    case 'one': {
      const readable = readableSql(selected.field, row)
      return readable === 'FALSE' ? 'NULL::text' : oneSql(selected.field, selected.selection, alias, readable, joins, builder)
    }
    case 'many':
      return connectionSql(selected.module, selected.list, selected.connection, { alias, relation: selected.relation }, builder)
    case 'values':
      return valuesSql(module, alias, selected.names === null ? null : (builder.peek(selected.names) as readonly string[] | null), builder)
    case 'externalIds':
      return externalIdsSql(alias, selected.parts)
    case 'viewerAccess':
      return viewerAccessSql(module, alias, selected.parts, builder)
  }
}

/** To-one relation: a lateral row; where there is none (or none that the reader may see) the whole row is null. */
function oneSql(field: FieldDefinition, selection: RecordSelection, alias: string, readable: string, joins: string[], builder: PlanBuilder): string {
  const inner = builder.alias()
  const joined = quoteIdentifier(builder.alias())
  const table = builder.secured(selection.module, 'READ', inner)
  const conditions = [`${quoteIdentifier(inner)}.id = ${quoteIdentifier(alias)}.${columnOf(field)}`, readable, table.condition]
  // Who made or changed a record stays known after the person was removed.
  if (!(field.system && field.type === 'USER')) conditions.push(`${quoteIdentifier(inner)}.deleted_at IS NULL`)
  const row = rowSql(selection, inner, builder)
  joins.push(` LEFT JOIN LATERAL (SELECT ${row.members} FROM ${table.from}${row.joins} WHERE ${allOf(conditions)}) ${joined} ON TRUE`)
  return joined
}

function externalIdsSql(alias: string, parts: readonly SelectedPart[]): string {
  const members = parts.map(
    ({ key, part, value }) => `${part === '__typename' ? literalSql(value ?? '') : part === 'system' ? 'x.system' : 'x.key'} AS ${quoteIdentifier(key)}`,
  )
  return `ARRAY(SELECT ${ROW} FROM (SELECT ${members.join(', ')} FROM external_id x WHERE x.record_id = ${quoteIdentifier(alias)}.id ORDER BY x.system, x.key) ${ROW})`
}
