import type { Principal } from '../../records/access/policy.ts'
import type { Database } from '../../records/database.ts'
import type { Metadata } from '../../records/metadata/index.ts'
import type { Registry } from '../../records/registry/index.ts'
import type { Writer } from '../../records/write/index.ts'
import type { HostLog } from './plugin-log.ts'

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
  readonly signals: {
    publish(topic: string, text: string): void
    subscribe(topic: string, listener: (text: string | null) => void): () => void
  }
}
