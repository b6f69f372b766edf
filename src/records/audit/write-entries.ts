import type { Principal } from '../access/policy.ts'
import type { Executor, StatementPurpose } from '../database.ts'

/** Who did it, and by what means. */
export interface AuditActor {
  readonly actorId: string | null
  /** `user`, `api_key`, or the named reason of system work. */
  readonly via: string
  readonly sessionId?: string | null
  readonly apiKeyId?: string | null
}

/** Where it came from. */
export interface AuditOrigin {
  readonly requestId: string
  readonly client: string | null
  readonly ip: string | null
  /** The operation as the client names it; null for one without a name. */
  readonly operation?: string | null
  /** What the operation asked for, e.g. `createAccount`. */
  readonly rootFields?: readonly string[]
}

/** One line of the audit log. Record mutations write theirs with the rows that they change (`write/rows.ts`); everything else comes by here. */
export interface AuditEntry extends AuditActor {
  readonly at: Date
  /** `<thing>.<verb>`, e.g. `session.signIn`, `role.update`. */
  readonly action: string
  readonly moduleNumber?: number | null
  readonly recordIds?: readonly string[]
  /** Ids of fields, or names of what was touched. */
  readonly fields?: readonly string[]
  readonly origin: AuditOrigin
  /** `ok`, or why it was refused. */
  readonly result: string
  readonly details?: Readonly<Record<string, unknown>> | null
}

/** Who a principal is in the audit. */
export function actorOf({ userId, via, sessionId, apiKeyId }: Principal): AuditActor {
  return { actorId: userId, via, sessionId: sessionId ?? null, apiKeyId: apiKeyId ?? null }
}

/** Writes lines in one statement, through the executor given: in the transaction of what they describe, or alone for what was refused or only read. */
export async function writeEntries(executor: Executor, entries: readonly AuditEntry[], purpose: StatementPurpose): Promise<void> {
  if (entries.length === 0) return
  const rows = entries.map(({ origin, ...entry }) => ({
    at: entry.at,
    actor_id: entry.actorId,
    via: entry.via,
    action: entry.action,
    module_number: entry.moduleNumber ?? null,
    record_ids: entry.recordIds ?? [],
    changed_fields: entry.fields ?? [],
    request_id: origin.requestId,
    client: origin.client,
    ip: origin.ip,
    result: entry.result,
    operation: origin.operation ?? null,
    root_fields: origin.rootFields ?? null,
    session_id: entry.sessionId ?? null,
    api_key_id: entry.apiKeyId ?? null,
    details: entry.details ?? null,
  }))
  await executor.query({
    text: `INSERT INTO audit_log (${COLUMNS.join(', ')}) SELECT ${COLUMNS.map((column) => `x.${column}`).join(', ')} FROM json_to_recordset($1::json) AS x(${TYPED})`,
    values: [JSON.stringify(rows)],
    purpose,
  })
}

const TYPES = {
  at: 'timestamptz',
  actor_id: 'uuid',
  via: 'text',
  action: 'text',
  module_number: 'int',
  record_ids: 'uuid[]',
  changed_fields: 'text[]',
  request_id: 'text',
  client: 'text',
  ip: 'text',
  result: 'text',
  operation: 'text',
  root_fields: 'text[]',
  session_id: 'uuid',
  api_key_id: 'uuid',
  details: 'jsonb',
} as const
const COLUMNS = Object.keys(TYPES)
const TYPED = Object.entries(TYPES)
  .map(([column, type]) => `${column} ${type}`)
  .join(', ')
