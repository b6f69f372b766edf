import { fieldOf, heldColumn } from '../records/write/held-columns.ts'
import type { RuleContext } from '../records/write/index.ts'
import { StatementBuilder } from '../records/write/statement.ts'

/** A category with what it says itself, or the nearest one above it. */
export interface Category {
  readonly id: string
  readonly name: string
  readonly active: boolean
  readonly team: string | null
  readonly priority: string | null
  /** Null where neither it nor any above it assigns. */
  readonly assignment: 'round_robin' | 'least_loaded' | null
}

/** So far up is looked. */
const DEPTH = 100

/** Categories by id, whatever the caller may read; one statement, none without ids. */
export async function readCategories({ registry, transaction, unrestricted }: RuleContext, ids: Iterable<string>): Promise<ReadonlyMap<string, Category>> {
  const wanted = [...new Set(ids)]
  if (wanted.length === 0) return new Map()
  const builder = new StatementBuilder(registry)
  const module = registry.module('complaintCategory')
  const table = builder.secured(module, 'READ', unrestricted, 't')
  const column = (field: string) => heldColumn(fieldOf(module, field), 't')
  const own = `${column('name')} AS name, ${column('active')} AS active, ${column('parent')} AS parent, ${column('defaultTeam')} AS team, ${column('defaultPriority')} AS priority, ${column('assignment')} AS assignment`
  const nearest = (value: string, condition: string) => `(array_agg(${value} ORDER BY depth) FILTER (WHERE ${condition}))[1] AS ${value}`
  const rows = await transaction.query<Category>(
    builder.statement(`WITH RECURSIVE up AS (
  SELECT t.id, 0 AS depth, ${own} FROM ${table.from} WHERE t.id = ANY(${builder.bind(wanted, 'uuid[]')})
  UNION ALL SELECT up.id, up.depth + 1, ${own} FROM up JOIN ${table.from} ON t.id = up.parent WHERE t.deleted_at IS NULL AND up.depth < ${DEPTH})
SELECT id, ${nearest('name', 'depth = 0')}, ${nearest('active', 'depth = 0')}, ${nearest('team', 'team IS NOT NULL')}, ${nearest('priority', 'priority IS NOT NULL')}, ${nearest('assignment', "assignment <> 'none'")}
FROM up GROUP BY id`),
  )
  return new Map(rows.map((row) => [row.id, row]))
}
