/**
 * One node as a process of its own, until its standard input ends: prints `{"port": …}` when it serves. The environment gives DATABASE_URL, settings, and
 * DEAF=1 for one that no signal reaches, and RETRY_DELAYS (a JSON list of seconds). With GC exposed (`--expose-gc`), a line on standard input is answered by the node's state (see nodes.ts).
 */

import { tmpdir } from 'node:os'
import { createInterface } from 'node:readline'
import '../../scripts/typescript.mjs'

const { createApp } = await import('../../src/app.ts')
const { loadConfig } = await import('../../src/config/index.ts')
const { ensureAdministrator } = await import('../../src/start/first-administrator.ts')

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

const COMMANDS = {
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
