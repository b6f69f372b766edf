import type pg from 'pg'
import type { TestClient } from './client.ts'
import { eventually } from './guanxi-process.ts'

export { type Subscription, subscribe, type Told } from '../../src/testing/subscription.ts'

/** Changes get their places in a while. Waits until none that was committed is without one. */
export async function untilPlaced(raw: pg.Client): Promise<void> {
  await eventually(async () => (await raw.query('SELECT FROM outbox WHERE position IS NULL')).rowCount === 0)
}

/** A cursor behind all that was committed. */
export async function cursorOf(raw: pg.Client, client: TestClient): Promise<string> {
  await untilPlaced(raw)
  return (await client.data('{ changeCursor }')).changeCursor
}
