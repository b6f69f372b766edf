import { type CheckpointKey, checkpointDaily, type Run, stampAudit } from '../records/audit/index.ts'

/** A connection of the stamper's own: it holds the lock for as long as it lives. */
export interface StamperConnection {
  query<Row>(text: string, values?: readonly unknown[]): Promise<Row[]>
  close(): Promise<void>
}

export interface StamperOptions {
  readonly connect: () => Promise<StamperConnection>
  readonly now: () => Date
  /** Signs the audit's ends of days. */
  readonly key: CheckpointKey
  /** Told of a checkpoint, which an operator can keep elsewhere. */
  readonly onCheckpoint: (checkpoint: { readonly position: string; readonly digest: string }) => void
  /** Told when changes have got places, up to this one. */
  readonly onStamped: (position: string) => void
  readonly onError: (error: unknown) => void
}

export interface Stamper {
  /** Ends after the batch under way; another process takes over. */
  stop(): Promise<void>
}

/** Any constant; whoever holds it stamps. */
const STAMPER_LOCK = 7_203_114_734
/** Milliseconds between two looks where there was nothing to do, between two tries to take over, and after a failure. */
const IDLE = 40
const STANDBY = 500
const FAILED = 1_000
const BATCH = 2_000

interface StamperRow {
  readonly token: string
  readonly outboxPosition: string
  readonly auditPosition: string
  readonly auditDigest: Buffer
}

/** Another process has taken over while this one believed that it still held the lock. */
class FencedOut extends Error {}

/**
 * Numbers committed events and audit rows, one process at a time. The order of sequences is not that of commits, and no writer can know it; this one sees
 * only what is committed, so a position once given is behind every later one, and whoever reads by positions misses nothing. The lock is taken in a statement
 * before the rows are read; a token, raised by each who takes it and compared in each batch, keeps out one that was cut off and does not know yet.
 */
export function startStamper({ connect, now, key, onCheckpoint, onStamped, onError }: StamperOptions): Stamper {
  let stopped = false
  let wake = (): void => {}
  const pause = (milliseconds: number): Promise<void> =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, milliseconds).unref()
      wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })

  async function lead(connection: StamperConnection): Promise<void> {
    while (!stopped) {
      const [lock] = await connection.query<{ held: boolean }>('SELECT pg_try_advisory_lock($1) AS held', [STAMPER_LOCK])
      if (lock?.held) break
      await pause(STANDBY)
    }
    if (stopped) return
    const [raised] = await connection.query<{ token: string }>('UPDATE stamper SET token = token + 1 RETURNING token::text')
    const run: Run = (text, values) => connection.query(text, values)
    let day = ''
    while (!stopped) {
      const today = now().toISOString().slice(0, 10)
      if (today === day && !(await hasWork(run))) {
        await pause(IDLE)
        continue
      }
      const { done, position } = await inTransaction(connection, () => stampBatch(run, raised?.token as string))
      if (position !== null) onStamped(position)
      // The end of a day is not in the middle of what waits.
      if (done === 0) day = today
    }
  }

  /** `position`: of the last change that got one; null where none did. */
  async function stampBatch(run: Run, token: string): Promise<{ readonly done: number; readonly position: string | null }> {
    const [state] = await run<StamperRow>(
      'SELECT token::text, outbox_position::text AS "outboxPosition", audit_position::text AS "auditPosition", audit_digest AS "auditDigest" FROM stamper FOR UPDATE',
    )
    if (state?.token !== token) throw new FencedOut('another process stamps')
    const outboxPosition = await stampOutbox(run, state.outboxPosition)
    const before = { position: BigInt(state.auditPosition), digest: state.auditDigest }
    const end = await stampAudit(run, before, BATCH)
    const stamped = Number(BigInt(outboxPosition) - BigInt(state.outboxPosition) + end.position - before.position)
    if (stamped > 0)
      await run('UPDATE stamper SET outbox_position = $1, audit_position = $2, audit_digest = $3', [outboxPosition, String(end.position), end.digest])
    if (stamped === 0 && (await checkpointDaily(run, end, now(), key))) onCheckpoint({ position: String(end.position), digest: end.digest.toString('hex') })
    return { done: stamped, position: outboxPosition === state.outboxPosition ? null : outboxPosition }
  }

  const running = (async () => {
    while (!stopped) {
      let connection: StamperConnection | undefined
      try {
        connection = await connect()
        await lead(connection)
      } catch (error) {
        if (!(error instanceof FencedOut)) onError(error)
        if (!stopped) await pause(FAILED)
      } finally {
        await connection?.close().catch(() => {})
      }
    }
  })()

  return {
    stop: async () => {
      stopped = true
      wake()
      await running
    },
  }
}

async function hasWork(run: Run): Promise<boolean> {
  const [row] = await run<{ work: boolean }>(
    'SELECT EXISTS (SELECT FROM outbox WHERE position IS NULL) OR EXISTS (SELECT FROM audit_log WHERE position IS NULL) AS work',
  )
  return row?.work === true
}

async function stampOutbox(run: Run, position: string): Promise<string> {
  const [row] = await run<{ position: string }>(
    `WITH due AS (SELECT sequence, $1::bigint + row_number() OVER (ORDER BY sequence) AS position FROM (SELECT sequence FROM outbox WHERE position IS NULL ORDER BY sequence LIMIT $2) o),
          stamped AS (UPDATE outbox o SET position = due.position FROM due WHERE o.sequence = due.sequence RETURNING o.position)
     SELECT coalesce(max(position), $1::bigint)::text AS position FROM stamped`,
    [position, BATCH],
  )
  return row?.position ?? position
}

async function inTransaction<T>(connection: StamperConnection, work: () => Promise<T>): Promise<T> {
  await connection.query('BEGIN')
  try {
    const value = await work()
    await connection.query('COMMIT')
    return value
  } catch (error) {
    await connection.query('ROLLBACK').catch(() => {})
    throw error
  }
}
