import { quoteIdentifier } from '../../lib/quote-identifier.ts'
import { sqlState } from '../database.ts'
import type { ChangeServices } from './change.ts'
import { isInUse } from './in-use.ts'

/** A connection of its own: some of the work runs for long and must stand outside of any transaction. */
export interface MaintenanceConnection {
  query<Row = Record<string, unknown>>(text: string, values?: readonly unknown[]): Promise<Row[]>
  close(): Promise<void>
}

/** Refusals by PostgreSQL after which an index counts as one that cannot be made. */
const ATTEMPTS = 5
/**
 * A build waits so long for each transaction that is older than itself. Only changes of the same table wait behind it, and those ask again for longer
 * than that.
 */
const BUILD_PATIENCE = '5s'
/** What takes the strongest lock of a table makes everybody who comes later wait. */
const DROP_PATIENCE = '150ms'
const DROPS = 20

interface PendingIndex {
  readonly name: string
  readonly definition: string
  readonly kind: string
  readonly attempts: number
}

/** Null: it stands. A text: why it never will. `later`: it could not be made this time. */
type Outcome = string | null | 'later'

/** Builds the indexes that fields are waiting for, beside normal work. One that could not be made is left for the next time. */
export async function buildIndexes({ announce }: Pick<ChangeServices, 'announce'>, connection: MaintenanceConnection): Promise<void> {
  const pending = await connection.query<Pick<PendingIndex, 'name' | 'kind'>>(
    `SELECT name, kind FROM custom_index WHERE state = 'building' ORDER BY kind = 'unique' DESC, name`,
  )
  let version: number | null = null
  let unserved = false
  for (const [place, { name }] of pending.entries()) {
    // Those before it may have taken minutes, in which its field was changed or purged.
    const [index] = await connection.query<PendingIndex>(`SELECT name, definition, kind, attempts FROM custom_index WHERE name = $1 AND state = 'building'`, [
      name,
    ])
    if (!index) continue
    const outcome = await buildIndex(connection, index)
    if (outcome === 'later') continue
    // One epoch serves all that were built: the last of them brings it. Those before it are served with it too where this ends in between.
    const bump = isVisible(index) && !pending.slice(place + 1).some(isVisible)
    const noted = await noteOutcome(connection, index, outcome, bump)
    if (noted === 'unwanted') await dropUnwanted(connection, name)
    else if (noted !== null) [version, unserved] = [noted, false]
    else unserved ||= isVisible(index)
  }
  // The last could not be built this time; it will bring the next epoch.
  if (unserved) version = (await connection.query<{ version: number }>(BUMP))[0]?.version ?? version
  if (version !== null) await announce(version)
}

const BUMP = 'UPDATE epoch SET schema_epoch = schema_epoch + 1 RETURNING schema_epoch::int AS version'

/** Keys and search wait for their indexes; lists and orders only become faster. */
function isVisible({ kind }: Pick<PendingIndex, 'kind'>): boolean {
  return kind === 'unique' || kind === 'search'
}

/**
 * Writes down what came of a build, where asked together with the schema epoch that lets every node serve it. Answers the new epoch, null where there is none, or
 * that nobody wants the index any more.
 */
async function noteOutcome(
  connection: MaintenanceConnection,
  { name, definition }: PendingIndex,
  outcome: string | null,
  bump: boolean,
): Promise<number | null | 'unwanted'> {
  await connection.query('BEGIN')
  try {
    // Changes of metadata take the epochs' row first, too.
    await connection.query('SELECT FROM epoch FOR UPDATE')
    const noted = await connection.query(
      `UPDATE custom_index SET state = $3, failure = $4 WHERE name = $1 AND definition = $2 AND state = 'building' RETURNING 1 AS one`,
      [name, definition, outcome === null ? 'ready' : 'failed', outcome],
    )
    const [row] = bump && noted.length > 0 ? await connection.query<{ version: number }>(BUMP) : []
    await connection.query('COMMIT')
    return noted.length === 0 ? 'unwanted' : (row?.version ?? null)
  } catch (error) {
    await connection.query('ROLLBACK').catch(() => {})
    throw error
  }
}

async function buildIndex(connection: MaintenanceConnection, { name, definition, attempts }: PendingIndex): Promise<Outcome> {
  if ((await validity(connection, name)) === true) return null
  await connection.query(`SET lock_timeout = '${BUILD_PATIENCE}'`)
  try {
    // One that was cut off is left invalid: it is never used and always kept.
    await dropInvalid(connection, name)
    await connection.query(definition)
    return null
  } catch (error) {
    const state = sqlState(error)
    if (state === undefined) throw error
    await dropInvalid(connection, name).catch(() => {})
    if (state === '23505') return 'Several records share a value.'
    // A long transaction is in the way, which says nothing of the index.
    if (isInUse(error)) return 'later'
    if (attempts + 1 >= ATTEMPTS) return `PostgreSQL refused it (${state}).`
    await connection.query('UPDATE custom_index SET attempts = attempts + 1 WHERE name = $1 AND definition = $2', [name, definition])
    return 'later'
  } finally {
    await connection.query(`SET lock_timeout = '1s'`).catch(() => {})
  }
}

/** Undefined: there is no such index. */
async function validity(connection: MaintenanceConnection, name: string): Promise<boolean | undefined> {
  const [known] = await connection.query<{ valid: boolean }>('SELECT indisvalid AS valid FROM pg_index WHERE indexrelid = to_regclass($1)', [
    `public.${quoteIdentifier(name)}`,
  ])
  return known?.valid
}

async function dropInvalid(connection: MaintenanceConnection, name: string): Promise<void> {
  if ((await validity(connection, name)) === false) await connection.query(`DROP INDEX CONCURRENTLY IF EXISTS public.${quoteIdentifier(name)}`)
}

/**
 * Drops an index that was built from a definition which does not hold any more, unless a change has made one of the same name meanwhile. Changes of
 * metadata queue up at the row of epochs, so none comes between the look and the drop.
 */
async function dropUnwanted(connection: MaintenanceConnection, name: string): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await connection.query('BEGIN')
      await connection.query('SELECT FROM epoch FOR UPDATE')
      const wanted = await connection.query(`SELECT FROM custom_index WHERE name = $1 AND state <> 'building'`, [name])
      await connection.query(`SET LOCAL lock_timeout = '${DROP_PATIENCE}'`)
      if (wanted.length === 0) await connection.query(`DROP INDEX IF EXISTS public.${quoteIdentifier(name)}`)
      await connection.query('COMMIT')
      return
    } catch (error) {
      await connection.query('ROLLBACK')
      if (!isInUse(error) || attempt === DROPS) throw error
      await new Promise((resolve) => setTimeout(resolve, 300 + Math.random() * 400))
    }
  }
}
