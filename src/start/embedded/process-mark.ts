import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'

/**
 * Identifies one life of a process: a reused process id has another mark. Undefined when no such process runs.
 * Linux reads /proc; elsewhere `ps` is asked.
 */
export function processMark(pid: number): string | undefined {
  if (!existsSync('/proc/self/stat')) return ask(pid, 'lstart=')
  const fields = processFields(pid)
  return fields && `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}:${fields[20]}`
}

/** Name of the running program (`postgres`), without path; undefined when no such process runs. */
export function processName(pid: number): string | undefined {
  if (!existsSync('/proc/self/stat')) return ask(pid, 'comm=')?.replace(/^.*\//, '')
  return processFields(pid)?.[0]
}

/** Processes of the given name that work in the directory: PostgreSQL's processes stay in their data directory. Linux only, else empty. */
export function processesIn(directory: string, name: string): number[] {
  if (!existsSync('/proc/self/stat')) return []
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .map(Number)
    .filter((pid) => processName(pid) === name && workingDirectory(pid) === directory)
}

/** Command, state and what follows in /proc/<pid>/stat; undefined for a process that has ended, reaped or not. */
function processFields(pid: number): string[] | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The command may hold spaces and parentheses itself.
    const end = stat.lastIndexOf(')')
    const fields = [stat.slice(stat.indexOf('(') + 1, end), ...stat.slice(end + 2).split(' ')]
    return fields[1] === 'Z' || fields[1] === 'X' ? undefined : fields
  } catch {
    return undefined
  }
}

function workingDirectory(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/cwd`)
  } catch {
    return undefined
  }
}

function ask(pid: number, format: string): string | undefined {
  try {
    return execFileSync('ps', ['-p', String(pid), '-o', format], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim() || undefined
  } catch {
    return undefined
  }
}
