import { type Database, sqlState, type Transaction } from '../database.ts'
import type { ValueDefaults } from '../write/values.ts'
import type { ChangeServices, MetadataChange } from './change.ts'
import { convertChanged, convertValues, lastPosition, type Move, type Since, writeConverted } from './convert-values.ts'
import { createColumns } from './field-columns.ts'
import { untilFree } from './in-use.ts'
import { ColumnPlaces, type Place } from './place-columns.ts'
import { SchemaChanges } from './schema-changes.ts'
import { refusalOf } from './schema-errors.ts'
import { leaveColumns, lockSlotSql, type NotedSlot, slotStandsSql, slotValues } from './slots.ts'
import { readMetadata, type StoredField } from './stored.ts'
import { Workspace } from './workspace.ts'

/** Values that a change writes itself while nobody else gets at the table; more are written beside normal work before. */
export const MOVED_AT_ONCE = 1_000
/** Values that one statement writes; short, so that writers never wait for long. */
const PER_STATEMENT = 500

/** So few are left to the change itself, and so often the others are tried beside normal work. */
const FEW = 100
const PASSES = 20

/** A table or a column that is not there. */
const UNDEFINED = new Set(['42P01', '42703'])

/** A move of more values than may be written under the lock of the change. */
export interface WantedMove {
  readonly key: string
  readonly move: Move
  readonly inMain: boolean
  /** Where in the input the change of the field stands. */
  readonly path: readonly (string | number)[]
}

/** New columns that hold most of a field's values already, as of the versions that the records had. */
export interface PreparedMove {
  readonly key: string
  readonly place: Place
  readonly slot: NotedSlot
  readonly written: ReadonlyMap<string, number>
  /** When `written` was complete but for what stands in `ids`. */
  readonly since: Since
  /** Process of the session that keeps maintenance from the columns. */
  readonly guard: number
}

/**
 * Since when records may differ from what was written; undefined where the guard was lost, so that maintenance may have emptied any of them. To be asked under the
 * tables' locks.
 */
export async function changedSince(transaction: Transaction, { place, since, guard }: PreparedMove): Promise<Since | undefined> {
  const [row] = await transaction.query<{ held: boolean }>({
    text: `SELECT EXISTS (SELECT FROM pg_locks l JOIN pg_database d ON d.oid = l.database WHERE d.datname = current_database() AND l.locktype = 'advisory' AND l.granted
        AND l.pid = $2 AND ((l.classid::bigint << 32) | l.objid::bigint) = ${lockSlotSql('$1')}) AS held`,
    values: [place.column, guard],
    purpose: 'platform',
  })
  return row?.held ? since : undefined
}

/** The change has to be made again once these moves are prepared. */
export class MovesWanted extends Error {
  override readonly name = 'MovesWanted'
  readonly moves: readonly WantedMove[]

  constructor(moves: readonly WantedMove[]) {
    super('values must be moved before the change')
    this.moves = moves
  }
}

/**
 * What a move is made of: one that was prepared fits no other. The field's row counts with its `xmin`, which every change of the field renews: where others have changed it
 * meanwhile, even back to what it was, its old columns have been given up in between, and what was read from them tells nothing.
 */
export async function moveKey(transaction: Transaction, before: StoredField, { type, parameters }: StoredField, values: ValueDefaults): Promise<string> {
  const [row] = await transaction.query<{ xmin: string }>({
    text: 'SELECT xmin::text AS xmin FROM custom_field WHERE id = $1',
    values: [before.id],
    purpose: 'platform',
  })
  return JSON.stringify([before.id, row?.xmin, type, parameters, values])
}

/** Takes the columns of a move that was prepared; undefined where there is none, or its columns are not what they were: it has to be prepared again. */
export async function takePrepared(
  { transaction, prepared }: Pick<MetadataChange, 'transaction' | 'prepared'>,
  key: string,
): Promise<PreparedMove | undefined> {
  for (const move of prepared.filter((each) => each.key === key)) {
    const taken = await transaction.query({
      text: `DELETE FROM custom_slot WHERE ${slotStandsSql(1)} RETURNING 1 AS one`,
      values: slotValues(move.slot),
      purpose: 'platform',
    })
    if (taken.length > 0) return move
  }
  return undefined
}

/**
 * Runs a change with its moves prepared. The columns are made first and noted as free ones that are not empty: whatever ends the work, maintenance empties
 * them for a later field. Meanwhile `guard` keeps it from doing so too early.
 */
export async function withPreparedMoves<T>(
  services: ChangeServices,
  wanted: readonly WantedMove[],
  change: (prepared: readonly PreparedMove[]) => Promise<T>,
): Promise<T> {
  let done: { readonly value: T } | undefined
  try {
    const work = async (guard: Transaction): Promise<void> => {
      await guard.query({ text: 'SET LOCAL idle_in_transaction_session_timeout = 0', purpose: 'platform' })
      const [session] = await guard.query<{ pid: number }>({ text: 'SELECT pg_backend_pid() AS pid', purpose: 'platform' })
      const prepared: PreparedMove[] = []
      for (const each of wanted) prepared.push({ ...(await prepareMove(services, guard, each)), guard: session?.pid ?? 0 })
      done = { value: await change(prepared) }
    }
    await services.database.transaction(work, { isGuard: true })
  } catch (error) {
    // A guard that is lost costs time, no more: what maintenance emptied too early is seen under the lock. The change stands or falls by itself.
    if (!done) throw error
  }
  return (done as { readonly value: T }).value
}

async function prepareMove(services: ChangeServices, guard: Transaction, wanted: WantedMove): Promise<Omit<PreparedMove, 'guard'>> {
  const { database } = services
  const { place, slot } = await untilFree(services.patience, () => database.transaction((transaction) => makeColumns(services, transaction, guard, wanted)))
  const { column, extension } = place
  const move: Move = { ...wanted.move, to: { ...wanted.move.to, column, extension } }
  try {
    return { key: wanted.key, place: { column, extension, reused: true }, slot, ...(await writeBeside(database, move, slot)) }
  } catch (error) {
    const state = sqlState(error)
    if (state === undefined) throw error
    // Somebody has purged the field or its module meanwhile: the change, made again, tells so.
    if (UNDEFINED.has(state)) throw new MovesWanted([])
    throw refusalOf(error, { workspace: new Workspace(services.core, await readMetadata(database)), paths: new Map() }, wanted.path)
  }
}

async function makeColumns(
  { core }: ChangeServices,
  transaction: Transaction,
  guard: Transaction,
  { move, inMain }: WantedMove,
): Promise<Pick<PreparedMove, 'place' | 'slot'>> {
  await transaction.query({ text: 'SET LOCAL lock_timeout = 5000', purpose: 'platform' })
  await transaction.query({ text: 'SELECT FROM epoch FOR UPDATE', purpose: 'platform' })
  const { module, to } = move
  const places = new ColumnPlaces(transaction, new Workspace(core, await readMetadata(transaction)))
  const schema = new SchemaChanges()
  const place = await places.place(to.type, module.number, { inMain, fresh: false, wanted: 1 })
  const { column, extension } = place
  await guard.query({ text: `SELECT pg_advisory_xact_lock(${lockSlotSql('$1')})`, values: [column], purpose: 'platform' })
  if (!place.reused) createColumns({ schema, places }, module, { type: to.type, column, extension })
  const rows: Parameters<typeof leaveColumns>[0]['rows'] = []
  leaveColumns({ rows }, { moduleNumber: module.number, column, extension, type: to.type })
  for (const row of rows) await transaction.query(row)
  await schema.run(transaction)
  const [slot] = await transaction.query<NotedSlot>({
    text: `SELECT module_number AS "moduleNumber", column_name AS column, xmin::text AS xmin FROM custom_slot WHERE module_number = $1 AND column_name = $2`,
    values: [module.number, column],
    purpose: 'platform',
  })
  return { place, slot: slot as NotedSlot }
}

/** What writers change meanwhile, and what they hold while it is passed by, comes again, until only few are left for the change itself. */
async function writeBeside(database: Database, move: Move, slot: NotedSlot): Promise<Pick<PreparedMove, 'written' | 'since'>> {
  const written = new Map<string, number>()
  let position = await lastPosition(database)
  let open = await convertValues(database, move)
  for (let pass = 1; open.length > 0; pass += 1) {
    // What has come to have no form in the new type is told by the change itself.
    const writable = open.filter(({ columns }) => columns !== null)
    for (let start = 0; start < writable.length; start += PER_STATEMENT)
      for (const [id, version] of await writeConverted(database, move, writable.slice(start, start + PER_STATEMENT), slot)) written.set(id, version)
    position = await lastPosition(database)
    open = await convertChanged(database, move, written)
    if (open.length <= FEW || pass === PASSES) break
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  return { written, since: { position, ids: open.map(({ id }) => id) } }
}
