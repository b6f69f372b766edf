import { createHash } from 'node:crypto'
import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { StartupError } from '../../errors/index.ts'
import { type Account, chooseAccount, reachable } from './account.ts'
import type { Binaries } from './binaries.ts'

/** Where the embedded database lives and who runs it. */
export interface Placement {
  /** Holds the cluster, its log and the lock. DATA_DIR itself, unless PostgreSQL's user cannot get there. */
  readonly base: string
  /** The data directory of PostgreSQL. */
  readonly cluster: string
  readonly account: Account | undefined
}

/** Where root puts what an unprivileged PostgreSQL could not reach below a private directory such as /root. */
const SHARED_BASE = '/var/lib/guanxi'

const RECORD = 'embedded.json'

/** Places that have a cluster already are found by the record in DATA_DIR. `dataDir` exists. Makes nothing but directories. */
export function choosePlacement(dataDir: string): Placement {
  const recorded = readRecord(dataDir)
  if (recorded) {
    const base = recorded
    const cluster = join(base, 'cluster')
    if (!existsSync(cluster)) {
      throw new StartupError(
        `${join(dataDir, RECORD)} says that the database is in ${cluster}, and it is not there. Restore that directory, or delete ${dataDir} to begin with an empty database.`,
      )
    }
    return { base, cluster, account: accountOf(cluster) }
  }
  const account = chooseAccount(undefined)
  const base = account === undefined || reachable(dataDir, account) ? dataDir : sharedBase(dataDir)
  return { base, cluster: join(base, 'cluster'), account }
}

/** Cluster and account of a DATA_DIR that has been started before; undefined otherwise. */
export function recordedPlacement(dataDir: string): Placement | undefined {
  return readRecord(dataDir) === undefined ? undefined : choosePlacement(dataDir)
}

/** Remembers the place, once the cluster stands. */
export function recordPlacement(dataDir: string, placement: Placement): void {
  if (readRecord(dataDir) !== undefined) return
  const path = join(dataDir, RECORD)
  writeFileSync(`${path}.new`, `${JSON.stringify({ base: placement.base === dataDir ? '.' : placement.base })}\n`)
  renameSync(`${path}.new`, path)
}

/** Moves a cluster out of the way, in the place of the one that was set aside before. */
export function setAside({ cluster }: Placement): void {
  if (!existsSync(cluster)) return
  rmSync(`${cluster}.previous`, { recursive: true, force: true })
  renameSync(cluster, `${cluster}.previous`)
}

/** The directory of binaries that the account can execute: the installed ones, or a copy of them beside the cluster. */
export function usableBinaries(binaries: Binaries, { base, account }: Placement): string {
  if (account === undefined || reachable(join(binaries.directory, 'bin', 'postgres'), account)) return binaries.directory
  const copy = join(base, `postgresql-${binaries.version}`)
  if (existsSync(copy)) return copy
  const unfinished = `${copy}.new`
  rmSync(unfinished, { recursive: true, force: true })
  cpSync(binaries.directory, unfinished, { recursive: true, verbatimSymlinks: true, filter: (source) => !source.endsWith('.a') })
  openToAll(unfinished)
  renameSync(unfinished, copy)
  return copy
}

/** Packages installed under a strict umask are readable by their owner alone. */
function openToAll(directory: string): void {
  chmodSync(directory, 0o755)
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name)
    if (entry.isDirectory()) openToAll(path)
    else if (entry.isFile()) chmodSync(path, (statSync(path).mode & 0o100) === 0 ? 0o644 : 0o755)
  }
}

function readRecord(dataDir: string): string | undefined {
  const path = join(dataDir, RECORD)
  if (!existsSync(path)) return undefined
  try {
    const { base } = JSON.parse(readFileSync(path, 'utf8')) as { base?: unknown }
    if (typeof base === 'string') return base === '.' ? dataDir : base
  } catch {
    // Reported below, like a record of another shape.
  }
  throw new StartupError(`${path} cannot be read. Restore it, or delete ${dataDir} to begin with an empty database.`)
}

function accountOf(cluster: string): Account | undefined {
  const { uid } = statSync(cluster)
  const self = process.getuid?.()
  if (self !== undefined && self !== 0 && uid !== self) {
    throw new StartupError(
      `The embedded database in ${cluster} belongs to user id ${uid}, and Guanxi runs as user id ${self}. Start it as the user who made it, or choose another DATA_DIR.`,
    )
  }
  return chooseAccount(uid)
}

function sharedBase(dataDir: string): string {
  const base = join(SHARED_BASE, createHash('sha256').update(dataDir).digest('hex').slice(0, 16))
  try {
    for (const directory of [SHARED_BASE, base]) {
      mkdirSync(directory, { recursive: true })
      chmodSync(directory, 0o755)
    }
  } catch (error) {
    throw new StartupError(
      `PostgreSQL cannot run as root, and its user cannot reach ${dataDir}; ${base} cannot be used instead: ${(error as Error).message}. Choose a DATA_DIR that every user may pass, or set DATABASE_URL.`,
    )
  }
  return base
}
