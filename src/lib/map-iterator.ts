/** What follows from one value: another one, after which there may be no more. */
export interface Mapped<T> {
  readonly value: T
  readonly last: boolean
}

/**
 * Another iterator over the values of this one. No generator: those pass an end on only when their next value has come, and the end of a subscription must
 * reach its source at once. `ended` is called once, however it ends.
 */
export function mapIterator<T, U>(
  source: AsyncIterable<T>,
  map: (value: T) => Promise<Mapped<U>> | Mapped<U>,
  ended: () => void = () => {},
): AsyncIterableIterator<U> {
  const iterator = source[Symbol.asyncIterator]()
  let isOpen = true
  const close = (): IteratorResult<U> => {
    if (isOpen) {
      isOpen = false
      ended()
    }
    return { value: undefined, done: true }
  }
  const end = async (): Promise<IteratorResult<U>> => {
    const result = close()
    await iterator.return?.()
    return result
  }
  return {
    [Symbol.asyncIterator]() {
      return this
    },
    next: async () => {
      if (!isOpen) return { value: undefined, done: true }
      try {
        const { value, done } = await iterator.next()
        if (done) return close()
        const mapped = await map(value)
        if (mapped.last) await end()
        return { value: mapped.value, done: false }
      } catch (error) {
        await end()
        throw error
      }
    },
    return: end,
    throw: async (error) => {
      await end()
      throw error
    },
  }
}
