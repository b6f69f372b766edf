import { type Exchange, exchange } from './exchange.ts'
import { statusOf } from './server-process.ts'
import type { World } from './world.ts'

/** What a server answered at one moment. */
export interface Probe {
  /** Milliseconds since the probing began. */
  readonly at: number
  readonly health: number | null
  readonly ready: number | null
  readonly query: Exchange
}

export interface Probing {
  readonly probes: readonly Probe[]
  /** Resolves with the milliseconds since the probing began when all is well. */
  well(patience: number): Promise<number>
  stop(): Promise<void>
}

const PAUSE = 100

/** Asks a server again and again how it is, and for records. */
export function startProbing(url: string, { actors }: World, patience: number): Probing {
  const began = performance.now()
  const probes: Probe[] = []
  let stopped = false
  const running = (async () => {
    for (let count = 0; !stopped; count += 1) {
      const at = performance.now() - began
      const [health, ready, query] = await Promise.all([
        statusOf(url, '/health', patience),
        statusOf(url, '/ready', patience),
        exchange({
          url,
          token: actors[0]?.token ?? '',
          query: '{ accounts(first: 1) { nodes { id } } }',
          variables: {},
          requestId: `probe-${count}`,
          patience,
        }),
      ])
      probes.push({ at, health, ready, query })
      await new Promise((resolve) => setTimeout(resolve, PAUSE))
    }
  })()
  return {
    probes,
    well: async (limit) => {
      for (const from = probes.length; ; ) {
        const good = probes.slice(from).find(({ health, ready, query }) => health === 200 && ready === 200 && query.outcome === 'ok')
        if (good) return performance.now() - began
        if (performance.now() - began > limit) throw new Error(`not well within ${limit} ms: ${JSON.stringify(probes.at(-1))}`)
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
    },
    stop: async () => {
      stopped = true
      await running
    },
  }
}
