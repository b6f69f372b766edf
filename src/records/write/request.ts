import type { Principal } from '../access/policy.ts'
import type { ModuleDefinition, Registry } from '../registry/definition.ts'

/**
 * Input of one record: API field name → API value, as the schema layer has coerced it. Left out = unchanged, null = cleared.
 * REFERENCE and USER: a `RecordRef`; REFERENCES: `{set: [RecordRef]}` or `{add: [RecordRef], remove: [RecordRef]}`, where a member that is null or left out
 * says nothing, what is added and removed is there afterwards, and `set` leaves links to records in the recycle bin alone; MONEY `{amount, currency}`; PHONE, DATE,
 * DATETIME, DECIMAL, SELECT: text; DURATION, INTEGER, RATING: number; MULTI_SELECT and tags: text list; externalIds:
 * `[{system, key}]`; `ref`: a name for this create that later references of the same operation use.
 */
export type RecordInput = Readonly<Record<string, unknown>>

/** Exactly one member: id, externalId, ref, or a unique field's name. */
export type RecordRef = Readonly<Record<string, unknown>>

export type ConflictRule = 'FAIL' | 'MERGE'

export interface UpdateItem {
  readonly id: string
  readonly input: RecordInput
  readonly ifVersion?: number | null
  readonly onConflict?: ConflictRule | null
}

export interface UpsertItem {
  readonly by: RecordRef
  readonly input: RecordInput
  readonly ifVersion?: number | null
  readonly onConflict?: ConflictRule | null
}

export interface TargetItem {
  readonly id: string
  readonly ifVersion?: number | null
}

/** `path` starts each issue's path, e.g. `['input']`; for bulk operations the index follows it. */
export interface WriteOptions {
  /** Path of one item's input inside the arguments, by index: single operations `() => ['input']`, bulk `(i) => ['input', i]`. */
  readonly pathOf: (index: number) => readonly (string | number)[]
}

/** Outcome in the order of the input. */
export interface WriteOutcome {
  readonly ids: readonly string[]
  /** Per item: a new record was made (create and upsert). */
  readonly created: readonly boolean[]
}

/** The writes of one operation: one transaction, one change set. Created by `runChangeSet`. */
export interface ChangeSet {
  readonly id: string
  readonly principal: Principal
  readonly registry: Registry
  create(module: ModuleDefinition, inputs: readonly RecordInput[], options: WriteOptions): Promise<WriteOutcome>
  update(module: ModuleDefinition, items: readonly UpdateItem[], options: WriteOptions): Promise<WriteOutcome>
  upsert(module: ModuleDefinition, items: readonly UpsertItem[], options: WriteOptions): Promise<WriteOutcome>
  delete(module: ModuleDefinition, items: readonly TargetItem[], options: WriteOptions): Promise<WriteOutcome>
  restore(module: ModuleDefinition, items: readonly TargetItem[], options: WriteOptions): Promise<WriteOutcome>
}

/** What the caller says about the operation; stored with the change set and the audit row. */
export interface ChangeOrigin {
  readonly requestId: string
  readonly cause: 'api' | 'import' | 'workflow' | 'plugin' | 'restore' | 'system'
  readonly operationName?: string | null
  /** What the operation asked for, e.g. `createAccount`. */
  readonly rootFields?: readonly string[]
  readonly client?: string | null
  readonly ip?: string | null
  /** Nothing of it will be kept: numbers of series are shown, and not taken. */
  readonly dryRun?: boolean
}
