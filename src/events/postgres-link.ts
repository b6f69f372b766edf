import pg from 'pg'
import { backOff } from '../lib/back-off.ts'
import type { Database } from '../records/database.ts'
import type { SignalLink, SignalLinkEvents } from './signal-link.ts'

/** One channel for all topics; PostgreSQL keeps the channels of its databases apart. */
const CHANNEL = 'guanxi_signals'
/** Shown in `pg_stat_activity`. */
const APPLICATION = 'guanxi-signals'
/** Milliseconds between two looks whether the connection still lives, and what an answer may take. */
const HEARTBEAT = 10_000
const PATIENCE = 5_000

export interface PostgresLinkOptions extends SignalLinkEvents {
  /** What texts are sent through; a lost listening connection does not keep this node from telling others. */
  readonly database: Database
  readonly databaseUrl: string
}

/** LISTEN on a connection of its own, which is made anew whenever it is lost, and NOTIFY through the pool. */
export function createPostgresLink({ database, databaseUrl, onText, onListening, onLost }: PostgresLinkOptions): SignalLink {
  let client: pg.Client | undefined
  let timer: NodeJS.Timeout | undefined
  let attempt = 0
  let lost = false
  let closed = false

  function connect(): void {
    const made = new pg.Client({
      connectionString: databaseUrl,
      application_name: APPLICATION,
      connectionTimeoutMillis: PATIENCE,
      query_timeout: PATIENCE,
      keepAlive: true,
      keepAliveInitialDelayMillis: 10_000,
      // The server ends a session that is cut off: it hears a heartbeat from any other.
      options: '-c idle_session_timeout=30000 -c tcp_keepalives_idle=10 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3',
    })
    client = made
    const fail = (error: unknown): void => {
      if (client !== made) return
      client = undefined
      clearTimeout(timer)
      discard(made)
      if (!lost) onLost(error)
      lost = true
      attempt += 1
      timer = setTimeout(connect, backOff(attempt)).unref()
    }
    const beat = (): void => {
      timer = setTimeout(() => made.query('SELECT 1').then(beat, fail), HEARTBEAT).unref()
    }
    made.on('error', fail)
    made.on('end', () => fail(new Error('the database ended the session')))
    made.on('notification', ({ payload }) => {
      if (client === made) onText(payload ?? '')
    })
    made
      .connect()
      .then(() => made.query(`LISTEN ${CHANNEL}`))
      .then(() => {
        if (client !== made) return
        attempt = 0
        lost = false
        beat()
        onListening()
      }, fail)
  }

  connect()
  return {
    send: async (text) => {
      await database.query({ text: 'SELECT pg_notify($1, $2)', values: [CHANNEL, text], purpose: 'background' })
    },
    close: async () => {
      if (closed) return
      closed = true
      clearTimeout(timer)
      const last = client
      client = undefined
      if (last) await discard(last)
    },
  }
}

/** Ends a session politely, and its socket in any case: a server that is frozen answers no farewell. */
async function discard(client: pg.Client): Promise<void> {
  const { stream } = (client as unknown as { connection: { stream: { destroy(): void } } }).connection
  let timer: NodeJS.Timeout | undefined
  const impatience = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, 500)
  })
  await Promise.race([client.end().catch(() => {}), impatience])
  clearTimeout(timer)
  stream.destroy()
}
