import pg from 'pg'
import { extensionTable } from '../../entities/columns.ts'
import { quoteIdentifier } from '../../lib/quote-identifier.ts'
import type { Principal } from '../access/policy.ts'
import { type Database, sqlState } from '../database.ts'
import { buildIndexes, type MaintenanceConnection } from './build-indexes.ts'
import { type ChangeServices, type MetadataChange, runChange } from './change.ts'
import { purgeModule } from './purge-module.ts'
import { purgeField } from './remove-field.ts'
import { lockSlotSql, type NotedSlot, slotColumns, slotStandsSql, slotValues } from './slots.ts'
import { readMetadata, type StoredModule } from './stored.ts'
import { Workspace } from './workspace.ts'

export interface MaintenanceOptions extends ChangeServices {
  readonly connect: () => Promise<MaintenanceConnection>
  /** Days for which a deleted field or module can be restored. */
  readonly retention: number
  /** Who purges; asked when there is something to purge. */
  readonly principal: () => Promise<Principal>
}

/** Held by the one process that does this work; any constant. */
const MAINTENANCE_LOCK = 7_203_114_733
/** Rows that one statement empties; short, so that writers never wait for long. */
const ROWS_PER_STATEMENT = 1000

/** Milliseconds for which a purge waits for tables in use; there is always a next time. */
const PURGE_PATIENCE = 5000

/** Opens such a connection by URL. Its statements may take as long as their work does. */
export async function connectForMaintenance(url: string): Promise<MaintenanceConnection> {
  const client = new pg.Client({
    connectionString: url,
    application_name: 'guanxi-maintenance',
    statement_timeout: 0,
    connectionTimeoutMillis: 5000,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    // The server ends a session whose machine is gone, and with it the lock that keeps others from the work.
    options: '-c tcp_keepalives_idle=10 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3',
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
    await runAll([() => buildIndexes(options, connection), () => validateKeys(connection), () => purgeExpired(options), () => clearSlots(options, connection)])
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

/**
 * Each in a change of its own, so that one which cannot be done keeps back nothing else. Modules come first: they take their fields, and fields that lead
 * to them, along.
 */
async function purgeExpired(options: MaintenanceOptions): Promise<void> {
  const isDue = ({ state, deletedAt }: Pick<StoredModule, 'state' | 'deletedAt'>) =>
    state === 'deleted' && deletedAt !== null && Date.parse(deletedAt) < options.now().getTime() - options.retention * 86_400_000
  const { modules, fields } = await readMetadata(options.database)
  // What it is now counts: it may have been restored, or purged with its module.
  await runAll([
    ...modules.filter(isDue).map(({ id }) => async () => {
      await purge(options, 'customModule.purge', async (change) => {
        const module = change.workspace.modules.find((each) => each.id === id)
        if (module && isDue(module)) await purgeModule(change, module)
      })
    }),
    ...fields.filter(isDue).map(({ id }) => async () => {
      await purge(options, 'customField.purge', async (change) => {
        const field = change.workspace.field(id)
        if (field && isDue(field)) purgeField(change, field)
      })
    }),
  ])
}

/** Under rights of now: a purge takes rights away, so those from before the last one are of yesterday. */
async function purge(options: MaintenanceOptions, action: string, work: (change: MetadataChange) => Promise<void>): Promise<void> {
  await runChange({ ...options, patience: PURGE_PATIENCE }, await options.principal(), { requestId: 'retention', client: null, ip: null }, { action }, work)
}

/** Does all of it, whatever fails, and throws what failed at the end. */
async function runAll(steps: readonly (() => Promise<void>)[]): Promise<void> {
  const failures: unknown[] = []
  for (const step of steps) await step().catch((error: unknown) => failures.push(error))
  if (failures.length === 1) throw failures[0]
  if (failures.length > 1) throw new AggregateError(failures, `${failures.length} pieces of the maintenance of metadata failed`)
}

async function clearSlots({ core, database }: MaintenanceOptions, connection: MaintenanceConnection): Promise<void> {
  const slots = await connection.query<NotedSlot & { extension: number; type: string }>(
    `SELECT module_number AS "moduleNumber", column_name AS column, extension, type, xmin::text AS xmin FROM custom_slot WHERE NOT cleared`,
  )
  const workspace = new Workspace(core, await readMetadata(database))
  for (const slot of slots) {
    const main = workspace.holderOf(slot)?.table ?? `m_${slot.moduleNumber}`
    const table = slot.extension === 0 ? main : extensionTable(main, slot.extension)
    const columns = slotColumns(slot.column, slot.type).map(({ name }) => name)
    // One that a change fills with the values of a field is not to be emptied, nor one that a field has taken since.
    const [work] = await connection.query<{ held: boolean }>(`SELECT pg_try_advisory_lock(${lockSlotSql('$1')}) AS held`, [slot.column])
    if (!work?.held) continue
    const filled = columns.map((column) => `${quoteIdentifier(column)} IS NOT NULL`).join(' OR ')
    const emptied = columns.map((column) => `${quoteIdentifier(column)} = NULL`).join(', ')
    for (;;) {
      const rows = await connection.query(
        `UPDATE public.${table} SET ${emptied} WHERE id IN (SELECT id FROM public.${table} WHERE (${filled})
            AND EXISTS (SELECT FROM custom_slot WHERE ${slotStandsSql(1)}) LIMIT ${ROWS_PER_STATEMENT} FOR UPDATE SKIP LOCKED) RETURNING 1 AS one`,
        slotValues(slot),
      )
      if (rows.length > 0) continue
      const left = await connection.query(`SELECT 1 AS one FROM public.${table} WHERE ${filled} LIMIT 1`)
      // Somebody holds the last rows: next time.
      if (left.length === 0) await connection.query(`UPDATE custom_slot SET cleared = true WHERE ${slotStandsSql(1)}`, slotValues(slot))
      break
    }
    await connection.query(`SELECT pg_advisory_unlock(${lockSlotSql('$1')})`, [slot.column])
  }
}
