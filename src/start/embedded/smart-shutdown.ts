import type { Postmaster } from './postmaster.ts'
import { readPostmasterFile } from './postmaster-file.ts'

/** Milliseconds between two looks. */
const LOOK = 500

/**
 * Calls back once when PostgreSQL is shutting down and has not ended within a while. Told so by SIGTERM (a smart shutdown), it takes no new connections
 * and waits for the end of those that it has, which the server holds for good: nothing would ever end it. Answers what stops the looking.
 */
export function whenToldToStop(cluster: string, { pid }: Postmaster, told: () => void): () => void {
  let seen = false
  const timer = setInterval(() => {
    const file = readPostmasterFile(cluster)
    const stopping = file?.pid === pid && file.status === 'stopping'
    // Whoever stops the whole machine tells PostgreSQL and the server one after the other.
    if (stopping && seen) {
      clearInterval(timer)
      told()
    }
    seen = stopping
  }, LOOK).unref()
  return () => clearInterval(timer)
}
