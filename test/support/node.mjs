/**
 * One node as a process of its own, until its standard input ends: prints `{"port": …}` when it serves. The environment gives DATABASE_URL, settings, and
 * DEAF=1 for one that no signal reaches, COUNT_HELD=1 for one that counts its timers, and RETRY_DELAYS (a JSON list of seconds). With GC exposed (`--expose-gc`), a line on standard input is answered by the node's state (see nodes.ts).
 */

import { createHook } from 'node:async_hooks'
import { tmpdir } from 'node:os'
import { createInterface } from 'node:readline'
import { buildIfNeeded } from '../../scripts/build.mjs'

/** Timers that are set, also those that keep no process alive. */
const timers = new Set()
if (process.env.COUNT_HELD === '1') createHook({ init: (id, type) => type === 'Timeout' && timers.add(id), destroy: (id) => timers.delete(id) }).enable()

// As users run it, which also takes less than half of the processor time that a start from the sources takes.
buildIfNeeded()
const { createApp } = await import('../../dist/app.js')
const { loadConfig } = await import('../../dist/config/index.js')
const { ensureAdministrator } = await import('../../dist/start/first-administrator.js')

const config = loadConfig(process.env, tmpdir())
const app = await createApp(config, {
  databaseUrl: config.databaseUrl,
  secrets: ['a secret of tests that is long enough for anybody'],
  deaf: process.env.DEAF === '1',
  retryDelays: JSON.parse(process.env.RETRY_DELAYS ?? 'null') ?? undefined,
})
await ensureAdministrator(app.kernel, config)

let schemas = 0
let swaps = -1
const collected = new FinalizationRegistry(() => {
  schemas -= 1
})
app.engine.onRuntime(({ schema }) => {
  schemas += 1
  swaps += 1
  collected.register(schema)
})

const print = (value) => process.stdout.write(`${JSON.stringify(value)}\n`)

/** Collects until nothing more goes: finalizers run in turns of their own. */
async function settle() {
  let before = Number.POSITIVE_INFINITY
  for (let round = 0; round < 20; round += 1) {
    globalThis.gc()
    await new Promise((resolve) => setTimeout(resolve, 20))
    const { heapUsed } = process.memoryUsage()
    if (round > 3 && heapUsed > before - 10_000) break
    before = heapUsed
  }
}

/** The least of what is held at several moments: requests and rounds that are under way hold more for a while. */
async function held() {
  await settle()
  let [leastTimers, leastSockets] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]
  for (let look = 0; look < 40; look += 1) {
    leastTimers = Math.min(leastTimers, timers.size)
    leastSockets = Math.min(leastSockets, process.getActiveResourcesInfo().filter((type) => type === 'TCPSocketWrap').length)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  const decorated = Object.values(globalThis.TypeGraphQLMetadataStorage ?? {}).filter(Array.isArray)
  return {
    timers: leastTimers,
    sockets: leastSockets,
    listeners: process.eventNames().reduce((sum, name) => sum + process.listenerCount(name), 0),
    decorated: decorated.reduce((sum, list) => sum + list.length, 0),
  }
}

const COMMANDS = {
  held,
  memory: async () => {
    await settle()
    return { schemas, swaps, heap: process.memoryUsage().heapUsed }
  },
  /** Processor time, in milliseconds, of looking at the database and serving what is new. */
  refresh: async () => {
    const swapsBefore = swaps
    const before = process.cpuUsage()
    const version = await app.engine.refresh()
    const { user, system } = process.cpuUsage(before)
    return { version, swapped: swaps > swapsBefore, cpu: (user + system) / 1000 }
  },
}

const lines = createInterface({ input: process.stdin })
lines.on('line', (line) => COMMANDS[line]().then(print))
lines.on('close', async () => {
  await app.close()
  process.exit(0)
})
print({ port: (await app.listen()).port })
