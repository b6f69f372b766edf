import { extensionTable } from '../../entities/columns.ts'
import { quoteIdentifier } from '../../lib/quote-identifier.ts'
import { ComputedRow } from './computed-row.ts'
import type { PlanBuilder } from './plan-builder.ts'
import { columnNames, MARK } from './virtual-columns.ts'

/**
 * Puts the tables in whose marks `PlanBuilder.secured` left, each with the virtual columns that the statement takes from it and no others: the plain
 * table where there are none. A rollup brings in the mark of another module, so this goes on until none is left. PostgreSQL flattens the
 * sub-selects, so that conditions and orders meet the same expressions as the indexes over formulas.
 */
export function expandTables(sql: string, builder: PlanBuilder): string {
  let text = sql
  while (text.includes(MARK)) {
    const used = usedColumns(text)
    text = text.replaceAll(MARKS, (_, alias: string) => tableSql(alias, used.get(alias) ?? new Set(), builder))
  }
  return text
}

const MARKS = /\0([^\0]+)\0/g

/** Quoted columns by the alias that they are taken from. A text in a literal may look like one; that costs a column nobody reads. */
function usedColumns(sql: string): ReadonlyMap<string, ReadonlySet<string>> {
  const used = new Map<string, Set<string>>()
  for (const [, alias, column] of sql.matchAll(/"(#\d+)"\."([^"]+)"/g)) {
    const columns = used.get(alias as string) ?? new Set()
    columns.add(column as string)
    used.set(alias as string, columns)
  }
  return used
}

function tableSql(alias: string, used: ReadonlySet<string>, builder: PlanBuilder): string {
  const module = builder.occurrence(alias)
  const image = builder.imageOf(alias)
  const own = image === undefined ? quoteIdentifier(module.table) : `(SELECT ${image.row}.*)`
  const extensionSource = (table: string) =>
    image === undefined ? quoteIdentifier(table) : `jsonb_populate_record(NULL::${quoteIdentifier(table)}, ${image.json})`
  const fields = module.virtualFields.filter((field) => columnNames(field).some((name) => used.has(name)))
  if (fields.length === 0) return `${own} ${quoteIdentifier(alias)}`
  const row = new ComputedRow(module, builder)
  const columns = fields.flatMap((field) => row.columns(field).filter(({ name }) => used.has(name)))
  const members = columns.map(({ name, sql }) => `${sql} AS ${quoteIdentifier(name)}`)
  const table = quoteIdentifier(row.alias)
  const joins = row.extensions.map((number) => {
    const extension = quoteIdentifier(row.extensionAlias(number))
    return ` LEFT JOIN ${extensionSource(extensionTable(module.table, number))} ${extension} ON ${extension}.id = ${table}.id`
  })
  return `(SELECT ${table}.*, ${members.join(', ')} FROM ${own} ${table}${joins.join('')}) ${quoteIdentifier(alias)}`
}
