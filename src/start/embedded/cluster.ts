import { spawn } from 'node:child_process'
import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { StartupError } from '../../errors/index.ts'
import type { Account } from './account.ts'
import type { Placement } from './placement.ts'

/** Name of the database and of the role that owns it. The role is no superuser; it may create databases, for tests. */
export const DATABASE_NAME = 'guanxi'

const UNFINISHED = 'cluster.new.'

/** Character classes for `~` and `pg_trgm`, first one that the system has. Sorting never depends on the system. */
const CHARACTER_LOCALES = ['C.UTF-8', 'en_US.UTF-8', 'C']

/** Options of a child process that runs as the account. The environment is empty, so that PG* variables have no effect. */
export function processOptions(account: Account | undefined, directory: string) {
  const identity = account ? { uid: account.uid, gid: account.gid } : {}
  return { ...identity, cwd: directory, env: { PATH: process.env.PATH ?? '', LC_MESSAGES: 'C', TZ: 'UTC' } }
}

/**
 * Makes the cluster with role and database. It is built beside its place and renamed at the end, so that a crash leaves
 * nothing half made. About a second.
 */
export async function createCluster(binaries: string, { base, cluster, account }: Placement, password: string): Promise<void> {
  removeUnfinished(base)
  const unfinished = join(base, `${UNFINISHED}${process.pid}`)
  mkdirSync(unfinished, { mode: 0o700 })
  chmodSync(unfinished, 0o700)
  if (account) chownSync(unfinished, account.uid, account.gid)
  await initialise(binaries, unfinished, account)
  const statements = [
    `CREATE ROLE ${DATABASE_NAME} LOGIN CREATEDB PASSWORD '${password}'`,
    `CREATE DATABASE ${DATABASE_NAME} OWNER ${DATABASE_NAME}`,
    `REVOKE ALL ON DATABASE ${DATABASE_NAME} FROM PUBLIC`,
  ]
  await runStatements(binaries, unfinished, account, statements)
  // Only the role with its password, and only from this machine.
  writeFileSync(join(unfinished, 'pg_hba.conf'), `host all ${DATABASE_NAME} 127.0.0.1/32 scram-sha-256\n`)
  renameSync(unfinished, cluster)
}

/** Gives the role another password, on a cluster that does not run. */
export async function changePassword(binaries: string, { cluster, account }: Placement, password: string): Promise<void> {
  await runStatements(binaries, cluster, account, [`ALTER ROLE ${DATABASE_NAME} PASSWORD '${password}'`])
}

/** By PostgreSQL's single-user mode, which needs no server and asks for no password. */
async function runStatements(binaries: string, directory: string, account: Account | undefined, statements: readonly string[]): Promise<void> {
  const result = await run(join(binaries, 'bin', 'postgres'), ['--single', '-D', directory, 'postgres'], account, directory, `${statements.join(';\n')};\n`)
  if (result.status !== 0 || /\b(ERROR|FATAL|PANIC):/.test(result.output)) throw failed(result)
}

/** What starts that were killed left behind; their initdb may still run for a moment, so each has a name of its own. */
function removeUnfinished(base: string): void {
  for (const name of readdirSync(base)) {
    if (name.startsWith(UNFINISHED)) rmSync(join(base, name), { recursive: true, force: true, maxRetries: 5, retryDelay: 50 })
  }
}

async function initialise(binaries: string, directory: string, account: Account | undefined): Promise<void> {
  const collation = ['--encoding=UTF8', '--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--locale=C']
  for (const locale of CHARACTER_LOCALES) {
    const options = ['-D', directory, '--username=postgres', '--auth=trust', ...collation, `--lc-ctype=${locale}`, '--no-instructions']
    const result = await run(join(binaries, 'bin', 'initdb'), options, account, directory, '')
    if (result.status === 0) return
    if (!result.output.includes('invalid locale name')) throw failed(result)
  }
}

interface Finished {
  readonly program: string
  /** Null where it could not be started or was killed. */
  readonly status: number | null
  /** Both streams. */
  readonly output: string
}

function run(program: string, args: readonly string[], account: Account | undefined, directory: string, input: string): Promise<Finished> {
  return new Promise((resolve) => {
    const child = spawn(program, args, { ...processOptions(account, directory), stdio: ['pipe', 'pipe', 'pipe'] })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (output += text))
    child.on('error', (error) => resolve({ program, status: null, output: `error: ${error.message}` }))
    child.on('close', (status) => resolve({ program, status, output }))
    // A program that ended early has closed its input; its output tells why.
    child.stdin.on('error', () => {})
    child.stdin.end(input)
  })
}

function failed({ program, output }: Finished): StartupError {
  const lines = output.split('\n').filter((line) => /error|fatal|panic|cannot|could not|no space/i.test(line))
  const reason = lines.at(-1)?.trim() ?? 'it failed without a message'
  return new StartupError(`The embedded database cannot be prepared: ${program}: ${reason}. Repair that, choose another DATA_DIR, or set DATABASE_URL.`)
}

/** Throws StartupError when the directory is no cluster of this major version. */
export function checkCluster(cluster: string, major: number): void {
  const path = join(cluster, 'PG_VERSION')
  if (!existsSync(path) || !existsSync(join(cluster, 'global', 'pg_control'))) {
    throw new StartupError(
      `${cluster} is not a complete PostgreSQL data directory. Restore it from a backup, or delete ${dirname(cluster)} to begin with an empty database.`,
    )
  }
  const found = readFileSync(path, 'utf8').trim()
  if (found !== String(major)) {
    throw new StartupError(
      `${cluster} was made by PostgreSQL ${found} and the embedded one is ${major}. Dump it with PostgreSQL ${found} and load it into a new DATA_DIR, or set DATABASE_URL.`,
    )
  }
}
