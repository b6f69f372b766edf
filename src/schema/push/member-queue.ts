/** Values for one reader, in order, of which so many may wait. Ends once, with a last value or without. */
export class MemberQueue<T> implements AsyncIterableIterator<T> {
  readonly #most: number
  readonly #onEnd: () => void
  readonly #waiting: T[] = []
  #reader: ((result: IteratorResult<T>) => void) | undefined
  #onDrain: (() => void) | undefined
  #ended = false

  /** `onEnd`: called once, however it ends. */
  constructor(most: number, onEnd: () => void) {
    this.#most = most
    this.#onEnd = onEnd
  }

  get length(): number {
    return this.#waiting.length
  }

  get ended(): boolean {
    return this.#ended
  }

  /** Resolves when no more than so many wait, or it has ended. One waits at a time. */
  async drained(most: number): Promise<void> {
    while (!this.#ended && this.#waiting.length > most)
      await new Promise<void>((resolve) => {
        this.#onDrain = resolve
      })
  }

  /** False where too many wait already: the value is lost, and the queue has to be ended. */
  push(value: T): boolean {
    if (this.#ended) return true
    if (this.#reader) {
      this.#reader({ value, done: false })
      this.#reader = undefined
      return true
    }
    if (this.#waiting.length >= this.#most) return false
    this.#waiting.push(value)
    return true
  }

  /** What waits is still read, then `last`, then nothing. */
  end(last?: T): void {
    if (this.#ended) return
    this.#ended = true
    if (last !== undefined) {
      if (this.#reader) this.#reader({ value: last, done: false })
      else this.#waiting.push(last)
    } else this.#reader?.({ value: undefined, done: true })
    this.#reader = undefined
    this.#onDrain?.()
    this.#onEnd()
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  next(): Promise<IteratorResult<T>> {
    const value = this.#waiting.shift()
    this.#onDrain?.()
    if (value !== undefined) return Promise.resolve({ value, done: false })
    if (this.#ended) return Promise.resolve({ value: undefined, done: true })
    return new Promise((resolve) => {
      this.#reader = resolve
    })
  }

  /** The reader has gone: what waits is let go. */
  return(): Promise<IteratorResult<T>> {
    this.#waiting.length = 0
    this.end()
    return Promise.resolve({ value: undefined, done: true })
  }
}
