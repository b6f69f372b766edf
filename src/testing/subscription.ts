import type { AnsweredError, Connection, Variables } from './connection.ts'
import { eventually } from './eventually.ts'

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
  /** Waits until so many have come in all, or it has ended. */
  until(count: number, timeout?: number): Promise<readonly Told[]>
  /** The next one that has not been asked for yet; waits for it. Throws where it does not come in time, 5 seconds unless given. */
  next(timeout?: number): Promise<Told>
  close(): void
}

/** Subscribes over the client's socket. Whether the server has begun is not told: `after` a cursor nothing is missed. */
export function subscribe(client: Pick<Connection, 'socket'>, query: string, variables: Variables = {}): Subscription {
  const told: Told[] = []
  let ended = false
  let taken = 0
  const until = async (count: number, timeout = 5_000): Promise<readonly Told[]> => {
    await eventually(async () => told.length >= count || ended, timeout)
    return told
  }
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
    until,
    next: async (timeout) => {
      taken += 1
      const answer = (await until(taken, timeout))[taken - 1]
      if (!answer) throw new Error(`the subscription ended after ${told.length} answers`)
      return answer
    },
    close,
  }
}
