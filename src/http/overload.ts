import { monitorEventLoopDelay } from 'node:perf_hooks'
import { type Message, say } from '../errors/index.ts'

export interface OverloadOptions {
  /** Milliseconds by which the event loop may be late, on average over each of two samples in a row; 0 for no limit. */
  readonly delay: number
  /** Statements and transactions that may wait for a connection to the database. */
  readonly queue: number
  /** How many wait now. */
  readonly waiting: () => number
}

export interface Overload {
  /** Why the process should take nothing more at the moment; null where it should. */
  reason(): Message | null
  /** Begins to watch the event loop; what made it late before, a start for one, does not count. */
  watch(): void
  stop(): void
}

/** Milliseconds between two samples, and between two looks of the monitor at the clock. */
const SAMPLE = 500
const RESOLUTION = 20

/**
 * How busy the process is. Whoever is refused at once can go elsewhere, or come again; whoever waits with a thousand others makes all of them wait longer. One sample alone says nothing: a single
 * long turn (a large schema, a collection of garbage) is over when it is seen.
 */
export function createOverload({ delay, queue, waiting }: OverloadOptions): Overload {
  const loop = monitorEventLoopDelay({ resolution: RESOLUTION })
  let late = 0
  let timer: NodeJS.Timeout | undefined

  const sample = (): void => {
    // Without a look at the clock in all that time there is nothing to average.
    late = loop.mean / 1e6 - RESOLUTION > delay ? late + 1 : 0
    loop.reset()
  }

  return {
    reason: () => {
      if (late >= 2) return say`The server has more to do than it can at the moment.`
      if (waiting() >= queue) return say`Too many requests wait for the database.`
      return null
    },
    watch: () => {
      if (delay === 0 || timer !== undefined) return
      loop.enable()
      timer = setInterval(sample, SAMPLE).unref()
    },
    stop: () => {
      clearInterval(timer)
      loop.disable()
    },
  }
}
