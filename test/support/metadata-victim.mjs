/**
 * Carries out one change of metadata and kills itself, as kill -9 does, at one of its statements: for tests of what is left then. Reads one line of JSON:
 * `{url, change, at}`; `change` as `carryOut` takes it; `at`: the number of the event (statements are sent and answered, from 1), or the name of one
 * (`sent COMMIT`). Writes each event to standard output before it lives on or dies.
 */
import { writeSync } from 'node:fs'
import { createInterface } from 'node:readline'
import '../../scripts/typescript.mjs'

const { carryOut, openMetadata } = await import('./metadata-kit.ts')
const { watchStatements } = await import('./statement-events.mjs')

const lines = createInterface({ input: process.stdin })
lines.once('line', async (line) => {
  const { url, change, at } = JSON.parse(line)
  const kit = await openMetadata(url)
  let events = 0
  const stop = watchStatements((state, text) => {
    events += 1
    const event = `${state} ${text.trim().split(/\s/, 1)[0]}`
    writeSync(1, `${event}\n`)
    if (at === events || at === event) process.kill(process.pid, 'SIGKILL')
  })
  await carryOut(kit, change)
  stop()
  process.exit(0)
})
