/** What may wait for a reader. */
export interface QueueLimits {
  readonly values: number
  /** Sum of their sizes; the value that goes beyond it is the last that is taken. */
  readonly size: number
}

interface Waiting<T> {
  readonly value: T
  readonly size: number
}

/** Values for one reader, in order, of which so many may wait. Ends once, with a last value or without. */
export class MemberQueue<T> implements AsyncIterableIterator<T> {
  readonly #limits: QueueLimits
  readonly #onEnd: () => void
  readonly #waiting: Waiting<T>[] = []
  #size = 0
  #reader: ((result: IteratorResult<T>) => void) | undefined
  #onDrain: (() => void) | undefined
  #ended = false

  /** `onEnd`: called once, however it ends. */
  constructor(limits: QueueLimits, onEnd: () => void) {
    this.#limits = limits
    this.#onEnd = onEnd
  }

  get ended(): boolean {
    return this.#ended
  }

  /** Resolves when no more waits than this part of what may wait, or it has ended. One waits at a time. */
  async drained(part: number): Promise<void> {
    const { values, size } = this.#limits
    while (!this.#ended && (this.#waiting.length > values * part || this.#size > size * part))
      await new Promise<void>((resolve) => {
        this.#onDrain = resolve
      })
  }

  /** False where too much waits already: the value is lost, and the queue has to be ended. */
  push(value: T, size: number): boolean {
    if (this.#ended) return true
    if (this.#reader) {
      this.#reader({ value, done: false })
      this.#reader = undefined
      return true
    }
    if (this.#waiting.length >= this.#limits.values || this.#size > this.#limits.size) return false
    this.#waiting.push({ value, size })
    this.#size += size
    return true
  }

  /** What waits is still read, then `last`, then nothing. */
  end(last?: T): void {
    if (this.#ended) return
    this.#ended = true
    if (last !== undefined) {
      if (this.#reader) this.#reader({ value: last, done: false })
      else this.#waiting.push({ value: last, size: 0 })
    } else this.#reader?.({ value: undefined, done: true })
    this.#reader = undefined
    this.#onDrain?.()
    this.#onEnd()
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  next(): Promise<IteratorResult<T>> {
    const first = this.#waiting.shift()
    this.#size -= first?.size ?? 0
    this.#onDrain?.()
    if (first !== undefined) return Promise.resolve({ value: first.value, done: false })
    if (this.#ended) return Promise.resolve({ value: undefined, done: true })
    return new Promise((resolve) => {
      this.#reader = resolve
    })
  }

  /** The reader has gone: what waits is let go. */
  return(): Promise<IteratorResult<T>> {
    this.#waiting.length = 0
    this.#size = 0
    this.end()
    return Promise.resolve({ value: undefined, done: true })
  }
}
