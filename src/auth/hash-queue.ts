import { GuanxiError, say } from '../errors/index.ts'

/** Runs expensive work a few at a time. */
export interface HashQueue {
  /** Throws RATE_LIMITED when too many are waiting already, so that a flood of sign-ins cannot pile up work. */
  run<T>(work: () => Promise<T>): Promise<T>
}

/** `concurrency` jobs run at once, `waiting` more may wait. Hashing takes threads of the pool that file and DNS work shares. */
export function createHashQueue(concurrency: number, waiting: number): HashQueue {
  const queue: (() => void)[] = []
  let running = 0

  function release(): void {
    const next = queue.shift()
    if (next) next()
    else running -= 1
  }

  return {
    run: async (work) => {
      if (running < concurrency) running += 1
      else {
        if (queue.length >= waiting)
          throw new GuanxiError('RATE_LIMITED', say`Too many sign-ins are being checked at the moment. Try again shortly.`, { retryAfter: 1 })
        await new Promise<void>((resolve) => queue.push(resolve))
      }
      try {
        return await work()
      } finally {
        release()
      }
    },
  }
}
