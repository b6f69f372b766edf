import { setTimeout as delay } from 'node:timers/promises'
import { StaleEpochError } from './epochs.ts'

/** Longer than the poll by which a process hears of a changed schema at the latest. */
const TRIES = 20
const PAUSE = 150

/** Does it again where rights or schema changed meanwhile; `work` reads both anew each time. Throws StaleEpochError where that does not end. */
export async function underCurrentEpochs<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof StaleEpochError) || attempt === TRIES) throw error
      if (attempt > 1) await delay(PAUSE)
    }
  }
}
