import { createHash } from 'node:crypto'

/** A row of `audit_log` as the chain takes it: everything that it says. Numbers are decimal text. */
export interface AuditRow {
  readonly sequence: string
  /** Milliseconds since the epoch. */
  readonly at: string
  readonly actorId: string | null
  readonly via: string
  readonly action: string
  readonly moduleNumber: number | null
  readonly recordIds: readonly string[]
  readonly changedFields: readonly string[]
  readonly changeSetId: string | null
  readonly requestId: string | null
  readonly client: string | null
  readonly ip: string | null
  readonly result: string
  readonly operation: string | null
  readonly rootFields: readonly string[] | null
  readonly sessionId: string | null
  readonly apiKeyId: string | null
  /** JSON as PostgreSQL writes it. */
  readonly details: string | null
}

/** Select list of an `AuditRow`. */
export const AUDIT_COLUMNS = `sequence::text, (extract(epoch FROM at) * 1000)::bigint::text AS at, actor_id::text AS "actorId", via, action, module_number AS "moduleNumber",
  record_ids::text[] AS "recordIds", changed_fields AS "changedFields", change_set_id::text AS "changeSetId", request_id AS "requestId", client, ip, result,
  operation, root_fields AS "rootFields", session_id::text AS "sessionId", api_key_id::text AS "apiKeyId", details::text AS details`

/** What the chain begins with. */
export const FIRST_DIGEST = Buffer.alloc(32)

/** Random bytes that go into a row's digest, so that what was erased from a row cannot be found by trying. */
export const SALT_BYTES = 16

/** SHA-256 over the salt and what the row says. */
export function contentDigest(salt: Buffer, row: AuditRow): Buffer {
  const said = [row.sequence, row.at, row.actorId, row.via, row.action, row.moduleNumber, row.recordIds, row.changedFields]
  const from = [row.changeSetId, row.requestId, row.client, row.ip, row.result]
  const more = [row.operation, row.rootFields, row.sessionId, row.apiKeyId, row.details]
  // Rows that were chained before there were these columns have none of them and keep their digests.
  const all = more.some((value) => value !== null) ? [...said, ...from, ...more] : [...said, ...from]
  return createHash('sha256').update(salt).update(JSON.stringify(all)).digest()
}

/** A row's link: SHA-256 over the link before it, its place and its content. A row that is edited, taken away or moved breaks every later link. */
export function linkDigest(before: Buffer, position: bigint, content: Buffer): Buffer {
  const place = Buffer.alloc(8)
  place.writeBigInt64BE(position)
  return createHash('sha256').update(before).update(place).update(content).digest()
}
