import type { RecordImage } from './hooks.ts'
import type { PluginFetch } from './network.ts'
import type { RecordChanges, RecordReader, Records } from './records.ts'

export type LogDetails = Readonly<Record<string, unknown>>

/** Lines of the server's log, with the plugin's name. One that floods it is cut off for a while. */
export interface PluginLog {
  debug(message: string, details?: LogDetails): void
  info(message: string, details?: LogDetails): void
  warn(message: string, details?: LogDetails): void
  error(message: string, details?: LogDetails): void
}

/** A small cache of this process: 1,000 values of this plugin, each for as long as it says. Other processes have their own, so keep nothing there that must be true. */
export interface PluginCache {
  get(key: string): unknown
  /** `ttl`: milliseconds. */
  set(key: string, value: unknown, ttl: number): void
  delete(key: string): void
}

/** Figures of this process, for whoever watches it: `guanxi_plugin_total{plugin,name}`. */
export interface PluginMetrics {
  /** `name`: one of at most 50 of the plugin, which name no records and no people. */
  count(name: string, by?: number): void
}

/** What is there wherever code of a plugin runs. */
export interface PluginContext<Settings> {
  readonly plugin: string
  readonly version: string
  /** As the settings schema has parsed them; frozen. */
  readonly settings: Settings
  /** Now, by the product's clock, which tests can set. */
  now(): Date
  readonly log: PluginLog
  readonly cache: PluginCache
  readonly metrics: PluginMetrics
}

/** Who the plugin works for. */
export interface Actor {
  readonly id: string
  /** Keys of roles. */
  readonly roles: readonly string[]
  /** The system itself: set-up, timers. */
  readonly system: boolean
  /** The plugin by itself, as its service user: jobs, handlers of events. */
  readonly self: boolean
}

/** Where the plugin works for a user: resolvers, computed fields, routes. */
export interface CallContext<Settings> extends PluginContext<Settings> {
  readonly user: Actor
  readonly records: Records
  /** The user has one of the plugin's own permissions. */
  permits(permission: string): boolean
  /** Records beyond the user's rights, within the plugin's capabilities. Needs the capability `system`; the reason stands in the audit log. */
  asSystem(reason: string): Promise<Records>
}

/** Where the plugin judges a write, in its transaction. There is no network here: every moment holds locks. */
export interface HookContext<Settings> extends PluginContext<Settings> {
  readonly user: Actor
  /** Moment of the change set, RFC 3339. */
  readonly at: string
  readonly changeSetId: string
  /** The changes follow from others; nobody has asked for them. */
  readonly derived: boolean
  /** What the user reads, as it stands in this transaction. */
  readonly records: RecordReader
  permits(permission: string): boolean
  /** Reads and writes beyond the user's rights, within the plugin's capabilities, in the same transaction. Needs the capability `system`; stands in the audit log. */
  asSystem(reason: string): Promise<RecordReader & DerivedRecords>
  /**
   * Writes that follow from the change, on records of the plugin's own modules and to its own fields of others: they need no right of the user, and go through
   * rules, history and events like all writes.
   */
  readonly derive: DerivedRecords
}

export interface DerivedRecords {
  /**
   * Records as they stand now, by id, with all their fields (by `asSystem` without sensitive ones that `capabilities.fields` does not name), which nobody else changes until the transaction ends. Waits for others who change them; what is read afterwards shows what
   * those have committed, so that a figure made of many records misses none. What is not there is left out.
   */
  lock(module: string, ids: readonly string[]): Promise<ReadonlyMap<string, RecordImage>>
  create(module: string, records: readonly Readonly<Record<string, unknown>>[]): Promise<readonly string[]>
  update(module: string, updates: readonly { readonly id: string; readonly values: Readonly<Record<string, unknown>> }[]): Promise<void>
  delete(module: string, ids: readonly string[]): Promise<void>
}

/** Where the plugin works by itself, as its own service user: handlers of events, jobs, lifecycle. */
export interface WorkContext<Settings> extends PluginContext<Settings> {
  readonly records: Records
  asSystem(reason: string): Promise<Records>
  readonly jobs: JobQueue
  /** Aborted when the process must end, the plugin is switched off, or the time is up. */
  readonly signal: AbortSignal
  /**
   * Runs `work` while no other process runs work under the same name of this plugin; waits its turn for up to ten seconds. Throws UNAVAILABLE then, where locks hold as many connections of this process as they may (`POOL_SIZE`), and where the lock is lost with its connection, which is
   * seen within a second or two: `signal` is aborted then, and what `work` still does is no longer alone. The lock ends with the turn, so what must not be done twice whatever happens is written by `once`.
   */
  lock<T>(name: string, work: (signal: AbortSignal) => Promise<T>): Promise<T>
}

/** Work that may begin more than once, since the process can be killed at any moment. */
export interface OnceContext<Settings> extends WorkContext<Settings> {
  /**
   * Runs `work` in one transaction, which also notes that this piece of work is done: its writes take effect exactly once, however often the work is begun. At most once in each run, and last.
   */
  once<T>(work: (records: RecordChanges, jobs: JobQueue) => Promise<T>): Promise<T>
}

/** Where jobs and handlers of events work: nobody waits for them, so they may ask the network. */
export interface TaskContext<Settings> extends OnceContext<Settings> {
  readonly fetch: PluginFetch
}

export interface JobQueue {
  /**
   * Puts one of the plugin's jobs into the queue. `key`: a job of the same key that waits is replaced. `at`: not before, RFC 3339. Needs the capability `jobs`.
   */
  add(job: string, payload: unknown, options?: { readonly key?: string; readonly at?: string }): Promise<void>
  /** Takes the job of that key out of the queue, if it waits there. */
  remove(job: string, key: string): Promise<void>
}
