import { randomUUID } from 'node:crypto'
import type { ModuleMetadata } from '../../entities/metadata.ts'
import { GuanxiError, say } from '../../errors/index.ts'
import type { Principal } from '../access/policy.ts'
import { type AuditOrigin, actorOf, writeEntries } from '../audit/write-entries.ts'
import type { Database, Statement, Transaction } from '../database.ts'
import { StaleEpochError } from '../epochs.ts'
import { settingSql, VALUE_DEFAULTS } from '../write/open-session.ts'
import { untilFree } from './in-use.ts'
import { ColumnPlaces } from './place-columns.ts'
import { MovesWanted, type PreparedMove, type WantedMove, withPreparedMoves } from './prepare-moves.ts'
import { SchemaChanges } from './schema-changes.ts'
import { refusalOf } from './schema-errors.ts'
import { readMetadata } from './stored.ts'
import { Workspace } from './workspace.ts'

/** Where a change of metadata comes from; stands in the audit. */
export type MetadataOrigin = AuditOrigin

/** A change of metadata that is being worked out. What is noted here is carried out at its end, all of it or nothing. */
export interface MetadataChange {
  readonly workspace: Workspace
  readonly transaction: Transaction
  readonly schema: SchemaChanges
  readonly places: ColumnPlaces
  /** Statements on rows of the metadata itself; they run before the tables are changed. */
  readonly rows: Statement[]
  /** What it did, for the audit, e.g. `account.contractNumber`. */
  readonly touched: string[]
  /** Where in the input the change of a field stands, by the field's id: what PostgreSQL refuses in the end is told there. */
  readonly paths: Map<string, readonly (string | number)[]>
  /** ISO 3166-1 alpha-2: national phone numbers are read as this country's, as in writes of records. */
  readonly country: string
  /** Moves of many values whose new columns are filled, and those that have yet to be. */
  readonly prepared: readonly PreparedMove[]
  readonly wantedMoves: WantedMove[]
  readonly at: Date
  readonly userId: string
  /** The plugin that the modules and fields belong to which the change makes; null: the administrators'. */
  readonly owner: MetadataOwner | null
  newId(): string
}

/** Whom modules and fields belong to that a plugin brings. */
export interface MetadataOwner {
  readonly plugin: string
  /** It comes with the product and may use names that are reserved for it. */
  readonly builtIn: boolean
}

export interface ChangeServices {
  readonly database: Database
  readonly core: readonly ModuleMetadata[]
  readonly now: () => Date
  /** Tells other processes; must not fail. Called after the commit. */
  readonly announce: (version: number) => Promise<void>
  /** Milliseconds for which a change waits for tables that are in use; 45,000 unless given. */
  readonly patience?: number
}

export interface ChangeOptions {
  /** For the audit: `customField.create` … */
  readonly action: string
  readonly dryRun?: boolean
}

export interface ChangeResult<T> {
  readonly value: T
  /** Schema epoch that holds now; on a dry run the one that held before. */
  readonly version: number
  /** Something was changed (never on a dry run). */
  readonly changed: boolean
}

/** What was prepared is lost where somebody else changes the same field meanwhile; so often it is prepared again. */
const MOST_ROUNDS = 3

/** Ends the transaction without a commit while its value is kept. */
class DryRun extends Error {}

/**
 * Runs a change of metadata in one transaction: rows, tables, audit and schema epoch stand or fall together. One change runs at a time; it works on
 * what the one before has left, and the epoch's row keeps it that way until the commit. A table that is in use by a long transaction is asked for
 * again and again, never long enough for others to feel; after `patience` the answer is UNAVAILABLE and nothing has changed.
 *
 * One that moves many values is worked out twice: first to see that nothing stands against it, then, with the values written to their new columns
 * beside normal work, to be made. Throws StaleEpochError where the principal's rights are not today's.
 */
export async function runChange<T>(
  services: ChangeServices,
  principal: Principal,
  origin: MetadataOrigin,
  options: ChangeOptions,
  work: (change: MetadataChange) => Promise<T>,
): Promise<ChangeResult<T>> {
  const run = async (prepared: readonly PreparedMove[]) => {
    const result = await untilFree(services.patience, () => attemptChange(services, principal, origin, options, prepared, work))
    if (result.changed) await services.announce(result.version)
    return result
  }
  for (let round = 1; round <= MOST_ROUNDS; round += 1) {
    const first = await unlessMovesWanted(() => run([]))
    if (!(first instanceof MovesWanted)) return first
    const made = await unlessMovesWanted(() => withPreparedMoves(services, first.moves, run))
    if (!(made instanceof MovesWanted)) return made
  }
  throw new GuanxiError('UNAVAILABLE', say`Others kept changing the same fields, so the change was not made. Try again later.`)
}

async function unlessMovesWanted<T>(attempt: () => Promise<T>): Promise<T | MovesWanted> {
  try {
    return await attempt()
  } catch (error) {
    if (error instanceof MovesWanted) return error
    throw error
  }
}

async function attemptChange<T>(
  { database, core, now }: ChangeServices,
  principal: Principal,
  origin: MetadataOrigin,
  { action, dryRun = false }: ChangeOptions,
  prepared: readonly PreparedMove[],
  work: (change: MetadataChange) => Promise<T>,
): Promise<ChangeResult<T>> {
  let result: ChangeResult<T> | undefined
  try {
    await database.transaction(async (transaction) => {
      // The row of epochs is what changes of metadata and of rights queue up at.
      await transaction.query({ text: 'SET LOCAL lock_timeout = 5000', purpose: 'platform' })
      const [row] = await transaction.query<{ country: string | null }>({
        text: `SELECT ${settingSql('organisation.country')} AS country FROM epoch FOR UPDATE`,
        purpose: 'platform',
      })
      const stored = await readMetadata(transaction)
      if (stored.epochs.access !== principal.policy.epochs.access) throw new StaleEpochError()
      const workspace = new Workspace(core, stored)
      const change: MetadataChange = {
        workspace,
        transaction,
        schema: new SchemaChanges(),
        places: new ColumnPlaces(transaction, workspace),
        rows: [],
        touched: [],
        prepared,
        wantedMoves: [],
        paths: new Map(),
        country: row?.country ?? VALUE_DEFAULTS.country,
        at: now(),
        userId: principal.userId,
        owner: null,
        newId: randomUUID,
      }
      const value = await work(change)
      // All modules together must make a registry; what no check before has told is told here.
      void workspace.registry
      const version = stored.epochs.schema
      result = { value, version, changed: false }
      if (dryRun) throw new DryRun()
      if (change.wantedMoves.length > 0) throw new MovesWanted(change.wantedMoves)
      if (change.rows.length === 0 && change.schema.isEmpty) return
      try {
        // Tables come last: from their locks to the commit everybody who uses them waits.
        for (const statement of change.rows) await transaction.query(statement)
        await finish(transaction, principal, origin, action, change)
        await change.schema.run(transaction)
      } catch (error) {
        throw refusalOf(error, change)
      }
      result = { value, version: version + 1, changed: true }
    })
  } catch (error) {
    if (!(error instanceof DryRun)) throw error
  }
  return result as ChangeResult<T>
}

async function finish(transaction: Transaction, principal: Principal, origin: MetadataOrigin, action: string, change: MetadataChange): Promise<void> {
  await writeEntries(transaction, [{ ...actorOf(principal), at: change.at, action, fields: change.touched, origin, result: 'ok' }], 'platform')
  await transaction.query({ text: 'UPDATE epoch SET schema_epoch = schema_epoch + 1', purpose: 'platform' })
}
