import type { z } from 'zod'
import type { CallContext, OnceContext, TaskContext, WorkContext } from './context.ts'
import type { RecordImage, RecordOperation } from './hooks.ts'

/** A change that has been committed. */
export interface RecordEvent {
  /** Place in the order of all changes; grows. */
  readonly position: string
  readonly module: string
  readonly id: string
  readonly version: number
  readonly operation: RecordOperation
  /** Names of the fields that changed. */
  readonly changedFields: readonly string[]
  /** Who made it. */
  readonly actorId: string | null
  readonly at: string
}

/**
 * Is told of each committed change at least once, in their order, up to 500 at a time, by one process at a time. A handler that fails is tried again, later each time; the events
 * behind it wait.
 */
export interface EventHandler<Settings> {
  /** Permanent: how far it has come is kept by it. */
  readonly name: string
  readonly modules: readonly string[]
  readonly on?: readonly RecordOperation[]
  /** Milliseconds for one batch; 30,000 unless given. */
  readonly budget?: number
  run(events: readonly RecordEvent[], context: TaskContext<Settings>): Promise<void>
}

/** What runs beside the requests, at least once for each time that it is asked for. */
export interface Job<Settings, Payload = unknown> {
  /** Permanent: jobs of that name may wait in the queue while the plugin is upgraded. */
  readonly name: string
  readonly payload?: z.ZodType<Payload>
  /** Minute, hour, day of month, month, day of week, in UTC: `0 3 * * 1-5`. Then it also runs by itself, with the payload `{at}`, the moment of the timetable. */
  readonly cron?: string
  /** How often it is begun at most where it fails; 10 unless given. */
  readonly attempts?: number
  /** Milliseconds; 60,000 unless given. */
  readonly budget?: number
  run(payload: Payload, context: TaskContext<Settings>): Promise<void>
}

/** A timer whose time has come. */
export interface DueTimer {
  readonly module: string
  /** Of the record. */
  readonly id: string
  /** When it was due, RFC 3339. */
  readonly at: string
}

/**
 * A moment that follows from a record, such as the end of a term, and what is done then. Each record has one timer of the name: it is set, moved and cancelled with the record, in the same
 * transaction, and shown among `timers`. It fires once for each moment, seconds after it at the latest, or when the plugin is at work again. Needs the capability `jobs`.
 */
export interface Timer<Settings> {
  /** Permanent: timers of that name wait while the plugin is upgraded. */
  readonly name: string
  readonly module: string
  /** When, RFC 3339, or a date, whose beginning in UTC counts; null: never. It looks at the record alone, since it is asked again only when that changes. What is past fires at once. */
  at(record: RecordImage): string | null
  /** How often `run` is begun at most where it fails; 10 unless given. */
  readonly attempts?: number
  /** Milliseconds for `run`; 60,000 unless given. */
  readonly budget?: number
  /** Is not called for a timer that was moved or cancelled after it fired. At least once otherwise, and exactly once in effect by `once`. */
  run(due: DueTimer, context: TaskContext<Settings>): Promise<void>
}

/** A step that brings what an earlier version left to what this one needs. Each runs once, in one transaction with the note that it has run. */
export interface PluginMigration<Settings> {
  /** Permanent; they run in the order of the list. */
  readonly name: string
  run(context: OnceContext<Settings>): Promise<void>
}

/** What a plugin does at the steps of its life. `onEnable` and `onUpgrade` are begun again where they failed, or their process was killed: they must bear that. */
export interface Lifecycle<Settings> {
  /** When it is enabled, after its modules and fields are there. A plugin that fails here is out of service. */
  onEnable?(context: WorkContext<Settings>): Promise<void>
  /** Before its modules and fields go out of sight, which they do even where it fails. */
  onDisable?(context: WorkContext<Settings>): Promise<void>
  /** When a later version is in service. `from`: the last version of which this was done. A plugin that fails here is out of service; the version that is enabled next is told of the same `from`. */
  onUpgrade?(from: string, context: WorkContext<Settings>): Promise<void>
  /** Before its modules and fields go out of sight. */
  onUninstall?(context: WorkContext<Settings>): Promise<void>
}

export interface RouteRequest {
  readonly method: string
  /** Below `/plugins/<name>`, with its slash. */
  readonly path: string
  readonly query: Readonly<Record<string, string>>
  readonly headers: Readonly<Record<string, string>>
  /** At most 1 MiB. */
  readonly body: Buffer
}

export interface RouteAnswer {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Buffer | object
}

/** Answers HTTP requests of signed-in users below `/plugins/<name>`. Needs the capability `routes`. */
export interface Route<Settings> {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Exactly this path: `/export`. */
  readonly path: string
  /** One of the plugin's own permissions; every signed-in user unless given. */
  readonly permission?: string
  handle(request: RouteRequest, context: CallContext<Settings>): Promise<RouteAnswer>
}
