import type { Principal } from '../../records/access/policy.ts'
import type { ReadLog } from '../../records/audit/index.ts'
import type { Database } from '../../records/database.ts'
import type { Metadata } from '../../records/metadata/index.ts'
import type { Registry } from '../../records/registry/index.ts'
import type { Writer } from '../../records/write/index.ts'
import type { OpenTransactions } from './outbound/open-transactions.ts'
import type { Transport } from './outbound/transport.ts'

/** The part of the server's logger that is used. */
export interface HostLog {
  debug(details: object, message: string): void
  info(details: object, message: string): void
  warn(details: object, message: string): void
  error(details: object, message: string): void
}

/** What is counted of plugins. */
export interface PluginMetrics {
  /** A call of a plugin's code: `ok`, `refused`, `failed` or `not called`. */
  call(plugin: string, outcome: string, milliseconds: number): void
  /** What a plugin counts itself. */
  count(plugin: string, name: string, by: number): void
}

/** What the host works with. */
export interface HostServices {
  readonly database: Database
  readonly writer: Writer
  /** The registry that is served now. */
  readonly registry: () => Registry
  readonly now: () => Date
  readonly log: HostLog
  /** ISO 4217. */
  readonly organisationCurrency: string
  readonly metadata: Pick<Metadata, 'changePlugins'>
  /** Null for a user who may not act. */
  readonly principalOfUser: (userId: string) => Promise<Principal | null>
  readonly system: (reason: string) => Promise<Principal>
  /** Takes down who was shown what of sensitive fields, before it goes out. */
  readonly noteReads: ReadLog['note']
  readonly metrics: PluginMetrics
  /** How requests of plugins go out. */
  readonly transport: Transport
  readonly openTransactions: OpenTransactions
  readonly signals: {
    publish(topic: string, text: string): void
    subscribe(topic: string, listener: (text: string | null) => void): () => void
  }
}
