/**
 * Values as they come, for one reader: who is slower than they are gets the latest one and misses those between. `listen` begins to give values and
 * answers how to stop it.
 */
export function latestValues<T>(listen: (give: (value: T) => void) => () => void): AsyncIterableIterator<T> {
  let waiting: ((result: IteratorResult<T, undefined>) => void) | undefined
  let latest: { readonly value: T } | undefined
  let ended = false
  const stop = listen((value) => {
    if (ended) return
    if (waiting) {
      waiting({ value, done: false })
      waiting = undefined
    } else latest = { value }
  })
  const end = (): IteratorResult<T, undefined> => {
    ended = true
    stop()
    waiting?.({ value: undefined, done: true })
    waiting = undefined
    return { value: undefined, done: true }
  }
  return {
    [Symbol.asyncIterator]() {
      return this
    },
    next: () => {
      if (ended) return Promise.resolve({ value: undefined, done: true })
      if (latest) {
        const { value } = latest
        latest = undefined
        return Promise.resolve({ value, done: false })
      }
      return new Promise((resolve) => {
        waiting = resolve
      })
    },
    return: () => Promise.resolve(end()),
    throw: (error) => {
      end()
      return Promise.reject(error)
    },
  }
}
