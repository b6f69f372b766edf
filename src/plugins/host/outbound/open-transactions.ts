import { AsyncLocalStorage } from 'node:async_hooks'

/** Knows, wherever code of a plugin runs, whether it does so inside of a transaction that it has opened itself. */
export interface OpenTransactions {
  inside<T>(work: () => Promise<T>): Promise<T>
  isInside(): boolean
}

export function createOpenTransactions(): OpenTransactions {
  const storage = new AsyncLocalStorage<true>()
  return { inside: (work) => storage.run(true, work), isInside: () => storage.getStore() === true }
}
