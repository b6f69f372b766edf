import { quoteIdentifier } from '../../lib/quote-identifier.ts'
import type { ModuleDefinition } from '../registry/definition.ts'
import { literalSql } from '../sql-text.ts'
import type { ConditionContext } from './condition.ts'

/**
 * Condition that a row computed from a field of another record tells the reader nothing that this field would not: it is shown to him on all records, or the row has told him already. What he
 * has put off since has told him; what was given up never will. `TRUE` for rows that are not computed, and for readers of everything.
 */
export function sourceSql({ name, computedFrom }: ModuleDefinition, alias: string, { policy, binder }: ConditionContext): string {
  const shown = policy.modules.get(name)?.shownSources
  if (!computedFrom || !shown) return 'TRUE'
  const column = (of: string) => `${quoteIdentifier(alias)}.${quoteIdentifier(of)}`
  const [basis, states] = [column(computedFrom.basis), computedFrom.toldStates.map(literalSql).join(', ')]
  const field = `${basis} ->> 'field'`
  const isOwn = `COALESCE(${computedFrom.tells.map(column).join(', ')}) = ANY(${binder.scope('OWN')}::uuid[])`
  const hasTold = `(${column(computedFrom.state)} IN (${states}) OR ${column(computedFrom.dueAt)} > (${basis} ->> 'at')::timestamptz)`
  return `(${field} IS NULL OR ${field} = ANY(${binder.value(shown)}::text[]) OR (${isOwn} AND ${basis} -> 'moot' IS NULL AND ${hasTold}))`
}
