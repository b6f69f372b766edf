import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** What a running (or killed) PostgreSQL says about itself in its data directory. */
export interface PostmasterFile {
  readonly pid: number
  readonly port: number
  /** `starting`, `stopping`, `ready` or `standby`. */
  readonly status: string
}

/** Content of `postmaster.pid`, or undefined where there is none or it is still being written. */
export function readPostmasterFile(cluster: string): PostmasterFile | undefined {
  try {
    const lines = readFileSync(join(cluster, 'postmaster.pid'), 'utf8').split('\n')
    const pid = Number(lines[0])
    if (!Number.isInteger(pid) || pid <= 0) return undefined
    return { pid, port: Number(lines[3] ?? 0), status: (lines[7] ?? '').trim() }
  } catch {
    return undefined
  }
}
