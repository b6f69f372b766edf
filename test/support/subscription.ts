import type pg from 'pg'
import type { AnsweredError, TestClient, Variables } from './client.ts'
import { eventually } from './guanxi-process.ts'

/** One answer of a subscription. */
export interface Told {
  // biome-ignore lint/suspicious/noExplicitAny: a test reads whatever its own subscription selected
  readonly data: any
  readonly errors: readonly AnsweredError[]
}

/** An open subscription of a test. */
export interface Subscription {
  /** What has come so far. */
  readonly told: readonly Told[]
  /** It has ended, as the server would have it. */
  readonly ended: boolean
  /** Waits until so many have come in all. */
  until(count: number, timeout?: number): Promise<readonly Told[]>
  close(): void
}

/** Subscribes over the client's socket. Whether the server has begun is not told: `after` a cursor nothing is missed. */
export function subscribe(client: TestClient, query: string, variables: Variables = {}): Subscription {
  const told: Told[] = []
  let ended = false
  const close = client.socket().subscribe<unknown>(
    { query, variables: { ...variables } },
    {
      next: ({ data, errors }) => told.push({ data, errors: (errors ?? []) as unknown as AnsweredError[] }),
      error: (error) => {
        told.push({ data: null, errors: Array.isArray(error) ? error : [] })
        ended = true
      },
      complete: () => {
        ended = true
      },
    },
  )
  return {
    told,
    get ended() {
      return ended
    },
    until: async (count, timeout = 5_000) => {
      await eventually(async () => told.length >= count || ended, timeout)
      return told
    },
    close,
  }
}

/** Changes get their places in a while. Waits until none that was committed is without one. */
export async function untilPlaced(raw: pg.Client): Promise<void> {
  await eventually(async () => (await raw.query('SELECT FROM outbox WHERE position IS NULL')).rowCount === 0)
}

/** A cursor behind all that was committed. */
export async function cursorOf(raw: pg.Client, client: TestClient): Promise<string> {
  await untilPlaced(raw)
  return (await client.data('{ changeCursor }')).changeCursor
}
