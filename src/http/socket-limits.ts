import { LIMITS } from './limits.ts'

/** Counts what each key has open, up to a limit. */
export class OpenCounts {
  readonly #most: number
  readonly #open = new Map<string, number>()

  constructor(most: number) {
    this.#most = most
  }

  /** Counts one more; false, and counts nothing, where the key has as many as it may. */
  enter(key: string): boolean {
    const count = this.#open.get(key) ?? 0
    if (count >= this.#most) return false
    this.#open.set(key, count + 1)
    return true
  }

  leave(key: string): void {
    const count = (this.#open.get(key) ?? 0) - 1
    if (count > 0) this.#open.set(key, count)
    else this.#open.delete(key)
  }
}

/** Meters the messages of one socket: as many at once as `burst` says, and `perSecond` of them in the long run (a token bucket). Answers false for one too many. */
export function messageMeter({ burst, perSecond } = LIMITS.socketMessages, now: () => number = () => performance.now()): () => boolean {
  let left = burst
  let filled = now()
  return () => {
    const at = now()
    left = Math.min(burst, left + ((at - filled) * perSecond) / 1_000)
    filled = at
    if (left < 1) return false
    left -= 1
    return true
  }
}
