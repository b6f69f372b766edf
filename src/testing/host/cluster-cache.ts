import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { appendFileSync, chmodSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { StartupError } from '../../errors/index.ts'
import { recordedPlacement, startEmbeddedDatabase } from '../../start/embedded/index.ts'
import { endOrphans } from '../../start/embedded/orphans.ts'

const run = promisify(execFile)

/** Test data may be lost with the machine; in everything else it is PostgreSQL as the product runs it. */
const RELAXED = '\nfsync = off\nfull_page_writes = off\nsynchronous_commit = off\nautovacuum_naptime = 10min\n'

/** Milliseconds for which a process waits for another one that makes the same template, and after which one that nobody used goes. */
const PATIENCE = 120_000
const FORGOTTEN = 14 * 86_400_000

/** A database of one test server, on a PostgreSQL of its own. */
export interface ThrowawayDatabase {
  readonly url: string
  /** Stops PostgreSQL and takes away all that it has written. */
  close(): Promise<void>
}

/**
 * Starts PostgreSQL on a copy of a cluster that was filled before, once for each key and user of the machine, below GUANXI_TEST_CACHE or the system's folder for temporary files.
 * Runs may come at the same time, in any number: each has its own copy. Throws StartupError where PostgreSQL cannot be run there.
 */
export async function openThrowawayDatabase(key: string, fill: (url: string) => Promise<void>): Promise<ThrowawayDatabase> {
  const cache = cacheFolder()
  await sweep(cache)
  const template = join(cache, key)
  if (!existsSync(template)) await makeOnce(template, fill)
  const now = new Date()
  utimesSync(template, now, now)
  const directory = join(cache, 'runs', `${process.pid}-${randomUUID()}`)
  mkdirSync(directory, { recursive: true })
  const remove = (): void => rmSync(directory, { recursive: true, force: true, maxRetries: 5 })
  try {
    const dataDir = join(directory, 'data')
    // Keeps owners and modes, which PostgreSQL looks at.
    await run('cp', ['-a', template, dataDir])
    const database = await startEmbeddedDatabase({ dataDir })
    return {
      url: database.url,
      close: async () => {
        await database.stop()
        remove()
      },
    }
  } catch (error) {
    remove()
    throw error
  }
}

/** PostgreSQL's user must get there; nobody else may have made it. */
function cacheFolder(): string {
  const own = process.getuid?.()
  const folder = process.env.GUANXI_TEST_CACHE || join(tmpdir(), `guanxi-testing-${own ?? 'user'}`)
  mkdirSync(join(folder, 'runs'), { recursive: true })
  if (own !== undefined && statSync(folder).uid !== own)
    throw new StartupError(`${folder} belongs to somebody else. Set GUANXI_TEST_CACHE to a folder of your own, for the databases of tests.`)
  for (const each of [folder, join(folder, 'runs')]) chmodSync(each, 0o755)
  return folder
}

/** Takes away what processes left that were killed, and templates that nobody uses any more. */
async function sweep(cache: string): Promise<void> {
  for (const name of readdirSync(join(cache, 'runs'))) {
    const pid = Number.parseInt(name, 10)
    if (isAlive(pid)) continue
    const directory = join(cache, 'runs', name)
    const cluster = join(directory, 'data', 'cluster')
    if (existsSync(cluster)) await endOrphans(cluster).catch(() => {})
    rmSync(directory, { recursive: true, force: true, maxRetries: 5 })
  }
  for (const name of readdirSync(cache)) {
    const path = join(cache, name)
    const age = Date.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Date.now())
    if (name !== 'runs' && age > FORGOTTEN) rmSync(path, { recursive: true, force: true })
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** Makes a template beside its place and renames it at the end, so that nobody sees half of one. One process does so, the others wait for it. */
async function makeOnce(template: string, fill: (url: string) => Promise<void>): Promise<void> {
  const lock = `${template}.lock`
  for (const deadline = Date.now() + PATIENCE; !existsSync(template); ) {
    if (takes(lock)) {
      try {
        if (!existsSync(template)) await make(template, fill)
      } finally {
        rmSync(lock, { force: true, recursive: true })
      }
      return
    }
    if (Date.now() > deadline) throw new StartupError(`Another process has been making ${template} for ${PATIENCE / 1_000} s. Remove ${lock} if there is none.`)
    await delay(50)
  }
}

/** A folder is made by one process alone; its name inside tells who holds it. One that a dead process left is taken away, and the next try takes it. */
function takes(lock: string): boolean {
  try {
    mkdirSync(lock)
    writeFileSync(join(lock, String(process.pid)), '')
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    const [holder] = existsSync(lock) ? readdirSync(lock) : []
    if (holder !== undefined && !isAlive(Number(holder))) rmSync(lock, { recursive: true, force: true })
    return false
  }
}

async function make(template: string, fill: (url: string) => Promise<void>): Promise<void> {
  const unfinished = `${template}.unfinished`
  rmSync(unfinished, { recursive: true, force: true, maxRetries: 5 })
  mkdirSync(unfinished, { recursive: true })
  try {
    const database = await startEmbeddedDatabase({ dataDir: unfinished })
    try {
      if (recordedPlacement(unfinished)?.base !== unfinished)
        throw new StartupError(`PostgreSQL's user cannot reach ${unfinished}. Set GUANXI_TEST_CACHE to a folder that every user may pass.`)
      await fill(database.url)
    } finally {
      await database.stop()
    }
    appendFileSync(join(unfinished, 'cluster', 'postgresql.conf'), RELAXED)
    renameSync(unfinished, template)
  } catch (error) {
    rmSync(unfinished, { recursive: true, force: true, maxRetries: 5 })
    throw error
  }
}
