import type { Executor } from '../records/database.ts'

/** Where a request comes from; kept with sessions and audit rows. */
export interface RequestOrigin {
  readonly requestId: string
  readonly client: string | null
  readonly ip: string | null
  readonly userAgent: string | null
}

/** One line of the audit log about identity or rights. */
export interface AuditEntry {
  readonly at: Date
  readonly actorId: string | null
  /** How the actor acts: `user`, `api_key`, or the reason of system work. */
  readonly via: string
  /** `<thing>.<verb>`, e.g. `session.signIn`, `role.update`. */
  readonly action: string
  /** Users whom it concerns. */
  readonly userIds?: readonly string[]
  readonly origin: RequestOrigin
  /** `ok`, or why it was refused. */
  readonly result: string
}

const USER_MODULE_NUMBER = 1

/** Writes the line through the executor given: in the transaction of what it describes, or alone for a refusal. */
export async function writeAudit(executor: Executor, entry: AuditEntry): Promise<void> {
  const { at, actorId, via, action, userIds, origin, result } = entry
  await executor.query({
    text: `INSERT INTO audit_log (at, actor_id, via, action, module_number, record_ids, request_id, client, ip, result)
           VALUES ($1, $2, $3, $4, $5, $6::uuid[], $7, $8, $9, $10)`,
    values: [at, actorId, via, action, userIds ? USER_MODULE_NUMBER : null, userIds ?? null, origin.requestId, origin.client, origin.ip, result],
    purpose: 'platform',
  })
}
