import { quoteIdentifier } from '../../lib/quote-identifier.ts'
import { columnOf } from './columns.ts'
import type { FilterBuilder } from './filter.ts'
import type { ToManyRelation } from './request.ts'

/** What ties the records of a to-many relation to the record whose relation it is. */
export interface RelationSql {
  /** JOIN to put behind the listed module's table; empty where its own column refers to the record. */
  readonly join: string
  readonly condition: string
}

/** Ties rows `alias` of the listed module to the record `parent`. A link table holds each pair once, so that its join repeats no row. */
export function relationSql({ kind, field }: ToManyRelation, alias: string, parent: string, builder: Pick<FilterBuilder, 'alias' | 'column'>): RelationSql {
  const listed = quoteIdentifier(alias)
  const record = `${quoteIdentifier(parent)}.id`
  if (kind === 'column') return { join: '', condition: `${builder.column(alias, field, columnOf(field))} = ${record}` }
  const link = quoteIdentifier(builder.alias())
  const [near, far] = kind === 'linkSource' ? ['source_id', 'target_id'] : ['target_id', 'source_id']
  return { join: ` JOIN ${columnOf(field)} ${link} ON ${link}.${far} = ${listed}.id`, condition: `${link}.${near} = ${record}` }
}
