import { randomBytes } from 'node:crypto'
import { AUDIT_COLUMNS, type AuditRow, contentDigest, linkDigest, SALT_BYTES } from './chain.ts'
import { type CheckpointKey, signCheckpoint } from './checkpoint.ts'

/** Runs statements one after another in the stamper's transaction. */
export type Run = <Row>(text: string, values?: readonly unknown[]) => Promise<Row[]>

/** Where the chain ends. */
export interface ChainEnd {
  readonly position: bigint
  readonly digest: Buffer
}

/** Adds committed rows, at most so many, to the chain, which ends at `end`. Answers its new end. */
export async function stampAudit(run: Run, end: ChainEnd, most: number): Promise<ChainEnd> {
  const rows = await run<AuditRow>(`SELECT ${AUDIT_COLUMNS} FROM audit_log a WHERE position IS NULL ORDER BY a.sequence LIMIT $1`, [most])
  if (rows.length === 0) return end
  let { position, digest } = end
  const links = rows.map((row) => {
    position += 1n
    const salt = randomBytes(SALT_BYTES)
    const content = contentDigest(salt, row)
    digest = linkDigest(digest, position, content)
    return { sequence: row.sequence, position, salt, content, digest }
  })
  await run(
    `UPDATE audit_log a SET position = l.position, salt = l.salt, content_digest = l.content, digest = l.digest
       FROM unnest($1::bigint[], $2::bigint[], $3::bytea[], $4::bytea[], $5::bytea[]) AS l(sequence, position, salt, content, digest) WHERE a.sequence = l.sequence`,
    [
      links.map((link) => link.sequence),
      links.map((link) => String(link.position)),
      links.map((link) => link.salt),
      links.map((link) => link.content),
      links.map((link) => link.digest),
    ],
  )
  return { position, digest }
}

/** Signs the chain's end once a day (UTC), where anything was added since the last time. Answers whether it did. */
export async function checkpointDaily(run: Run, end: ChainEnd, at: Date, key: CheckpointKey): Promise<boolean> {
  if (end.position === 0n) return false
  const [last] = await run<{ position: string; day: string }>(
    `SELECT position::text, to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD') AS day FROM audit_checkpoint c ORDER BY c.position DESC LIMIT 1`,
  )
  if (last && (last.day === at.toISOString().slice(0, 10) || BigInt(last.position) === end.position)) return false
  const { keyId, signature } = signCheckpoint({ ...end, at }, key)
  await run('INSERT INTO audit_checkpoint (position, at, digest, key_id, signature) VALUES ($1, $2, $3, $4, $5)', [
    String(end.position),
    at,
    end.digest,
    keyId,
    signature,
  ])
  return true
}
