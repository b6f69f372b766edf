import { quoteIdentifier } from '../../lib/quote-identifier.ts'
import type { FieldDefinition, ModuleDefinition } from '../registry/definition.ts'
import { imageOf, imageSelectList, moneyText, physicalColumns } from './columns.ts'
import type { MoneyTotal, RecordImage } from './rule.ts'
import type { Session } from './session.ts'
import { StatementBuilder } from './statement.ts'

/** Undeleted records of a module by the record that their reference names, whatever the caller may read; one statement. */
export async function relatedRecords(
  session: Session,
  module: ModuleDefinition,
  reference: FieldDefinition,
  ids: readonly string[],
  latestBy: FieldDefinition | undefined,
): Promise<Map<string, RecordImage[]>> {
  const builder = new StatementBuilder(session.registry)
  const table = builder.secured(module, 'READ', session.unrestricted, 't')
  const key = `t.${quoteIdentifier(reference.column)}`
  const latest = latestBy && `t.${quoteIdentifier(latestBy.column)}`
  const rows = await session.transaction.query<Record<string, unknown>>(
    builder.statement(`SELECT ${latest ? `DISTINCT ON (${key}) ` : ''}${imageSelectList(module, 't')} FROM ${table.from}
WHERE ${key} = ANY(${builder.bind(ids, 'uuid[]')}) AND t.deleted_at IS NULL ORDER BY ${key}, ${latest ? `${latest} DESC NULLS LAST, ` : ''}t.id DESC`),
  )
  const found = new Map<string, RecordImage[]>()
  for (const row of rows) {
    const image = imageOf(module, row)
    const target = image[reference.name] as string
    const members = found.get(target)
    if (members) members.push(image)
    else found.set(target, [image])
  }
  return found
}

/** Sums of a MONEY field over the undeleted records that refer to each id; one statement. Ids without records are absent. */
export async function moneyTotals(
  session: Session,
  module: ModuleDefinition,
  reference: FieldDefinition,
  money: FieldDefinition,
  ids: readonly string[],
): Promise<Map<string, MoneyTotal>> {
  const builder = new StatementBuilder(session.registry)
  const table = builder.secured(module, 'READ', session.unrestricted, 't')
  const key = `t.${quoteIdentifier(reference.column)}`
  const [amount, currency, base] = physicalColumns(money).map(({ name }) => `t.${quoteIdentifier(name)}`)
  const rows = await session.transaction.query<{ id: string; count: number; currencies: string[]; amount: string | null; base: string | null }>(
    builder.statement(`SELECT ${key} AS id, count(*)::int AS count, coalesce(array_agg(DISTINCT ${currency}) FILTER (WHERE ${currency} IS NOT NULL), '{}') AS currencies,
  sum(${amount})::text AS amount, sum(${base})::text AS base FROM ${table.from} WHERE ${key} = ANY(${builder.bind(ids, 'uuid[]')}) AND t.deleted_at IS NULL GROUP BY ${key}`),
  )
  return new Map(
    rows.map(({ id, count, currencies, ...sums }) => [id, { count, currencies, amount: moneyText(sums.amount ?? '0'), base: moneyText(sums.base ?? '0') }]),
  )
}
