import { randomUUID } from 'node:crypto'
import type { ModuleMetadata } from '../../entities/metadata.ts'
import { GuanxiError } from '../../errors/index.ts'
import type { Principal } from '../access/policy.ts'
import { type Database, type Statement, sqlState, type Transaction } from '../database.ts'
import { StaleEpochError } from '../epochs.ts'
import { ColumnPlaces } from './place-columns.ts'
import { SchemaChanges } from './schema-changes.ts'
import { readMetadata } from './stored.ts'
import { Workspace } from './workspace.ts'

/** Where a change of metadata comes from; stands in the audit. */
export interface MetadataOrigin {
  readonly requestId: string
  readonly client: string | null
  readonly ip: string | null
}

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
  readonly at: Date
  readonly userId: string
  newId(): string
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

/** Waiting for a table longer than this in one try would stop everybody who comes later. */
const IN_USE = new Set(['55P03', '57014', '40P01', '40001'])
const DEFAULT_PATIENCE = 45_000

/** Ends the transaction without a commit while its value is kept. */
class DryRun extends Error {}

/**
 * Runs a change of metadata in one transaction: rows, tables, audit and schema epoch stand or fall together. One change runs at a time; it works on
 * what the one before has left, and the epoch's row keeps it that way until the commit. A table that is in use by a long transaction is asked for
 * again and again, never long enough for others to feel; after `patience` the answer is UNAVAILABLE and nothing has changed.
 *
 * Throws StaleEpochError where the principal's rights are not today's.
 */
export async function runChange<T>(
  services: ChangeServices,
  principal: Principal,
  origin: MetadataOrigin,
  options: ChangeOptions,
  work: (change: MetadataChange) => Promise<T>,
): Promise<ChangeResult<T>> {
  const deadline = performance.now() + (services.patience ?? DEFAULT_PATIENCE)
  for (;;) {
    try {
      const result = await attemptChange(services, principal, origin, options, work)
      if (result.changed) await services.announce(result.version)
      return result
    } catch (error) {
      if (!isInUse(error)) throw error
      const pause = 300 + Math.random() * 400
      if (performance.now() + pause > deadline) {
        throw new GuanxiError('UNAVAILABLE', 'The tables are in use by a long transaction, so the change was not made. Try again later.', {}, { cause: error })
      }
      await new Promise((resolve) => setTimeout(resolve, pause))
    }
  }
}

/** Something was locked or took too long, and may not be the next time: the statement's own error, or the one that the database layer made of it. */
export function isInUse(error: unknown): boolean {
  const cause = error instanceof GuanxiError && error.code === 'UNAVAILABLE' ? error.cause : error
  const state = sqlState(cause)
  return state !== undefined && IN_USE.has(state)
}

async function attemptChange<T>(
  { database, core, now }: ChangeServices,
  principal: Principal,
  origin: MetadataOrigin,
  { action, dryRun = false }: ChangeOptions,
  work: (change: MetadataChange) => Promise<T>,
): Promise<ChangeResult<T>> {
  let result: ChangeResult<T> | undefined
  try {
    await database.transaction(async (transaction) => {
      // The row of epochs is what changes of metadata and of rights queue up at.
      await transaction.query({ text: 'SET LOCAL lock_timeout = 5000', purpose: 'platform' })
      await transaction.query({ text: 'SELECT FROM epoch FOR UPDATE', purpose: 'platform' })
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
        at: now(),
        userId: principal.userId,
        newId: randomUUID,
      }
      const value = await work(change)
      // All modules together must make a registry; what no check before has told is told here.
      void workspace.registry
      const version = stored.epochs.schema
      result = { value, version, changed: false }
      if (dryRun) throw new DryRun()
      if (change.rows.length === 0 && change.schema.isEmpty) return
      // Tables come last: from their locks to the commit everybody who uses them waits.
      for (const statement of change.rows) await transaction.query(statement)
      await finish(transaction, principal, origin, action, change)
      await change.schema.run(transaction)
      result = { value, version: version + 1, changed: true }
    })
  } catch (error) {
    if (!(error instanceof DryRun)) throw error
  }
  return result as ChangeResult<T>
}

async function finish(transaction: Transaction, principal: Principal, origin: MetadataOrigin, action: string, change: MetadataChange): Promise<void> {
  await transaction.query({
    text: `INSERT INTO audit_log (at, actor_id, via, action, changed_fields, request_id, client, ip, result) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'ok')`,
    values: [change.at, principal.userId, principal.via, action, change.touched, origin.requestId, origin.client, origin.ip],
    purpose: 'platform',
  })
  await transaction.query({ text: 'UPDATE epoch SET schema_epoch = schema_epoch + 1', purpose: 'platform' })
}
