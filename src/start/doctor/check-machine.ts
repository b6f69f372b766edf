import { accessSync, constants, existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Config } from '../../config/index.ts'
import { StartupError } from '../../errors/index.ts'
import { checkPort } from '../check-port.ts'
import { type Finding, fail, ok, warn } from './finding.ts'

const OLDEST_NODE = [20, 19]
const PRIVATE_FILES = ['secret', 'admin-password', 'demo-password', 'database-password']

/** Version of Node.js. */
export function checkNode(version: string): Finding {
  const [major = 0, minor = 0] = version.replace('v', '').split('.').map(Number)
  const fits = major > (OLDEST_NODE[0] as number) || (major === OLDEST_NODE[0] && minor >= (OLDEST_NODE[1] as number))
  return fits ? ok('node', version) : fail('node', `${version} is too old; install Node ${OLDEST_NODE.join('.')} or newer.`)
}

/** DATA_DIR can be written to, and what is secret in it is private. */
export function checkDataDir({ dataDir, databaseUrl, secrets }: Pick<Config, 'dataDir' | 'databaseUrl' | 'secrets'>): Finding[] {
  if (!existsSync(dataDir)) {
    const needed = databaseUrl === undefined || secrets.length === 0
    return [ok('data', needed ? `${dataDir} does not exist yet; the first start makes it.` : `${dataDir} is not needed.`)]
  }
  try {
    if (!statSync(dataDir).isDirectory()) return [fail('data', `DATA_DIR ${dataDir} is not a directory.`)]
    accessSync(dataDir, constants.R_OK | constants.W_OK | constants.X_OK)
  } catch (error) {
    return [fail('data', `DATA_DIR ${dataDir} cannot be used: ${(error as Error).message}.`)]
  }
  const open = PRIVATE_FILES.map((name) => join(dataDir, name)).filter((path) => existsSync(path) && (statSync(path).mode & 0o077) !== 0)
  return open.length === 0 ? [ok('data', dataDir)] : open.map((path) => fail('data', `${path} can be read by others; run: chmod 600 ${path}`))
}

/** The port is free, or a Guanxi answers there already. */
export async function checkListening({ host, port }: Pick<Config, 'host' | 'port'>): Promise<Finding> {
  try {
    await checkPort(host, port)
    return ok('port', `${host}:${port} is free.`)
  } catch (error) {
    if (await answersHealth(host, port)) return ok('port', `A server answers on ${host}:${port}.`)
    return fail('port', error instanceof StartupError ? error.message : String(error))
  }
}

async function answersHealth(host: string, port: number): Promise<boolean> {
  const reachable = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '[::1]' : host.includes(':') ? `[${host}]` : host
  try {
    const response = await fetch(`http://${reachable}:${port}/health`, { signal: AbortSignal.timeout(2_000) })
    return ((await response.json()) as { status?: unknown }).status === 'ok'
  } catch {
    return false
  }
}

/** Clocks of this machine and of the database: tokens and times of records come from both. */
export function checkClock(skew: number): Finding {
  const seconds = `${(skew / 1000).toFixed(1)} s`
  if (Math.abs(skew) > 60_000) return fail('clock', `The database's clock is ${seconds} off this machine's; synchronise them.`)
  if (Math.abs(skew) > 2_000) return warn('clock', `The database's clock is ${seconds} off this machine's; synchronise them.`)
  return ok('clock', `within ${seconds} of the database's`)
}
