import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { StartupError } from '../../errors/index.ts'
import { prepareDataDir } from '../data-dir.ts'
import { privateFile } from '../private-file.ts'
import { findBinaries } from './binaries.ts'
import { changePassword, checkCluster, createCluster, DATABASE_NAME } from './cluster.ts'
import { lockDirectory, lockHolder } from './directory-lock.ts'
import { freePort } from './free-port.ts'
import { endOrphans } from './orphans.ts'
import { choosePlacement, recordedPlacement, recordPlacement, setAside, usableBinaries } from './placement.ts'
import { type Postmaster, startPostmaster } from './postmaster.ts'
import { readPostmasterFile } from './postmaster-file.ts'
import { whenToldToStop } from './smart-shutdown.ts'

export interface EmbeddedDatabaseOptions {
  readonly dataDir: string
  /** Told when somebody else has told PostgreSQL to stop, when it ended without this process's doing, and when it runs again. */
  readonly onEvent?: (event: 'told to stop' | 'ended' | 'restarted' | 'restart failed', reason?: string) => void
}

/** PostgreSQL that runs for this process alone, started again whenever it dies or is told to stop. */
export interface EmbeddedDatabase {
  readonly url: string
  /** Where the cluster lies: DATA_DIR, or for root a place that PostgreSQL's user can reach. */
  readonly directory: string
  /** Process id of PostgreSQL; changes when it was started again. */
  readonly pid: number
  /** True when this start made the cluster. */
  readonly created: boolean
  /** The server takes its leave: who tells PostgreSQL to stop from now on means the server too, whose last work is not cut off. */
  retire(): void
  stop(): Promise<void>
  /** Tells PostgreSQL to shut down and does not wait. */
  interrupt(): void
}

const PASSWORD_FILE = 'database-password'
const LONGEST_PAUSE = 5_000
/** Milliseconds that a command waits for a PostgreSQL that its server is starting or starting again. */
const PATIENCE = 30_000
const POLL = 100

/**
 * Starts the embedded PostgreSQL on the cluster under `dataDir`, making it first where there is none. What a killed process
 * left behind is cleared away. Throws StartupError with one clear line: another Guanxi holds the directory, no binaries,
 * nobody to run as, a broken or foreign cluster.
 */
export async function startEmbeddedDatabase({ dataDir, onEvent = () => {} }: EmbeddedDatabaseOptions): Promise<EmbeddedDatabase> {
  prepareDataDir(dataDir)
  const installed = findBinaries()
  const placement = choosePlacement(dataDir)
  const lock = lockDirectory(placement.base)
  if ('heldBy' in lock)
    throw new StartupError(`DATA_DIR ${dataDir} is in use by another Guanxi (process ${lock.heldBy}). Stop that one, or choose another DATA_DIR.`)
  try {
    const binaries = usableBinaries(installed, placement)
    const { value: password, created: passwordIsNew } = privateFile(join(dataDir, PASSWORD_FILE), () => randomBytes(24).toString('base64url'))
    const previousPort = readPostmasterFile(placement.cluster)?.port
    if (existsSync(placement.cluster)) await endOrphans(placement.cluster)
    // A cluster elsewhere outlives its DATA_DIR, and who deletes that wants to begin with an empty database.
    if (passwordIsNew && recordedPlacement(dataDir) === undefined && placement.base !== dataDir) setAside(placement)
    const created = !existsSync(placement.cluster)
    if (created) await createCluster(binaries, placement, password)
    else checkCluster(placement.cluster, installed.major)
    if (passwordIsNew && !created) await changePassword(binaries, placement, password)
    recordPlacement(dataDir, placement)
    const port = await freePort(previousPort)
    let current = await startPostmaster(binaries, placement, port)
    const life = new AbortController()
    const { signal } = life
    let retired = false
    let revival = Promise.resolve()

    const watch = (postmaster: Postmaster): void => {
      const unwatch = whenToldToStop(placement.cluster, postmaster, () => {
        if (retired || signal.aborted) return
        onEvent('told to stop')
        void postmaster.stop()
      })
      void postmaster.ended.then(() => {
        unwatch()
        if (!signal.aborted) revival = revive()
      })
    }
    const revive = async (): Promise<void> => {
      onEvent('ended')
      for (let pause = 100; !signal.aborted; pause = Math.min(pause * 2, LONGEST_PAUSE)) {
        try {
          await endOrphans(placement.cluster)
          current = await startPostmaster(binaries, placement, port, signal)
          onEvent('restarted')
          return watch(current)
        } catch (error) {
          if (signal.aborted) return
          onEvent('restart failed', (error as Error).message)
          await delay(pause, undefined, { signal }).catch(() => {})
        }
      }
    }
    watch(current)

    return {
      url: urlOf(password, port),
      directory: placement.base,
      created,
      get pid() {
        return current.pid
      },
      retire: () => {
        retired = true
      },
      stop: async () => {
        life.abort()
        await revival
        await current.stop()
        lock.release()
      },
      interrupt: () => {
        life.abort()
        current.interrupt()
      },
    }
  } catch (error) {
    lock.release()
    throw error
  }
}

/**
 * URL of the embedded database that another process serves from `dataDir`; undefined when none runs. One that its server is just starting, or starting
 * again, is waited for.
 */
export async function embeddedDatabaseUrl(dataDir: string): Promise<string | undefined> {
  if (!existsSync(dataDir)) return undefined
  for (let waited = 0; waited < PATIENCE; waited += POLL) {
    const placement = recordedPlacement(dataDir)
    if (placement === undefined || lockHolder(placement.base) === undefined) return undefined
    const file = readPostmasterFile(placement.cluster)
    if (file?.status === 'ready') return urlOf(privateFile(join(dataDir, PASSWORD_FILE), () => '').value, file.port)
    await delay(POLL)
  }
  return undefined
}

function urlOf(password: string, port: number): string {
  return `postgres://${DATABASE_NAME}:${password}@127.0.0.1:${port}/${DATABASE_NAME}`
}
