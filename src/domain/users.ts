import type { ModuleRule } from '../records/write/index.ts'

/** Everything that the system does by itself is done as this user (auth's `SYSTEM_USER_ID`). */
const SYSTEM_USER = '00000000-0000-7000-8000-000000000001'

/** A user's time zone is one that can be computed with, and the system's own user stays as it is. */
export const userRule: ModuleRule = {
  module: 'user',
  before(changes) {
    for (const change of changes) {
      const { timeZone } = change.after
      if (change.id === SYSTEM_USER) change.refuse(null, 'SYSTEM_USER', 'The system user cannot be changed or deleted.')
      if (typeof timeZone === 'string' && change.changes('timeZone') && !isTimeZone(timeZone)) {
        change.refuse('timeZone', 'TIME_ZONE', `timeZone: ${JSON.stringify(timeZone)} is not an IANA time zone such as "Asia/Shanghai".`)
      }
    }
  },
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name })
    return true
  } catch {
    return false
  }
}
