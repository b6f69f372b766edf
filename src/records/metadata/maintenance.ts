import pg from 'pg'
import { columnsOf, extensionTable } from '../../entities/columns.ts'
import type { ModuleMetadata } from '../../entities/metadata.ts'
import { quoteIdentifier } from '../../lib/quote-identifier.ts'
import type { Principal } from '../access/policy.ts'
import { type Database, sqlState } from '../database.ts'
import { type ChangeServices, runChange } from './change.ts'
import { purgeModule } from './purge-module.ts'
import { purgeField } from './remove-field.ts'
import { lockSlotSql } from './slots.ts'
import { readMetadata, type StoredField, type StoredMetadata } from './stored.ts'

/** A connection of its own: some of the work runs for long and must stand outside of any transaction. */
export interface MaintenanceConnection {
  query<Row = Record<string, unknown>>(text: string, values?: readonly unknown[]): Promise<Row[]>
  close(): Promise<void>
}

export interface MaintenanceOptions extends ChangeServices {
  readonly connect: () => Promise<MaintenanceConnection>
  /** Days for which a deleted field or module can be restored. */
  readonly retention: number
  /** Who purges; asked when there is something to purge. */
  readonly principal: () => Promise<Principal>
}

/** Held by the one process that does this work; any constant. */
const MAINTENANCE_LOCK = 7_203_114_733
const ATTEMPTS = 5
/** Rows that one statement empties; short, so that writers never wait for long. */
const ROWS_PER_STATEMENT = 1000

/** Opens such a connection by URL. It waits for locks a second at most and for its own work as long as that takes. */
export async function connectForMaintenance(url: string): Promise<MaintenanceConnection> {
  const client = new pg.Client({
    connectionString: url,
    application_name: 'guanxi-maintenance',
    statement_timeout: 0,
    connectionTimeoutMillis: 5000,
    keepAlive: true,
  })
  client.on('error', () => {})
  await client.connect()
  return {
    query: async (text, values) => (await client.query(text, values as unknown[] | undefined)).rows,
    close: () => client.end(),
  }
}

/**
 * Brings what was left for later to its end: indexes that are being built, foreign keys that are not validated, columns to be emptied for the next
 * field, deleted fields and modules whose time is over. One process does it at a time, the others pass by. Every step can be cut off anywhere and is
 * done again. Answers whether there was something to do.
 */
export async function maintain(options: MaintenanceOptions): Promise<boolean> {
  const { database, connect } = options
  if (!(await hasWork(database, options.retention))) return false
  const connection = await connect()
  try {
    const [lock] = await connection.query<{ held: boolean }>('SELECT pg_try_advisory_lock($1) AS held', [MAINTENANCE_LOCK])
    if (!lock?.held) return false
    await connection.query(`SET lock_timeout = '1s'`)
    await buildIndexes(options, connection)
    await validateKeys(connection)
    await purgeExpired(options)
    await clearSlots(options, connection)
    return true
  } finally {
    await connection.close()
  }
}

async function hasWork(database: Database, retention: number): Promise<boolean> {
  const [row] = await database.query<{ work: boolean }>({
    text: `SELECT EXISTS (SELECT FROM custom_index WHERE state = 'building') OR EXISTS (SELECT FROM custom_slot WHERE NOT cleared)
        OR EXISTS (SELECT FROM custom_field WHERE state = 'deleted' AND deleted_at < now() - make_interval(days => $1))
        OR EXISTS (SELECT FROM custom_module WHERE state = 'deleted' AND deleted_at < now() - make_interval(days => $1))
        OR EXISTS (SELECT FROM pg_constraint WHERE contype = 'f' AND NOT convalidated AND conname ~ '^c_[0-9]+_fkey$') AS work`,
    values: [retention],
    purpose: 'platform',
  })
  return row?.work === true
}

interface PendingIndex {
  readonly name: string
  readonly definition: string
  readonly kind: string
  readonly attempts: number
}

async function buildIndexes(options: MaintenanceOptions, connection: MaintenanceConnection): Promise<void> {
  const pending = await connection.query<PendingIndex>(
    `SELECT name, definition, kind, attempts FROM custom_index WHERE state = 'building' ORDER BY kind = 'unique' DESC, name`,
  )
  let visible = false
  for (const index of pending) {
    const failure = await buildIndex(connection, index)
    if (failure === 'later') continue
    // It may have been dropped with its field meanwhile; then there is no row to update.
    await connection.query(`UPDATE custom_index SET state = $2, failure = $3 WHERE name = $1 AND state = 'building'`, [
      index.name,
      failure === null ? 'ready' : 'failed',
      failure,
    ])
    visible ||= index.kind === 'unique' || index.kind === 'search'
  }
  // Keys and search wait for their indexes; lists and orders only become faster.
  if (visible) await bumpSchema(options)
}

/** Null: it stands. A text: why it never will. */
async function buildIndex(connection: MaintenanceConnection, { name, definition, attempts }: PendingIndex): Promise<string | null | 'later'> {
  const drop = `DROP INDEX CONCURRENTLY IF EXISTS public.${quoteIdentifier(name)}`
  const [known] = await connection.query<{ valid: boolean }>('SELECT indisvalid AS valid FROM pg_index WHERE indexrelid = to_regclass($1)', [
    `public.${quoteIdentifier(name)}`,
  ])
  if (known?.valid) return null
  try {
    // One that was cut off is left invalid: it is never used and always kept.
    if (known) await connection.query(drop)
    await connection.query(definition)
    return null
  } catch (error) {
    const state = sqlState(error)
    if (state === undefined) throw error
    await connection.query(drop).catch(() => {})
    if (state === '23505') return 'Several records share a value.'
    if (attempts + 1 >= ATTEMPTS) return `PostgreSQL refused it (${state}).`
    await connection.query('UPDATE custom_index SET attempts = attempts + 1 WHERE name = $1', [name])
    return 'later'
  }
}

async function bumpSchema({ database, announce }: MaintenanceOptions): Promise<void> {
  const [row] = await database.query<{ version: number }>({
    text: 'UPDATE epoch SET schema_epoch = schema_epoch + 1 RETURNING schema_epoch::int AS version',
    purpose: 'platform',
  })
  if (row) await announce(row.version)
}

/** New references are checked by PostgreSQL from the start; this looks at rows that were there before, of which none has a value. */
async function validateKeys(connection: MaintenanceConnection): Promise<void> {
  const keys = await connection.query<{ table: string; name: string }>(
    `SELECT c.conrelid::regclass::text AS table, c.conname AS name FROM pg_constraint c WHERE c.contype = 'f' AND NOT c.convalidated AND c.conname ~ '^c_[0-9]+_fkey$'`,
  )
  for (const { table, name } of keys) {
    try {
      await connection.query(`ALTER TABLE ${table} VALIDATE CONSTRAINT ${quoteIdentifier(name)}`)
    } catch (error) {
      // The table is being altered, or the constraint is gone: next time.
      if (sqlState(error) === undefined) throw error
    }
  }
}

async function purgeExpired(options: MaintenanceOptions): Promise<void> {
  const { database, retention } = options
  const isDue = (deletedAt: string | null) => deletedAt !== null && Date.parse(deletedAt) < options.now().getTime() - retention * 86_400_000
  const due = (stored: StoredMetadata) => ({
    fields: stored.fields.filter(({ state, deletedAt }) => state === 'deleted' && isDue(deletedAt)),
    modules: stored.modules.filter(({ state, deletedAt }) => state === 'deleted' && isDue(deletedAt)),
  })
  const before = due(await readMetadata(database))
  if (before.fields.length === 0 && before.modules.length === 0) return
  const origin = { requestId: 'retention', client: null, ip: null }
  await runChange(options, await options.principal(), origin, { action: 'customField.purge' }, async (change) => {
    const { workspace } = change
    const now = due({ epochs: { schema: 0, access: 0 }, modules: workspace.modules, fields: workspace.fields })
    for (const module of now.modules) purgeModule(change, module)
    for (const field of now.fields)
      if (workspace.field(field.id)?.state === 'deleted') purgeField(change, field, tableOfModule(options.core, workspace.modules, field))
  })
}

/** Table of a field's module, whether that is served or deleted. */
export function tableOfModule(
  core: readonly ModuleMetadata[],
  modules: StoredMetadata['modules'],
  { moduleNumber }: Pick<StoredField, 'moduleNumber'>,
): string {
  const module = core.find(({ number }) => number === moduleNumber) ?? modules.find(({ number }) => number === moduleNumber)
  return module?.table ?? `m_${moduleNumber}`
}

async function clearSlots({ core, database }: MaintenanceOptions, connection: MaintenanceConnection): Promise<void> {
  const slots = await connection.query<{ moduleNumber: number; column: string; extension: number; type: string }>(
    `SELECT module_number AS "moduleNumber", column_name AS column, extension, type FROM custom_slot WHERE NOT cleared`,
  )
  const { modules } = await readMetadata(database)
  for (const slot of slots) {
    const main = tableOfModule(core, modules, slot)
    const table = slot.extension === 0 ? main : extensionTable(main, slot.extension)
    const columns = slotColumns(slot.column, slot.type)
    // One that a change fills with the values of a field is not to be emptied, nor one that a field has taken since.
    const [work] = await connection.query<{ held: boolean }>(`SELECT pg_try_advisory_lock(${lockSlotSql('$1')}) AS held`, [slot.column])
    if (!work?.held) continue
    const isFree = `EXISTS (SELECT FROM custom_slot WHERE module_number = ${slot.moduleNumber} AND column_name = ${pg.escapeLiteral(slot.column)} AND NOT cleared)`
    const filled = columns.map((column) => `${quoteIdentifier(column)} IS NOT NULL`).join(' OR ')
    const emptied = columns.map((column) => `${quoteIdentifier(column)} = NULL`).join(', ')
    for (;;) {
      const rows = await connection.query(
        `UPDATE public.${table} SET ${emptied} WHERE id IN (SELECT id FROM public.${table} WHERE (${filled}) AND ${isFree} LIMIT ${ROWS_PER_STATEMENT} FOR UPDATE SKIP LOCKED) RETURNING 1 AS one`,
      )
      if (rows.length > 0) continue
      const left = await connection.query(`SELECT 1 AS one FROM public.${table} WHERE ${filled} LIMIT 1`)
      // Somebody holds the last rows: next time.
      if (left.length === 0)
        await connection.query('UPDATE custom_slot SET cleared = true WHERE module_number = $1 AND column_name = $2', [slot.moduleNumber, slot.column])
      break
    }
    await connection.query(`SELECT pg_advisory_unlock(${lockSlotSql('$1')})`, [slot.column])
  }
}

/** Columns of a slot, by the number of its types: three hold money, two a phone. */
function slotColumns(column: string, type: string): string[] {
  const width = type.split(' + ').length
  return columnsOf({ type: width === 3 ? 'MONEY' : width === 2 ? 'PHONE' : 'TEXT', column }).map(({ name }) => name)
}
