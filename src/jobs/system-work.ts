import type { Principal } from '../records/access/policy.ts'
import type { Database } from '../records/database.ts'
import type { Registry } from '../records/registry/index.ts'
import type { Writer } from '../records/write/index.ts'

/** What the system writes records with that nobody asked it for. */
export interface SystemWork {
  readonly database: Database
  readonly writer: Writer
  readonly registry: () => Registry
  /** The system, by the epochs of now. */
  readonly principal: () => Promise<Principal>
  readonly now: () => Date
}
