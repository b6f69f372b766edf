import type { HookContext } from './context.ts'
import type { PluginText } from './text.ts'

export type RecordOperation = 'CREATED' | 'UPDATED' | 'DELETED' | 'RESTORED'

/** A record before or after a change, with all its fields, whatever the user may read. */
export type RecordImage = Readonly<Record<string, unknown>>

/** A change before it is written; the record is locked. */
export interface PendingChange {
  readonly operation: RecordOperation
  readonly id: string
  /** As it stands; null on create. */
  readonly before: RecordImage | null
  /** As it will be written. */
  readonly after: RecordImage
  /** The user's input names the field. */
  given(field: string): boolean
  /** The value will differ from the stored one. */
  changes(field: string): boolean
  /** Objects: the operation fails with VALIDATION_FAILED. `field` null: the record as a whole. `code` in upper case: `TOO_EARLY`. */
  refuse(field: string | null, code: string, message: PluginText): void
}

/** A change that a hook may alter. */
export interface ChangeableRecord extends PendingChange {
  /** Sets a field of the plugin's own, or one of a module on which it has UPDATE, whatever the user may write. References as ids. */
  set(field: string, value: unknown): void
}

/** A change that stands in the transaction. */
export interface WrittenChange {
  readonly operation: RecordOperation
  readonly id: string
  readonly version: number
  readonly before: RecordImage | null
  readonly after: RecordImage
}

interface Hook {
  /** Name of a module. */
  readonly module: string
  /** Only these operations; all unless given. */
  readonly on?: readonly RecordOperation[]
  /** Hooks of a lower number run first; 0 unless given. */
  readonly priority?: number
  /** Milliseconds that the whole batch may take; 2,000 unless given, at most 10,000. What takes longer fails. */
  readonly budget?: number
}

/**
 * Runs over the whole batch before the rules of the product, which see what it has set. Read set-based: one statement a batch, never one a record. The operation fails with PLUGIN_UNAVAILABLE where it fails;
 * with `optional` the write goes on without it, and what it had set already stays.
 */
export interface BeforeHook<Settings> extends Hook {
  readonly optional?: boolean
  run(changes: readonly ChangeableRecord[], context: HookContext<Settings>): Promise<void> | void
}

/** Judges what will be written, after all that could change it. It changes nothing, and where it fails nothing is written. */
export interface Guard<Settings> extends Hook {
  run(changes: readonly PendingChange[], context: HookContext<Settings>): Promise<void> | void
}

/** Runs after the rows are written, in the same transaction. */
export interface AfterHook<Settings> extends Hook {
  run(changes: readonly WrittenChange[], context: HookContext<Settings>): Promise<void> | void
}

/** A step of a SELECT field. */
export interface TransitionRule {
  /** Null: on create, and from no value. `*`: from anywhere. */
  readonly from: string | null
  /** Null: to no value. The field is cleared by such a step alone. */
  readonly to: string | null
  /** Fields that must have a value then. */
  readonly requires?: readonly string[]
  /** Keys of roles of which the user must have one; administrators, the system and the plugin by itself always may, and so do writes that follow from others. */
  readonly roles?: readonly string[]
}

/** What a record must fulfil; checked with the guards. */
export interface ValidationRule {
  readonly module: string
  /** Field that is told, or null: the record as a whole. */
  readonly field: string | null
  /** Upper case. */
  readonly code: string
  /** What is wrong with the record; null where nothing is. */
  check(record: RecordImage, before: RecordImage | null): PluginText | null
}
