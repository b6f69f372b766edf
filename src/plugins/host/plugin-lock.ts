import { setTimeout as delay } from 'node:timers/promises'
import { GuanxiError, say } from '../../errors/index.ts'
import { repeat } from '../../jobs/repeat.ts'
import type { Database, Transaction } from '../../records/database.ts'
import type { Turn } from './guarded-call.ts'

/** Tries, and milliseconds between them: ten seconds in all. */
const TRIES = 50
const PAUSE = 200

/** Milliseconds between two looks whether the lock is still held. Shorter than any time after which the database ends a transaction in which nothing happens. */
const LOOK = 1_000

/** Work that is done under a lock. `signal`: aborted when the lock is lost, or the turn is over. */
type LockedWork<T> = (signal: AbortSignal) => Promise<T>

/**
 * Holds an advisory lock for as long as `work` takes: in a transaction of its own, so that it goes with the process, and with the turn, whatever the work does then. Throws UNAVAILABLE where somebody else
 * holds it for too long, or where it is lost with its connection.
 */
export async function underLock<T>(database: Database, name: string, turn: Turn, work: LockedWork<T>): Promise<T> {
  for (let attempt = 1; attempt <= TRIES; attempt += 1) {
    turn.check()
    const result = await database.transaction(
      async (transaction) => {
        const [row] = await transaction.query<{ held: boolean }>({
          text: 'SELECT pg_try_advisory_xact_lock(hashtextextended($1, 7203114)) AS held',
          values: [`plugin ${name}`],
          purpose: 'background',
        })
        return row?.held ? { value: await whileHeld(transaction, name, turn, work) } : null
      },
      // What the work does needs connections, too.
      { isGuard: true },
    )
    if (result) return result.value
    await delay(PAUSE)
  }
  throw new GuanxiError('UNAVAILABLE', say`Somebody else holds the lock of the plugin ${name}. Try again later.`)
}

async function whileHeld<T>(transaction: Transaction, name: string, turn: Turn, work: LockedWork<T>): Promise<T> {
  const end = new AbortController()
  const ended = new Promise<never>((_, reject) => end.signal.addEventListener('abort', () => reject(end.signal.reason), { once: true }))
  ended.catch(() => {})
  const stop = (): void => end.abort(new GuanxiError('UNAVAILABLE', say`The time of whoever held the lock of the plugin ${name} is up.`))
  if (turn.signal.aborted) stop()
  turn.signal.addEventListener('abort', stop, { once: true })
  // Each look also keeps the database from ending a transaction in which nothing happens.
  const looks = repeat({
    every: LOOK,
    run: () => transaction.query({ text: 'SELECT', purpose: 'background' }),
    onError: (cause) =>
      end.abort(new GuanxiError('UNAVAILABLE', say`The lock of the plugin ${name} was lost with its connection. Try again later.`, {}, { cause })),
  })
  try {
    return await Promise.race([work(end.signal), ended])
  } finally {
    turn.signal.removeEventListener('abort', stop)
    await looks.stop()
    end.abort()
  }
}
