import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, fstatSync, ftruncateSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { StartupError } from '../../errors/index.ts'
import { processOptions } from './cluster.ts'
import type { Placement } from './placement.ts'
import { readPostmasterFile } from './postmaster-file.ts'

/** Command-line settings; everything else is PostgreSQL's default. Commits are durable: fsync and synchronous_commit stay on. */
const SETTINGS: Readonly<Record<string, string>> = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '250',
  shared_buffers: '128MB',
  work_mem: '8MB',
  maintenance_work_mem: '128MB',
  max_wal_size: '2GB',
  random_page_cost: '1.1',
  jit: 'off',
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_line_prefix: '%m [%p] ',
  // Statements hold personal data; errors are logged without them.
  log_min_error_statement: 'panic',
  log_error_verbosity: 'terse',
}

const LOG_LIMIT = 10 * 1024 * 1024
const START_LIMIT = 120_000
const POLL = 10

/** A running PostgreSQL that is a child of this process. */
export interface Postmaster {
  readonly pid: number
  /** Settles when the process has ended, however that came. */
  readonly ended: Promise<void>
  /** Fast shutdown: sessions are ended, the checkpoint is written. Resolves when the process is gone. */
  stop(): Promise<void>
  /** Fast shutdown that nobody waits for. */
  interrupt(): void
}

/**
 * Starts PostgreSQL and waits until it answers. Throws StartupError with the reason from its log, and where it is given up by the signal, which leaves
 * nothing running.
 */
export async function startPostmaster(binaries: string, { base, cluster, account }: Placement, port: number, signal?: AbortSignal): Promise<Postmaster> {
  const logPath = join(base, 'postgresql.log')
  const log = openSync(logPath, 'a', 0o600)
  let offset = fstatSync(log).size
  if (offset > LOG_LIMIT) {
    ftruncateSync(log)
    offset = 0
  }
  const options = Object.entries({ ...SETTINGS, port: String(port) }).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  // Detached: an interrupt from the terminal goes to Guanxi alone, which stops PostgreSQL after the last request.
  const child = spawn(join(binaries, 'bin', 'postgres'), ['-D', cluster, ...options], {
    ...processOptions(account, cluster),
    stdio: ['ignore', log, log],
    detached: true,
  })
  closeSync(log)
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve())
    child.once('error', () => resolve())
  })
  const failure = new Promise<Error | undefined>((resolve) => {
    child.once('error', resolve)
    child.once('exit', () => resolve(undefined))
  })
  const running = { over: false }
  void ended.then(() => {
    running.over = true
  })
  for (let waited = 0; !isReady(cluster, child); waited += POLL) {
    if (signal?.aborted === true) {
      await stop(child, ended)
      throw new StartupError(`The embedded database in ${cluster} was told to stop while it started.`)
    }
    if (running.over) throw startFailure(cluster, logPath, offset, await failure)
    if (waited > START_LIMIT) {
      child.kill('SIGQUIT')
      throw new StartupError(`The embedded database in ${cluster} did not become ready within ${START_LIMIT / 1000} s. Its log is ${logPath}.`)
    }
    await delay(POLL)
  }
  return { pid: child.pid as number, ended, stop: () => stop(child, ended), interrupt: () => void child.kill('SIGINT') }
}

function isReady(cluster: string, child: ChildProcess): boolean {
  const file = readPostmasterFile(cluster)
  return file !== undefined && file.pid === child.pid && file.status === 'ready'
}

async function stop(child: ChildProcess, ended: Promise<void>): Promise<void> {
  for (const signal of ['SIGINT', 'SIGQUIT', 'SIGKILL'] as const) {
    child.kill(signal)
    const timer = new AbortController()
    const obeyed = await Promise.race([ended.then(() => true), delay(10_000, false, { signal: timer.signal }).catch(() => true)])
    timer.abort()
    if (obeyed) return
  }
}

/** The reason is the last severe line that PostgreSQL wrote since it was started. */
function startFailure(cluster: string, logPath: string, offset: number, error: Error | undefined): StartupError {
  const lines = readFileSync(logPath).subarray(offset).toString('utf8').split('\n')
  const severe = lines.filter((line) => /\b(FATAL|PANIC):|error while loading|could not/.test(line))
  const reason =
    error?.message ??
    (severe.find((line) => !/startup process|terminated/.test(line)) ?? severe.at(-1))?.replace(/^.*?(FATAL|PANIC): +/, '').trim() ??
    'it ended without a message'
  return new StartupError(`The embedded database in ${cluster} does not start: ${reason}. Its log is ${logPath}.`)
}
