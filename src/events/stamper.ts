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
  /** Something was committed by this process: look at once, or as soon as a pause between two batches is over. */
  wake(): void
  /** Ends after the batch under way; another process takes over. */
  stop(): Promise<void>
}

/** Any constant; whoever holds it stamps. */
const STAMPER_LOCK = 7_203_114_734
/** Milliseconds between two looks where there was nothing to do: while other processes have been writing, for so long, and otherwise. */
const IDLE = { besideOthers: 20, othersStay: 10_000, alone: 100 }
/** Milliseconds between two tries to take over, and after a failure. */
const STANDBY = 500
const FAILED = 1_000
/** Milliseconds between two batches of events: what comes meanwhile shares a commit, a signal, and a look of each cohort. */
const BREATH = 15
/** Milliseconds for which the audit waits while there are events: nobody is told of its rows. */
const AUDIT_PATIENCE = 250
const BATCH = 2_000

interface AuditState {
  readonly token: string
  readonly position: string
  readonly digest: Buffer
}

interface Work {
  readonly events: boolean
  readonly audit: boolean
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
  /** Something was committed since the last look. */
  let woken = false
  let isIdle = false
  /** When others were last seen to have written, of whom no word comes. */
  let othersSeen = Number.NEGATIVE_INFINITY
  let goOn = (): void => {}
  const pause = (milliseconds: number): Promise<void> =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, milliseconds).unref()
      goOn = () => {
        clearTimeout(timer)
        resolve()
      }
    })

  async function idle(): Promise<void> {
    if (woken) return
    isIdle = true
    await pause(performance.now() - othersSeen < IDLE.othersStay ? IDLE.besideOthers : IDLE.alone)
    isIdle = false
  }

  async function lead(connection: StamperConnection): Promise<void> {
    while (!stopped) {
      const [lock] = await connection.query<{ held: boolean }>('SELECT pg_try_advisory_lock($1) AS held', [STAMPER_LOCK])
      if (lock?.held) break
      await pause(STANDBY)
    }
    if (stopped) return
    const [raised] = await connection.query<{ token: string }>('UPDATE stamper SET token = token + 1 RETURNING token::text')
    const token = raised?.token as string
    const run: Run = (text, values) => connection.query(text, values)
    let day = ''
    let audited = 0
    while (!stopped) {
      const isWoken = woken
      woken = false
      const today = now().toISOString().slice(0, 10)
      const work = await workOf(run)
      const position = work.events ? await stampOutbox(run, token) : null
      if (position !== null) onStamped(position)
      if (position !== null && !isWoken) othersSeen = performance.now()
      const isQuiet = position === null
      if ((work.audit || today !== day) && (isQuiet || performance.now() - audited > AUDIT_PATIENCE)) {
        const done = await inTransaction(connection, () => stampAuditBatch(run, token))
        audited = performance.now()
        // The end of a day is not in the middle of what waits.
        if (done === 0) day = today
      } else if (isQuiet) await idle()
      if (!isQuiet) await pause(BREATH)
    }
  }

  /** Answers how many rows it chained. */
  async function stampAuditBatch(run: Run, token: string): Promise<number> {
    const [state] = await run<AuditState>('SELECT token::text, audit_position::text AS position, audit_digest AS digest FROM stamper FOR UPDATE')
    if (state?.token !== token) throw new FencedOut('another process stamps')
    const before = { position: BigInt(state.position), digest: state.digest }
    const end = await stampAudit(run, before, BATCH)
    const done = Number(end.position - before.position)
    if (done > 0) await run('UPDATE stamper SET audit_position = $1, audit_digest = $2', [String(end.position), end.digest])
    else if (await checkpointDaily(run, end, now(), key)) onCheckpoint({ position: String(end.position), digest: end.digest.toString('hex') })
    return done
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
    wake: () => {
      woken = true
      if (isIdle) goOn()
    },
    stop: async () => {
      stopped = true
      goOn()
      await running
    },
  }
}

async function workOf(run: Run): Promise<Work> {
  const [work] = await run<Work>(
    'SELECT EXISTS (SELECT FROM outbox WHERE position IS NULL) AS events, EXISTS (SELECT FROM audit_log WHERE position IS NULL) AS audit',
  )
  return work ?? { events: false, audit: false }
}

/**
 * Numbers a batch of events in one statement, so that each costs one commit. Answers the position of the last one; null where there was none. A stamper that was cut off waits here for the row that
 * its successor changes, finds another token in it, and numbers nothing.
 */
async function stampOutbox(run: Run, token: string): Promise<string | null> {
  const [row] = await run<{ held: boolean; position: string | null }>(
    `WITH state AS (SELECT outbox_position FROM stamper WHERE token = $1::bigint FOR UPDATE),
          due AS (SELECT o.sequence, state.outbox_position + row_number() OVER (ORDER BY o.sequence) AS position
                    FROM state, (SELECT sequence FROM outbox WHERE position IS NULL ORDER BY sequence LIMIT $2) o),
          stamped AS (UPDATE outbox o SET position = due.position FROM due WHERE o.sequence = due.sequence RETURNING o.position),
          moved AS (UPDATE stamper SET outbox_position = last.position FROM (SELECT max(position) AS position FROM stamped) last WHERE last.position IS NOT NULL RETURNING outbox_position)
     SELECT EXISTS (SELECT FROM state) AS held, (SELECT outbox_position::text FROM moved) AS position`,
    [token, BATCH],
  )
  if (!row?.held) throw new FencedOut('another process stamps')
  return row.position
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
