import type { Message } from '../../errors/index.ts'
import type { AccessPolicy, Principal } from '../access/policy.ts'
import type { Executor, Transaction } from '../database.ts'
import type { Registry } from '../registry/definition.ts'
import type { ChangeOrigin } from './request.ts'

/** What happened to a record; the words of history and outbox. */
export type Operation = 'CREATED' | 'UPDATED' | 'DELETED' | 'RESTORED'

/**
 * One record at one version: every stored field by API name, in the API's output forms (references as ids, MONEY
 * `{amount, currency}`, PHONE `{raw, e164}`, tags as names). A field without a value is null. REFERENCES are lists of ids, there only where the
 * change names them.
 */
export type RecordImage = Readonly<Record<string, unknown>>

/** A change before it is written. Rules may add values and objections; they never see rows the caller could not write. */
export interface PendingChange {
  readonly operation: Operation
  readonly id: string
  /** The record as it stands (locked); null on create. */
  readonly before: RecordImage | null
  /** The record as it will be written; follows `set`. */
  readonly after: RecordImage
  /** The caller's input names the field. */
  given(field: string): boolean
  /** The field's value will differ from the stored one. */
  changes(field: string): boolean
  /**
   * Sets a field, read-only ones included, regardless of the caller's field levels. Takes input forms, references as ids.
   * A value that breaks the field's own limits becomes an issue of this change.
   */
  set(field: string, value: unknown): void
  /** Objects; the whole operation fails with VALIDATION_FAILED. `field` null: the record as a whole. */
  refuse(field: string | null, code: string, message: Message): void
}

/** A change that stands in the transaction. */
export interface AppliedChange {
  readonly operation: Operation
  readonly id: string
  readonly version: number
  readonly before: RecordImage | null
  readonly after: RecordImage
}

/** Values of a derived write, in input forms with references as ids. */
export interface DerivedUpdate {
  readonly id: string
  readonly values: Readonly<Record<string, unknown>>
}

/**
 * Writes that follow from the caller's change (totals, history rows). They need no rights of the caller and may set read-only
 * fields, and they pass through rules, history, outbox and audit like all others.
 */
export interface DerivedWrites {
  create(module: string, records: readonly Readonly<Record<string, unknown>>[]): Promise<readonly string[]>
  /** Leaves records alone that already hold the values. Unknown or deleted ids are skipped. */
  update(module: string, updates: readonly DerivedUpdate[]): Promise<void>
  delete(module: string, ids: readonly string[]): Promise<void>
}

/** Sum of a MONEY field over several records. `amount` means something only where there is one currency. */
export interface MoneyTotal {
  readonly count: number
  readonly currencies: readonly string[]
  readonly amount: string
  /** In the organisation's currency, at the rates of the records. */
  readonly base: string
}

export interface RuleContext {
  readonly principal: Principal
  readonly registry: Registry
  readonly transaction: Transaction
  readonly changeSetId: string
  readonly origin: ChangeOrigin
  /** Moment of the change set, `YYYY-MM-DDTHH:MM:SS.mmmZ`. */
  readonly at: string
  /** ISO 4217 code in which `base` amounts are kept. */
  readonly organisationCurrency: string
  readonly derive: DerivedWrites
  /** The changes follow from others of the change set; nobody has asked for them. */
  readonly derived: boolean
  /** Allows everything, for statements of a rule's own (`secured`); what they read goes into nothing but what the rule decides. */
  readonly unrestricted: AccessPolicy
  /** Has `work` done, outside of the transaction, where the change set is refused or fails and nothing of it stands. For what must be noted all the same; its failure is nobody's. */
  afterRollback(work: (executor: Executor) => Promise<void>): void
  /** Runs what may move the access epoch (shares of records), while nobody else moves it; the change set goes on under the epochs that it has made. Throws StaleEpochError. */
  moveRights<T>(work: () => Promise<T>): Promise<T>
  /**
   * Undeleted records by id, whatever the caller may read. `lock` keeps others from changing them until the transaction ends
   * and reads their latest committed state.
   */
  images(module: string, ids: Iterable<string | null | undefined>, options?: { lock?: boolean }): Promise<ReadonlyMap<string, RecordImage>>
  /**
   * Undeleted records of `module` whose reference field names one of `ids`, by that id. With `latestBy` (a field), only the one
   * with the greatest value each.
   */
  related(module: string, reference: string, ids: Iterable<string>, options?: { latestBy?: string }): Promise<ReadonlyMap<string, readonly RecordImage[]>>
  /** Sum of the MONEY field of those records, by the id that they refer to; an id without records is absent. */
  totals(module: string, reference: string, money: string, ids: Iterable<string>): Promise<ReadonlyMap<string, MoneyTotal>>
}

/** Behaviour of one module, called once for a whole batch. */
export interface ModuleRule {
  readonly module: string
  /** After validation and before anything is written. Reads set-based: one statement a batch, never one a record. */
  before?(changes: readonly PendingChange[], context: RuleContext): Promise<void> | void
  /** After the rows are written, in the same transaction. */
  after?(changes: readonly AppliedChange[], context: RuleContext): Promise<void> | void
}
