import { setImmediate as turn } from 'node:timers/promises'

/** Milliseconds for which others may be kept waiting. */
const LONGEST = 15

/** For long work in pieces: a function to be called between two of them, which lets others have their turn when it is time. */
export function breather(now: () => number = () => performance.now()): () => Promise<void> {
  let since = now()
  return async () => {
    if (now() - since < LONGEST) return
    await turn()
    since = now()
  }
}
