/**
 * The product's embedded PostgreSQL on a throw-away directory, in a process of its own: prints `{"url": …}` when it is ready and
 * lives as long as its standard input stays open, so that it goes away however the test run ends.
 */
import { appendFileSync, chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import '../../scripts/typescript.mjs'

const { startEmbeddedDatabase } = await import('../../src/start/embedded/index.ts')

// Ctrl-C reaches the whole process group; the end of standard input decides.
process.on('SIGINT', () => undefined)

/** Test data may be lost with the machine; everything else is as in production. Each test file makes and drops databases, for which a disk would be waited for. */
function relax({ directory: base, pid }) {
  appendFileSync(join(base, 'cluster', 'postgresql.conf'), '\nfsync = off\nfull_page_writes = off\nsynchronous_commit = off\n')
  process.kill(pid, 'SIGHUP')
}

const directory = mkdtempSync(join(tmpdir(), 'guanxi-test-'))
// As root, PostgreSQL runs as another user; what it cannot reach would be put elsewhere, and stay there.
chmodSync(directory, 0o755)
const dataDir = join(directory, 'data')
try {
  const database = await startEmbeddedDatabase({ dataDir })
  try {
    relax(database)
    process.stdout.write(`${JSON.stringify({ url: database.url })}\n`)
    await new Promise((resolve) => process.stdin.on('close', resolve).resume())
  } finally {
    await database.stop()
  }
} finally {
  rmSync(directory, { recursive: true, force: true, maxRetries: 5 })
}
