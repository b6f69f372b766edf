import { quoteIdentifier } from '../../lib/quote-identifier.ts'
import type { Statement, Transaction } from '../database.ts'

/**
 * A statement that takes locks waits so long for them, in milliseconds. What waits for a table's strongest lock makes everybody who comes later wait too,
 * so the sum stays below what people feel.
 */
const EXCLUSIVE_PATIENCE = 150
const SHARED_PATIENCE = 100

interface TableChange {
  readonly actions: string[]
}

/** Work on rows that can only be done while nobody else reads or writes them. */
export type LockedWork = (transaction: Transaction) => Promise<void>

/**
 * Changes of tables, collected while a change of metadata is worked out and carried out at its end. One statement takes the strongest locks, a second
 * one those on tables that foreign keys lead to, each within its patience all together, so that what is locked already is never held for long while
 * another table is waited for. Each table is altered once.
 */
export class SchemaChanges {
  readonly #made: string[] = []
  readonly #altered = new Map<string, TableChange>()
  readonly #referenced = new Set<string>()
  readonly #after: (Statement | LockedWork)[] = []
  readonly #created = new Set<string>()
  readonly #dropped = { tables: [] as string[], keys: [] as string[] }

  /** Makes a table by these statements; needs no lock, since nobody knows it. */
  create(table: string, statements: readonly string[]): void {
    this.#created.add(table)
    this.#made.push(...statements)
  }

  /** Something that takes no lock on a table that is in use: a sequence. */
  make(statement: string): void {
    this.#made.push(statement)
  }

  /** An action of ALTER TABLE; `references` names a table that a foreign key leads to. */
  alter(table: string, action: string, references?: string): void {
    const change = this.#altered.get(table)
    if (change) change.actions.push(action)
    else this.#altered.set(table, { actions: [action] })
    if (references !== undefined) this.#referenced.add(references)
  }

  /** This change makes the table. */
  has(table: string): boolean {
    return this.#created.has(table)
  }

  /** Drops a table after all others are altered. */
  drop(table: string): void {
    this.#dropped.tables.push(table)
    this.underLock(table, `DROP TABLE public.${quoteIdentifier(table)}`)
  }

  /** Drops the foreign key of a column, where there is one. */
  dropKey(table: string, column: string): void {
    this.#dropped.keys.push(`${column}_fkey`)
    this.alter(table, `DROP CONSTRAINT IF EXISTS ${column}_fkey`)
  }

  /** An action of ALTER TABLE that comes after all others of the table. */
  afterwards(table: string, action: string): void {
    this.#after.push({ text: `ALTER TABLE public.${quoteIdentifier(table)} ${action}`, purpose: 'platform' })
  }

  /** A statement that runs under the locks after all tables are altered: an index of a small table, values moved to a new column. */
  underLock(table: string, text: string, values?: readonly unknown[]): void {
    if (!this.#altered.has(table)) this.#altered.set(table, { actions: [] })
    this.#after.push({ text, purpose: 'platform', ...(values && { values }) })
  }

  /** Likewise what takes more than one statement; nobody else gets at the tables meanwhile. */
  workUnderLock(tables: readonly string[], work: LockedWork): void {
    for (const table of tables) if (!this.#altered.has(table)) this.#altered.set(table, { actions: [] })
    this.#after.push(work)
  }

  get isEmpty(): boolean {
    return this.#made.length === 0 && this.#altered.size === 0
  }

  /** Throws SQLSTATE 55P03 or 57014 where a table is in use for too long; then the transaction is lost and can be tried again. */
  async run(transaction: Transaction): Promise<void> {
    const run = (text: string) => transaction.query({ text, purpose: 'platform' })
    for (const statement of this.#made) await run(statement)
    const exclusive = [...new Set([...this.#altered.keys(), ...(await this.#ledTo(transaction))])].filter((table) => !this.#created.has(table)).sort()
    const shared = [...this.#referenced].filter((table) => !this.#created.has(table) && !exclusive.includes(table)).sort()
    await this.#lock(transaction, exclusive, 'ACCESS EXCLUSIVE', EXCLUSIVE_PATIENCE)
    await this.#lock(transaction, shared, 'SHARE ROW EXCLUSIVE', SHARED_PATIENCE)
    for (const [table, { actions }] of this.#altered) if (actions.length > 0) await run(`ALTER TABLE public.${quoteIdentifier(table)} ${actions.join(', ')}`)
    for (const step of this.#after) {
      if (typeof step === 'function') await step(transaction)
      else await transaction.query(step)
    }
  }

  /** Tables that foreign keys lead to which are dropped: PostgreSQL locks those as well, and would do so one by one. */
  async #ledTo(transaction: Transaction): Promise<string[]> {
    const { tables, keys } = this.#dropped
    if (tables.length === 0 && keys.length === 0) return []
    const rows = await transaction.query<{ name: string }>({
      text: `SELECT DISTINCT r.relname AS name FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid JOIN pg_class r ON r.oid = c.confrelid
              WHERE c.contype = 'f' AND t.relnamespace = 'public'::regnamespace AND (t.relname = ANY($1) OR c.conname = ANY($2))`,
      values: [tables, keys],
      purpose: 'platform',
    })
    return rows.map(({ name }) => name)
  }

  async #lock(transaction: Transaction, tables: readonly string[], mode: string, patience: number): Promise<void> {
    if (tables.length === 0) return
    const names = tables.map((table) => `public.${quoteIdentifier(table)}`).join(', ')
    // The statement's limit bounds the wait for all of them together; that of locks names the reason.
    await transaction.query({ text: `SET LOCAL lock_timeout = ${patience}`, purpose: 'platform' })
    await transaction.query({ text: `SET LOCAL statement_timeout = ${patience + 20}`, purpose: 'platform' })
    await transaction.query({ text: `LOCK TABLE ${names} IN ${mode} MODE`, purpose: 'platform' })
    await transaction.query({ text: 'SET LOCAL statement_timeout = 10000', purpose: 'platform' })
  }
}
