import { randomUUID } from 'node:crypto'
import { type AuditActor, type AuditOrigin, actorOf, writeEntries } from '../records/audit/index.ts'
import type { Executor } from '../records/database.ts'
import { SYSTEM_USER_ID } from './system-principal.ts'

export { actorOf }

/** Where a request comes from; kept with sessions and audit rows. */
export interface RequestOrigin extends AuditOrigin {
  readonly userAgent: string | null
}

/** One line of the audit log about identity or rights. */
export interface AuditEntry extends AuditActor {
  readonly at: Date
  /** `<thing>.<verb>`, e.g. `session.signIn`, `role.update`. */
  readonly action: string
  /** Users whom it concerns. */
  readonly userIds?: readonly string[]
  /** Names of what was touched. */
  readonly fields?: readonly string[]
  readonly origin: AuditOrigin
  /** `ok`, or why it was refused. */
  readonly result: string
  readonly details?: Readonly<Record<string, unknown>>
}

const USER_MODULE_NUMBER = 1

/** Writes the line through the executor given: in the transaction of what it describes, or alone for a refusal. */
export function writeAudit(executor: Executor, { userIds, ...entry }: AuditEntry): Promise<void> {
  return writeEntries(executor, [{ ...entry, moduleNumber: userIds ? USER_MODULE_NUMBER : null, recordIds: userIds ?? [] }], 'platform')
}

/** Writes a line about work that no person asked for, outside of every request. `reason` names the work. */
export function writeSystemAudit(
  executor: Executor,
  reason: string,
  entry: Pick<AuditEntry, 'at' | 'action' | 'userIds' | 'fields' | 'details'>,
): Promise<void> {
  const origin = { requestId: randomUUID(), client: null, ip: null }
  return writeAudit(executor, { ...entry, actorId: SYSTEM_USER_ID, via: reason, origin, result: 'ok' })
}
