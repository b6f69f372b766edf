import type { GraphQLEngine, Runtime } from '../operation.ts'

export interface SwapOptions {
  /** Version that the database is at. */
  readonly readVersion: () => Promise<number>
  /** Makes the runtime of the present version; changes nothing that is served. */
  readonly buildRuntime: () => Promise<Runtime>
  /** Called before each swap, ahead of all others. */
  readonly beforeSwap: (current: Runtime, next: Runtime) => void
  /** Called in the tick of the swap, before anybody else hears of it. */
  readonly onSwap: (runtime: Runtime) => void
}

/** The runtime that is served, and its replacement by newer ones. */
export interface Swap extends Pick<GraphQLEngine, 'refresh' | 'reach' | 'onRuntime' | 'beforeRuntime'> {
  readonly current: Runtime
  /** The next runtime is known of and being made: settles when it is served, or could not be made. Never rejects. */
  readonly coming: Promise<void> | undefined
}

/** Milliseconds between two looks while a version is awaited. */
const LOOK = 50

/** Begins with the runtime of the present version. */
export async function createSwap({ readVersion, buildRuntime, beforeSwap, onSwap }: SwapOptions): Promise<Swap> {
  const listeners = new Set<(runtime: Runtime) => void>()
  const preparations = new Set<(next: Runtime) => Promise<void>>()
  let current = await buildRuntime()
  let looking: Promise<void> | undefined
  let coming: Promise<void> | undefined
  let next: Promise<void> | undefined
  onSwap(current)

  async function look(): Promise<void> {
    if ((await readVersion()) <= current.version) return
    const replaced = replace()
    const settled = (): void => {
      coming = undefined
    }
    coming = replaced.then(settled, settled)
    await replaced
  }

  async function replace(): Promise<void> {
    const built = await buildRuntime()
    if (built.version <= current.version) return
    beforeSwap(current, built)
    for (const prepare of preparations) await prepare(built)
    current = built
    onSwap(built)
    for (const listener of listeners) listener(built)
  }

  /** One look at a time. Whoever comes while one is under way gets the one after it, since that may have read the version too early. */
  function refreshed(): Promise<void> {
    if (looking === undefined) {
      looking = look().finally(() => {
        looking = undefined
      })
      return looking
    }
    next ??= looking
      .catch(() => {})
      .then(() => {
        next = undefined
        return refreshed()
      })
    return next
  }

  return {
    get current() {
      return current
    },
    get coming() {
      return coming
    },
    refresh: async () => {
      await refreshed()
      return current.version
    },
    reach: async (version, timeout) => {
      const deadline = performance.now() + timeout
      for (;;) {
        if (current.version >= version) return true
        await refreshed()
        if (current.version >= version) return true
        if (performance.now() + LOOK > deadline) return false
        await new Promise((resolve) => setTimeout(resolve, LOOK))
      }
    },
    onRuntime(listener) {
      listeners.add(listener)
      listener(current)
      return () => listeners.delete(listener)
    },
    beforeRuntime(prepare) {
      preparations.add(prepare)
      return () => preparations.delete(prepare)
    },
  }
}
