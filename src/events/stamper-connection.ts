import pg from 'pg'
import type { StamperConnection } from './stamper.ts'

/**
 * A leader whose machine is gone says no goodbye: the server itself ends a session of which nothing is heard, so that its lock is free for the next one. The
 * stamper asks every 100 ms.
 */
const SESSION = [
  'idle_session_timeout=10000',
  'idle_in_transaction_session_timeout=10000',
  'tcp_keepalives_idle=10',
  'tcp_keepalives_interval=5',
  'tcp_keepalives_count=3',
]

/** Milliseconds that one statement may take: a batch is small, and whoever waits to take over should not wait for a dead one. */
const PATIENCE = 10_000

/** Opens the stamper's connection. Rejects where the server cannot be reached. */
export async function connectStamper(databaseUrl: string): Promise<StamperConnection> {
  const client = new pg.Client({
    connectionString: databaseUrl,
    application_name: 'guanxi-stamper',
    connectionTimeoutMillis: 5_000,
    statement_timeout: PATIENCE,
    query_timeout: PATIENCE + 1_000,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    options: SESSION.map((setting) => `-c ${setting}`).join(' '),
  })
  // The statement under way, or the next one, fails and tells.
  client.on('error', () => {})
  await client.connect()
  return {
    query: async (text, values) => (await client.query(text, values as unknown[] | undefined)).rows,
    close: () => client.end(),
  }
}
