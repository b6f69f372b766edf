import type { ApolloClient, TypedDocumentNode } from '@apollo/client'
import { SignedOut } from '../session/session'
import { codeOf, isRetryable } from './errors'

/** Where the changes since a cursor are not to be had without a gap. */
const READ_ANEW: ReadonlySet<string | undefined> = new Set(['RESYNC', 'CURSOR_EXPIRED', 'CURSOR_INVALID'])
const LONGEST_WAIT = 30_000

export interface Followed<Data> {
  /** It takes the cursor as `after`. */
  readonly document: TypedDocumentNode<Data, { after: string }>
  /** The cursor that the current state was read at. */
  readonly after: string
  readonly cursorOf: (data: Data) => string
  next(data: Data): void
  /** Reads the current state, and answers the cursor that was taken with it. */
  readAnew(): Promise<string>
  /** It has ended: the session, or the right to it. */
  ended(error: unknown): void
}

/** Follows a subscription over whatever breaks the connection, from the last cursor on, so that nothing is missed. Answers a function that ends it. */
export function follow<Data>(client: ApolloClient, { document, after, cursorOf, next, readAnew, ended }: Followed<Data>): () => void {
  let cursor = after
  let failures = 0
  let stop = (): void => {}
  let stopped = false

  function open(): void {
    if (stopped) return
    let over = false
    let subscription: { unsubscribe(): void } | undefined
    const end = (error: unknown): void => {
      if (over || stopped) return
      over = true
      subscription?.unsubscribe()
      void recover(error)
    }
    subscription = client.subscribe({ query: document, variables: { after: cursor } }).subscribe({
      next: ({ data, error }) => {
        if (error || !data) return end(error)
        failures = 0
        cursor = cursorOf(data)
        next(data)
      },
      error: end,
      complete: () => end(undefined),
    })
    stop = () => subscription?.unsubscribe()
  }

  async function recover(error: unknown): Promise<void> {
    if (error instanceof SignedOut) return ended(error)
    try {
      if (READ_ANEW.has(codeOf(error))) cursor = await readAnew()
      else if (!isRetryable(error)) return ended(error)
    } catch (failure) {
      // The current state cannot be read: the same cursor leads to the same answer, and so here again.
      if (!isRetryable(failure)) return ended(failure)
    }
    if (stopped) return
    failures += 1
    const longest = Math.min(250 * 2 ** failures, LONGEST_WAIT)
    const timer = setTimeout(open, longest / 2 + (Math.random() * longest) / 2)
    stop = () => clearTimeout(timer)
  }

  // An unsubscription may come before the first turn: React mounts twice while developing.
  const timer = setTimeout(open)
  stop = () => clearTimeout(timer)
  return () => {
    stopped = true
    stop()
  }
}
