import type { FieldDefinition, ModuleDefinition } from '../registry/definition.ts'
import { imageOf, imageSelectList, moneyText, physicalColumns } from './columns.ts'
import { readExtensions } from './extension-rows.ts'
import { heldColumn, heldFrom } from './held-columns.ts'
import type { MoneyTotal, RecordImage } from './rule.ts'
import type { Session } from './session.ts'
import { StatementBuilder } from './statement.ts'

/** Undeleted records of a module by the record that their reference names, whatever the caller may read; one statement, and one for all extension tables. */
export async function relatedRecords(
  session: Session,
  module: ModuleDefinition,
  reference: FieldDefinition,
  ids: readonly string[],
  latestBy: FieldDefinition | undefined,
): Promise<Map<string, RecordImage[]>> {
  const builder = new StatementBuilder(session.registry)
  const table = builder.secured(module, 'READ', session.unrestricted, 't')
  const key = heldColumn(reference, 't')
  const latest = latestBy && heldColumn(latestBy, 't')
  const from = heldFrom(module, latestBy ? [reference, latestBy] : [reference], table.from, 't')
  // A record can have several targets, which its own row does not name.
  const target = reference.type === 'REFERENCES' ? `, ${key} AS "related.target"` : ''
  const rows = await session.transaction.query<Record<string, unknown>>(
    builder.statement(`SELECT ${latest ? `DISTINCT ON (${key}) ` : ''}${imageSelectList(module, 't')}${target} FROM ${from}
WHERE ${key} = ANY(${builder.bind(ids, 'uuid[]')}) AND t.deleted_at IS NULL ORDER BY ${key}, ${latest ? `${latest} DESC NULLS LAST, ` : ''}t.id DESC`),
  )
  const found = new Map<string, RecordImage[]>()
  const extensions = await readExtensions(
    session,
    module,
    rows.map((row) => row['id'] as string),
  )
  for (const row of rows) {
    const image = imageOf(module, { ...extensions.get(row['id'] as string), ...row })
    const id = (row['related.target'] ?? image[reference.name]) as string
    const members = found.get(id)
    if (members) members.push(image)
    else found.set(id, [image])
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
  const key = heldColumn(reference, 't')
  const from = heldFrom(module, [reference, money], table.from, 't')
  const [amount, currency, base] = physicalColumns(money).map(({ name }) => heldColumn({ ...money, column: name }, 't'))
  const rows = await session.transaction.query<{ id: string; count: number; currencies: string[]; amount: string | null; base: string | null }>(
    builder.statement(`SELECT ${key} AS id, count(*)::int AS count, coalesce(array_agg(DISTINCT ${currency}) FILTER (WHERE ${currency} IS NOT NULL), '{}') AS currencies,
  sum(${amount})::text AS amount, sum(${base})::text AS base FROM ${from} WHERE ${key} = ANY(${builder.bind(ids, 'uuid[]')}) AND t.deleted_at IS NULL GROUP BY ${key}`),
  )
  return new Map(
    rows.map(({ id, count, currencies, ...sums }) => [id, { count, currencies, amount: moneyText(sums.amount ?? '0'), base: moneyText(sums.base ?? '0') }]),
  )
}
