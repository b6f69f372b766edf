import { readFileSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { StartupError } from '../../errors/index.ts'

/** The operating-system user that PostgreSQL runs as; undefined stands for the user who started Guanxi. */
export interface Account {
  readonly name: string
  readonly uid: number
  readonly gid: number
}

/** Users without rights of their own that PostgreSQL may run as, best first; it refuses to run as root. */
const CANDIDATES = ['postgres', 'nobody'] as const

/** `owner` is the user id that owns an existing cluster: it decides. Throws StartupError when root finds nobody to run as. */
export function chooseAccount(owner: number | undefined): Account | undefined {
  if (process.getuid?.() !== 0) return undefined
  const accounts = readAccounts()
  const chosen =
    owner !== undefined && owner !== 0
      ? accounts.find((account) => account.uid === owner)
      : CANDIDATES.map((name) => accounts.find((account) => account.name === name)).find(Boolean)
  if (chosen) return chosen
  if (owner)
    throw new StartupError(
      `The embedded database belongs to user id ${owner}, which has no entry in /etc/passwd. Give the directory to a user that exists, or set DATABASE_URL.`,
    )
  throw new StartupError(
    'PostgreSQL refuses to run as root and there is neither a user postgres nor nobody to run it as. Start Guanxi as another user, add a user postgres, or set DATABASE_URL.',
  )
}

function readAccounts(): Account[] {
  try {
    return readFileSync('/etc/passwd', 'utf8')
      .split('\n')
      .map((line) => line.split(':'))
      .filter((parts) => parts.length >= 4)
      .map(([name, , uid, gid]) => ({ name: name as string, uid: Number(uid), gid: Number(gid) }))
  } catch {
    return []
  }
}

/** The account may pass every directory above the path and read (and pass) the path itself. */
export function reachable(path: string, account: Account): boolean {
  for (let current = path; ; current = dirname(current)) {
    const { mode, uid, gid } = statSync(current)
    const shift = uid === account.uid ? 6 : gid === account.gid ? 3 : 0
    const needed = current === path ? 5 : 1
    if (((mode >> shift) & needed) !== needed) return false
    if (current === dirname(current)) return true
  }
}
