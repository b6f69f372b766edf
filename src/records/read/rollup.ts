import type { RollupMetadata } from '../../entities/metadata.ts'
import { DefectError } from '../../errors/index.ts'
import { quoteIdentifier } from '../../lib/quote-identifier.ts'
import { compileExpression } from '../formula/index.ts'
import type { FieldDefinition } from '../registry/definition.ts'
import { fieldsById } from '../registry/lookup.ts'
import { allOf, averageSql } from '../sql-text.ts'
import { comparableColumn } from './columns.ts'
import type { PlanBuilder } from './plan-builder.ts'
import { relationSql } from './relation.ts'

/**
 * A ROLLUP's value for the row `holder`: a sub-select over those records of the other module that the reader may read and that are in no recycle bin.
 * `fields` are those of the row's module, by id.
 */
export function rollupSql(rollup: RollupMetadata, fields: ReadonlyMap<string, FieldDefinition>, holder: string, builder: PlanBuilder): string {
  const module = builder.registry.module(rollup.module)
  const listed = fieldsById(module)
  const alias = builder.alias()
  const table = builder.secured(module, 'READ', alias)
  const record = quoteIdentifier(alias)
  const valueOf = (id: string) => `${record}.${comparableColumn(found(listed, id))}`
  const via = found(rollup.reverse ? listed : fields, rollup.via)
  const kind = via.type !== 'REFERENCES' ? 'column' : rollup.reverse ? 'linkTarget' : 'linkSource'
  const relation = relationSql({ kind, field: via }, alias, holder, builder)
  const conditions = [relation.condition, `${record}.deleted_at IS NULL`, table.condition]
  if (rollup.filter) conditions.push(`(${compileExpression(rollup.filter, (id) => listed.get(id), valueOf)}) IS TRUE`)
  const value = rollup.field === undefined ? undefined : valueOf(rollup.field)
  return `(SELECT ${functionSql(rollup, value)} FROM ${table.from}${relation.join} WHERE ${allOf(conditions)})`
}

function found(fields: ReadonlyMap<string, FieldDefinition>, id: string): FieldDefinition {
  const field = fields.get(id)
  if (!field) throw new DefectError(`a rollup uses the field ${id}, which does not exist`)
  return field
}

/** Digits behind the point of an average. */
const AVERAGE_DIGITS = 6
const MONEY_DIGITS = 4

function functionSql({ function: name, type }: RollupMetadata, value: string | undefined): string {
  if (name === 'COUNT' || value === undefined) return 'count(*)::int'
  if (name === 'AVG') return `trim_scale(round(${averageSql(value)}, ${type === 'MONEY' ? MONEY_DIGITS : AVERAGE_DIGITS}))`
  const sql = `${name.toLowerCase()}(${value})`
  return type === 'DECIMAL' ? `trim_scale((${sql})::numeric)` : sql
}
