import { inBatches } from '../../lib/in-batches.ts'
import { quoteIdentifier } from '../../lib/quote-identifier.ts'
import { bindValues } from '../../records/access/bind-values.ts'
import type { AccessPolicy, Principal } from '../../records/access/policy.ts'
import type { AccessBinder } from '../../records/access/predicate-sql.ts'
import { secured } from '../../records/access/secured.ts'
import type { Database, Executor } from '../../records/database.ts'
import { dequeue } from '../../records/jobs/enqueue.ts'
import type { ModuleDefinition, Registry } from '../../records/registry/index.ts'
import { heldColumn, heldFrom } from '../../records/write/held-columns.ts'

/** Deliveries that one transaction takes away. */
const BATCH = 500

export interface DeliveryRetention {
  readonly database: Database
  readonly registry: () => Registry
  /** The system, by the epochs of now. */
  readonly system: () => Promise<Principal>
}

/**
 * Takes deliveries that ended before an instant out of the log, oldest first, also out of the recycle bin. What is still to be sent stays, and so does one that a record refers to. Their rows go for good,
 * without an event; the audit keeps what happened. Nobody waits: rows that others hold are passed over. Ends between two batches where it is to stop. Answers how many went.
 */
export async function forgetDeliveries({ database, registry, system }: DeliveryRetention, before: Date, isStopping?: () => boolean): Promise<number> {
  const take = async () => {
    const [served, principal] = [registry(), await system()]
    return database.transaction((transaction) => forgetBatch(transaction, served, principal, before))
  }
  return inBatches(BATCH, take, isStopping)
}

async function forgetBatch(transaction: Executor, registry: Registry, { policy }: Principal, before: Date): Promise<number> {
  const module = registry.module('delivery')
  const [holders, links] = await readForeignKeys(transaction, module)
  const values: unknown[] = [before, BATCH]
  const binder = bindValues(values, policy)
  const { from, condition } = secured(module, 'DELETE', policy, 'd', registry, binder)
  const named = [
    ...holders.map(({ table, column }) => `SELECT FROM ${table} h WHERE h.${quoteIdentifier(column)} = d.id`),
    ...namedByAny(registry, policy, binder),
  ]
  const ended = await transaction.query<{ id: string }>({
    text: `SELECT d.id FROM ${from} WHERE d.state NOT IN ('queued', 'sending') AND d.updated_at < $1 AND ${condition}${named.map((select) => ` AND NOT EXISTS (${select})`).join('')}
      ORDER BY d.updated_at, d.id LIMIT $2 FOR UPDATE OF d SKIP LOCKED`,
    values,
    purpose: 'background',
  })
  if (ended.length === 0) return 0
  const ids = ended.map(({ id }) => id)
  const take = (text: string) => transaction.query({ text, values: [ids], purpose: 'background' })
  for (const { table, column } of links) await take(`DELETE FROM ${table} WHERE ${quoteIdentifier(column)} = ANY($1::uuid[])`)
  for (const table of ['external_id', 'record_share']) await take(`DELETE FROM ${table} WHERE record_id = ANY($1::uuid[])`)
  await dequeue(transaction, ids)
  await take(`DELETE FROM ${quoteIdentifier(module.table)} WHERE id = ANY($1::uuid[])`)
  return ended.length
}

interface ForeignKey {
  /** Quoted. */
  readonly table: string
  readonly column: string
}

/** Columns that name rows of the module by a foreign key, also of fields that are deleted and can be restored: those of other records, and those of the module's own link tables. Its extension tables go with it. */
async function readForeignKeys(executor: Executor, { table }: ModuleDefinition): Promise<readonly [readonly ForeignKey[], readonly ForeignKey[]]> {
  const keys = await executor.query<ForeignKey & { link: boolean }>({
    text: `SELECT c.conrelid::regclass::text AS "table", a.attname AS "column", c.conname LIKE '%\\_source\\_fkey' AND a.attname = 'source_id' AS link
      FROM pg_constraint c JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1] WHERE c.contype = 'f' AND c.confdeltype <> 'c' AND c.confrelid = $1::regclass`,
    values: [`public.${quoteIdentifier(table)}`],
    purpose: 'background',
  })
  return [keys.filter(({ link }) => !link), keys.filter(({ link }) => link)]
}

/** Records, also those in the recycle bin, that name `d` by a reference to any module, of which the database has no foreign key. */
function namedByAny(registry: Registry, policy: AccessPolicy, binder: AccessBinder): string[] {
  return [...registry.modules.values()].flatMap((module) => {
    const fields = [...module.fields.values()].filter(({ system, type, reference }) => !system && type === 'REFERENCE' && reference?.module === '*')
    return fields.map((field) => {
      const { from, condition } = secured(module, 'READ', policy, 'h', registry, binder)
      return `SELECT FROM ${heldFrom(module, [field], from, 'h')} WHERE ${heldColumn(field, 'h')} = d.id AND ${condition}`
    })
  })
}
