import { readFileSync } from 'node:fs'
import type pg from 'pg'

const TICKS_PER_SECOND = 100

/** CPU seconds that processes have used so far, those of children that ended not included; null where the system does not say. */
export function cpuSeconds(pids: readonly number[]): number | null {
  let ticks = 0
  for (const pid of pids) {
    try {
      // The command's name, in brackets, may hold spaces.
      const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
      ticks += Number(fields[11]) + Number(fields[12])
    } catch {
      return null
    }
  }
  return ticks / TICKS_PER_SECOND
}

/** Process ids of PostgreSQL's backends that serve an application. Means something only if PostgreSQL runs on this machine. */
export async function backendPids(client: pg.Client, applicationName: string): Promise<number[]> {
  const { rows } = await client.query<{ pid: number }>(
    'SELECT pid FROM pg_stat_activity WHERE application_name = $1 AND datname = current_database() ORDER BY pid',
    [applicationName],
  )
  return rows.map(({ pid }) => pid)
}
