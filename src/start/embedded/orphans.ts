import { realpathSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { StartupError } from '../../errors/index.ts'
import { readPostmasterFile } from './postmaster-file.ts'
import { processesIn, processName } from './process-mark.ts'

const POLL = 20

/**
 * Ends what a killed Guanxi left running on the cluster: its postmaster by fast shutdown (open transactions roll back, all
 * committed ones stay), and after a killed postmaster the processes that it left. Then removes a stale `postmaster.pid`,
 * whose number may belong to another program by now. The caller holds the directory's lock.
 */
export async function endOrphans(cluster: string): Promise<void> {
  const directory = realpathSync(cluster)
  const file = readPostmasterFile(cluster)
  if (file && isPostgres(file.pid, directory)) await end(file.pid, ['SIGINT', 'SIGQUIT', 'SIGKILL'])
  await Promise.all(processesIn(directory, 'postgres').map((pid) => end(pid, ['SIGQUIT', 'SIGKILL'])))
  rmSync(join(cluster, 'postmaster.pid'), { force: true })
}

function isPostgres(pid: number, directory: string): boolean {
  if (processName(pid) !== 'postgres') return false
  return process.platform !== 'linux' || processesIn(directory, 'postgres').includes(pid)
}

/** Sends each signal in turn, with ten seconds to obey. */
async function end(pid: number, signals: readonly NodeJS.Signals[]): Promise<void> {
  for (const signal of signals) {
    try {
      process.kill(pid, signal)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ESRCH') return
      throw new StartupError(
        `A PostgreSQL process (${pid}) of an earlier start still runs and cannot be stopped: ${(error as Error).message}. Stop it and start again.`,
      )
    }
    for (let waited = 0; waited < 10_000; waited += POLL) {
      if (processName(pid) !== 'postgres') return
      await delay(POLL)
    }
  }
  throw new StartupError(`A PostgreSQL process (${pid}) of an earlier start does not end. Stop it and start again.`)
}
