import { createHash } from 'node:crypto'
import type { Writable } from 'node:stream'
import { Semaphore, type SemaphoreInterface, withTimeout } from 'async-mutex'
import { DefectError } from '../errors/index.ts'
import { isDatabaseLost, NO_CONNECTION, translated } from './database-loss.ts'
import { COMMIT, runTransaction } from './transaction.ts'

export { isConnectionLoss, isDatabaseError, isDatabaseLost, sqlState } from './database-loss.ts'

/** Why a statement runs; tests and metrics count `record` statements apart from authentication and transaction control. No request waits for a `background` one. */
export type StatementPurpose = 'record' | 'authentication' | 'platform' | 'transaction' | 'background'

export interface Statement {
  readonly text: string
  readonly values?: readonly unknown[]
  /** Prepared-statement name. Give one (see `statementName`) to hot statements only; at most 500 stay prepared a connection. */
  readonly name?: string
  readonly purpose: StatementPurpose
  /** Milliseconds after which the answer will not come any more; those of the database unless given. */
  readonly patience?: number
  /**
   * Index of the value that is a list, where the one row that the statement answers has one member for each element of it: `data`, the text of a JSON array. Such statements, alike but for
   * their lists, can be run as one.
   */
  readonly listOf?: number
}

/** Sees each statement after it ran; used for metrics and for statement-count assertions. */
export type StatementObserver = (statement: Statement, milliseconds: number) => void

/** Anything that runs statements: the pool (each on a free connection) or one transaction, where those that are asked for at once run one after the other. */
export interface Executor {
  query<Row = Record<string, unknown>>(statement: Statement): Promise<Row[]>
}

export interface Transaction extends Executor {
  /** Record statements run so far. */
  readonly statements: number
  /** Runs `work` under a savepoint; `keep: false` (or an error) rolls its writes back and keeps the transaction usable. */
  savepoint<T>(work: () => Promise<{ keep: boolean; value: T }>): Promise<T>
}

export interface Database extends Executor {
  /**
   * One transaction (READ COMMITTED) on one connection; commits when `work` resolves, rolls back when it throws. Not retried here. Where the server is lost
   * it throws UNAVAILABLE, and nothing was committed unless the error says `outcome: 'UNKNOWN'`. Some connections are never given to transactions, so that
   * statements outside of them do not wait for as long as many transactions take. `isGuard`: it only holds something while others work. There are never so many of those
   * that nothing is left for the others.
   */
  transaction<T>(work: (transaction: Transaction) => Promise<T>, options?: { readonly isGuard?: boolean }): Promise<T>
  readonly pool: PoolLike
  /** Statements and transactions that wait for a connection now. */
  waiting(): number
}

/** The part of `pg.Pool` that is used, so that TypeORM's own pool can be passed. */
export interface PoolLike {
  connect(): Promise<PoolClientLike>
  readonly totalCount: number
  readonly idleCount: number
  readonly waitingCount: number
  readonly options: { readonly max: number; readonly connectionTimeoutMillis?: number }
}

interface QueryConfigLike {
  text: string
  values?: unknown[]
  name?: string
  query_timeout?: number
}

export interface PoolClientLike {
  /** `command`: PostgreSQL's word for what it did. */
  query(config: QueryConfigLike): Promise<{ rows: unknown[]; command?: string }>
  on(event: 'error', listener: (error: Error) => void): unknown
  removeListener(event: 'error', listener: (error: Error) => void): unknown
  release(error?: Error | boolean): void
}

const MAX_PREPARED = 500
/** Share of the connections that transactions do not get. */
const KEPT_FOR_STATEMENTS = 0.25
/** Share of those that transactions get which guards may hold: what is done under them needs transactions, too. */
const FOR_GUARDS = 0.5

/** A connection that is lost between two statements tells so by an event, which would end the process if nobody listened; the next statement fails anyway. */
const NEXT_STATEMENT_FAILS = (): void => {}

/** A stable prepared-statement name for a text. */
export function statementName(text: string): string {
  return `g${createHash('sha1').update(text).digest('base64url')}`
}

/** Prepared statements of one connection, least recently used first. */
type Prepared = Set<string>

/**
 * `patience`: milliseconds after which a connection that has not answered a statement is given up, beyond PostgreSQL's own limit for statements; nobody else
 * notices where the network is cut. Its connections should be ImpatientClients. Without it answers are waited for, however long they take.
 */
export function createDatabase(pool: PoolLike, observe: StatementObserver = () => {}, patience?: number): Database {
  const preparedOf = new WeakMap<PoolClientLike, Prepared>()
  const { max, connectionTimeoutMillis = 0 } = pool.options
  const shared = Math.max(1, max - Math.ceil(max * KEPT_FOR_STATEMENTS))
  let waitingForSlot = 0
  const slots = (count: number): SemaphoreInterface => {
    const semaphore = new Semaphore(count)
    return connectionTimeoutMillis > 0 ? withTimeout(semaphore, connectionTimeoutMillis, new Error(NO_CONNECTION)) : semaphore
  }
  const transactions = slots(shared)
  const guards = slots(Math.max(1, Math.floor(shared * FOR_GUARDS)))

  async function run(client: PoolClientLike, statement: Statement): Promise<unknown[]> {
    const started = performance.now()
    try {
      const room = statement.name === undefined ? undefined : keepWithinLimit(client, statement.name)
      if (room !== undefined) await room
      const config: QueryConfigLike = { text: statement.text }
      if (statement.values !== undefined) config.values = statement.values as unknown[]
      if (statement.name !== undefined) config.name = statement.name
      const wait = statement.patience ?? patience
      if (wait !== undefined) config.query_timeout = wait
      const { rows, command } = await client.query(config)
      // PostgreSQL answers so, without an error, where a statement failed and somebody went on as if it had not.
      if (statement === COMMIT && command === 'ROLLBACK') throw new DefectError('a failed statement was passed over, so that nothing was committed')
      return rows
    } catch (error) {
      throw translated(error)
    } finally {
      observe(statement, performance.now() - started)
    }
  }

  /** In one packet, where the connection takes a statement before the one before is answered (pg's `pipeline`). */
  async function runBoth(client: PoolClientLike, first: Statement, second: Statement): Promise<unknown[]> {
    const { pipeline, connection } = client as { pipeline?: boolean; connection?: { stream: Writable } }
    if (!pipeline || !connection) {
      await run(client, first)
      return run(client, second)
    }
    connection.stream.cork()
    const both = Promise.all([run(client, first), run(client, second)])
    connection.stream.uncork()
    const [, rows] = await both
    return rows
  }

  /** Undefined where there is nothing to wait for. */
  function keepWithinLimit(client: PoolClientLike, name: string): Promise<unknown> | undefined {
    let prepared = preparedOf.get(client)
    if (!prepared) {
      prepared = new Set()
      preparedOf.set(client, prepared)
    }
    if (prepared.delete(name)) {
      prepared.add(name)
      return undefined
    }
    prepared.add(name)
    if (prepared.size <= MAX_PREPARED) return undefined
    const oldest = prepared.values().next().value as string
    prepared.delete(oldest)
    // pg remembers what it prepared on the connection; both sides must forget the statement.
    const known = (client as { connection?: { parsedStatements?: Record<string, unknown> } }).connection?.parsedStatements
    // One that PostgreSQL refused to parse is not there, and to deallocate it would end the transaction.
    if (known && !Object.hasOwn(known, oldest)) return undefined
    if (known) delete known[oldest]
    return client.query({ text: `DEALLOCATE "${oldest}"` }).catch(() => {})
  }

  async function withClient<T>(work: (client: PoolClientLike) => Promise<T>): Promise<T> {
    let client: PoolClientLike
    try {
      client = await pool.connect()
    } catch (error) {
      throw translated(error)
    }
    // The pool listens only to connections that nobody holds.
    client.on('error', NEXT_STATEMENT_FAILS)
    let failure: unknown
    try {
      return await work(client)
    } catch (error) {
      failure = error
      throw error
    } finally {
      client.release(isDatabaseLost(failure) ? true : undefined)
      client.removeListener('error', NEXT_STATEMENT_FAILS)
    }
  }

  async function within<T>(these: SemaphoreInterface, work: () => Promise<T>): Promise<T> {
    waitingForSlot += 1
    const [, release] = await these
      .acquire()
      .catch((error: unknown) => Promise.reject(translated(error)))
      .finally(() => {
        waitingForSlot -= 1
      })
    try {
      return await work()
    } finally {
      release()
    }
  }

  const withSlot = <T>(work: (client: PoolClientLike) => Promise<T>): Promise<T> => within(transactions, () => withClient(work))
  /** Where transactions have no more than one connection, a guard holds one that is kept for statements. */
  const asGuard = <T>(work: (client: PoolClientLike) => Promise<T>): Promise<T> => within(guards, () => (shared > 1 ? withSlot(work) : withClient(work)))

  return {
    pool,
    waiting: () => pool.waitingCount + waitingForSlot,
    query: (statement) => withClient((client) => run(client, statement)) as Promise<never>,
    transaction: (work, { isGuard = false } = {}) => {
      const begin = isGuard ? asGuard : withSlot
      return begin((client) => runTransaction({ run: (statement) => run(client, statement), runBoth: (first, second) => runBoth(client, first, second) }, work))
    },
  }
}
