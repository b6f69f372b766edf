import type { Executor } from '../database.ts'
import { AUDIT_COLUMNS, type AuditRow, contentDigest, FIRST_DIGEST, linkDigest } from './chain.ts'
import { type CheckpointKey, isGenuine } from './checkpoint.ts'

export interface AuditVerdict {
  /** Rows that were compared. */
  readonly rows: number
  readonly checkpoints: number
  /** Committed rows that are not in the chain yet. */
  readonly waiting: number
  /** What does not fit, a sentence each; empty where the log is as it was written. */
  readonly findings: readonly string[]
}

interface ChainedRow extends AuditRow {
  readonly position: string
  readonly salt: Buffer | null
  readonly contentDigest: Buffer | null
  readonly digest: Buffer | null
}

interface StoredCheckpoint {
  readonly position: string
  readonly at: Date
  readonly digest: Buffer
  readonly keyId: string
  readonly signature: Buffer
}

const PAGE = 5000
/** Findings that are told; one break is followed by many. */
const MOST = 100

/**
 * Computes the chain over the whole audit log again and compares it with what stands there and with the signed checkpoints: finds rows that were edited,
 * taken away, moved or added by hand. Rows that were taken from the end since the last checkpoint show as long as the stamper's own row was left alone.
 */
export async function verifyAudit(executor: Executor, keys: readonly CheckpointKey[]): Promise<AuditVerdict> {
  const findings: string[] = []
  const tell = (text: string): void => {
    if (findings.length < MOST) findings.push(text)
  }
  // In this order: what a server that runs adds meanwhile is the next verification's.
  const checkpoints = await readCheckpoints(executor)
  const end = await readEnd(executor)
  const signed = new Map(checkpoints.map((checkpoint) => [checkpoint.position, checkpoint]))
  let rows = 0
  let position = 0n
  let digest: Buffer = FIRST_DIGEST
  const nextPage = () => readPage(executor, position, end.position)
  for (let page = await nextPage(); page.length > 0; page = await nextPage()) {
    for (const row of page) {
      rows += 1
      const expected = position + 1n
      position = BigInt(row.position)
      if (position !== expected) tell(`Rows ${expected} to ${position - 1n} are missing: they were taken away, or moved.`)
      const { salt, digest: stored } = row
      const content = salt && contentDigest(salt, row)
      if (!content || !row.contentDigest?.equals(content))
        tell(`Row ${position} (${row.action}, sequence ${row.sequence}) was edited: it does not say what it said when it was written.`)
      const link = linkDigest(digest, position, row.contentDigest ?? FIRST_DIGEST)
      if (position === expected && !stored?.equals(link)) tell(`Row ${position} does not follow the row before it: one of them was moved, or replaced.`)
      digest = stored ?? link
      checkpointAt(signed.get(row.position), digest, keys, tell)
      signed.delete(row.position)
    }
  }
  for (const left of signed.values()) tell(`The checkpoint of ${left.at.toISOString()} stands at row ${left.position}, which is missing.`)
  if (end.position !== position || !end.digest.equals(digest))
    tell(`The chain ends at row ${position}, where the stamper had come to row ${end.position}: rows at the end are missing, or were added by hand.`)
  return { rows, checkpoints: checkpoints.length, waiting: end.waiting, findings }
}

function checkpointAt(checkpoint: StoredCheckpoint | undefined, digest: Buffer, keys: readonly CheckpointKey[], tell: (text: string) => void): void {
  if (!checkpoint) return
  const name = `The checkpoint of ${checkpoint.at.toISOString()} at row ${checkpoint.position}`
  const key = keys.find(({ id }) => id === checkpoint.keyId)
  if (!key) tell(`${name} is signed by the key ${checkpoint.keyId}, which is none of this installation's: give its secret too.`)
  else if (!isGenuine({ ...checkpoint, position: BigInt(checkpoint.position) }, key)) tell(`${name} has a signature that is not genuine.`)
  if (!checkpoint.digest.equals(digest)) tell(`${name} does not fit the rows before it: they were rewritten.`)
}

function readPage(executor: Executor, after: bigint, last: bigint): Promise<ChainedRow[]> {
  return executor.query<ChainedRow>({
    text: `SELECT ${AUDIT_COLUMNS}, position::text, salt, content_digest AS "contentDigest", digest FROM audit_log a WHERE a.position > $1 AND a.position <= $2 ORDER BY a.position LIMIT ${PAGE}`,
    values: [String(after), String(last)],
    purpose: 'platform',
  })
}

function readCheckpoints(executor: Executor): Promise<StoredCheckpoint[]> {
  return executor.query<StoredCheckpoint>({
    text: 'SELECT position::text, at, digest, key_id AS "keyId", signature FROM audit_checkpoint c ORDER BY c.position',
    purpose: 'platform',
  })
}

async function readEnd(executor: Executor): Promise<{ position: bigint; digest: Buffer; waiting: number }> {
  const [row] = await executor.query<{ position: string; digest: Buffer; waiting: number }>({
    text: `SELECT audit_position::text AS position, audit_digest AS digest, (SELECT count(*)::int FROM audit_log WHERE position IS NULL) AS waiting FROM stamper`,
    purpose: 'platform',
  })
  return row ? { ...row, position: BigInt(row.position) } : { position: 0n, digest: FIRST_DIGEST, waiting: 0 }
}
