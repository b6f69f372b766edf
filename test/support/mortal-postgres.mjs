/**
 * A PostgreSQL that may be killed, on a throw-away directory, durable as in production: prints `{"url": …}` when it is ready. A line on standard input is
 * carried out and answered by a line: `kill` ends the postmaster and all its children as kill -9 does, `start` starts it again on the same port. Lives as
 * long as its standard input stays open, so that it goes away however the test ends.
 */
import { chmodSync, mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import '../../scripts/typescript.mjs'

const { findBinaries } = await import('../../src/start/embedded/binaries.ts')
const { createCluster, DATABASE_NAME } = await import('../../src/start/embedded/cluster.ts')
const { freePort } = await import('../../src/start/embedded/free-port.ts')
const { endOrphans } = await import('../../src/start/embedded/orphans.ts')
const { choosePlacement, usableBinaries } = await import('../../src/start/embedded/placement.ts')
const { startPostmaster } = await import('../../src/start/embedded/postmaster.ts')
const { processesIn } = await import('../../src/start/embedded/process-mark.ts')

// Ctrl-C reaches the whole process group; the end of standard input decides.
process.on('SIGINT', () => undefined)

const PASSWORD = 'mortal'
const directory = mkdtempSync(join(tmpdir(), 'guanxi-mortal-'))
// As root, PostgreSQL runs as another user.
chmodSync(directory, 0o755)
const placement = choosePlacement(directory)
const binaries = usableBinaries(findBinaries(), placement)
await createCluster(binaries, placement, PASSWORD)
const port = await freePort()
let postmaster = await startPostmaster(binaries, placement, port)

const print = (value) => process.stdout.write(`${JSON.stringify(value)}\n`)

const COMMANDS = {
  kill: async () => {
    const cluster = realpathSync(placement.cluster)
    // The postmaster first: it would start anew what it sees die.
    process.kill(postmaster.pid, 'SIGKILL')
    for (const pid of processesIn(cluster, 'postgres')) if (pid !== postmaster.pid) process.kill(pid, 'SIGKILL')
    await postmaster.ended
  },
  start: async () => {
    await endOrphans(placement.cluster)
    postmaster = await startPostmaster(binaries, placement, port)
  },
}

let work = Promise.resolve()
const lines = createInterface({ input: process.stdin })
lines.on('line', (line) => {
  work = work.then(COMMANDS[line]).then(
    () => print({ done: line }),
    (error) => print({ failed: String(error) }),
  )
})
lines.on('close', async () => {
  await work
  await postmaster.stop().catch(() => {})
  rmSync(directory, { recursive: true, force: true, maxRetries: 5 })
  process.exit(0)
})
print({ url: `postgres://${DATABASE_NAME}:${PASSWORD}@127.0.0.1:${port}/${DATABASE_NAME}` })
