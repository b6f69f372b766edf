import { GuanxiError, say } from '../../errors/index.ts'
import { sqlState } from '../database.ts'

/** Waiting for a table longer than this in one try would stop everybody who comes later. */
const IN_USE = new Set(['55P03', '57014', '40P01', '40001'])
const DEFAULT_PATIENCE = 45_000

/**
 * Runs a transaction that locks tables: again and again while they are in use, never long enough for others to feel. After `patience` milliseconds
 * throws UNAVAILABLE; then nothing has changed.
 */
export async function untilFree<T>(patience: number | undefined, attempt: () => Promise<T>): Promise<T> {
  const deadline = performance.now() + (patience ?? DEFAULT_PATIENCE)
  for (;;) {
    try {
      return await attempt()
    } catch (error) {
      if (!isInUse(error)) throw error
      const pause = 300 + Math.random() * 400
      if (performance.now() + pause > deadline) {
        throw new GuanxiError(
          'UNAVAILABLE',
          say`The tables are in use by a long transaction, so the change was not made. Try again later.`,
          {},
          { cause: error },
        )
      }
      await new Promise((resolve) => setTimeout(resolve, pause))
    }
  }
}

/** Something was locked or took too long, and may not be the next time: the statement's own error, or the one that the database layer made of it. */
export function isInUse(error: unknown): boolean {
  const cause = error instanceof GuanxiError && error.code === 'UNAVAILABLE' ? error.cause : error
  const state = sqlState(cause)
  return state !== undefined && IN_USE.has(state)
}
