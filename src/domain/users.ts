import { SYSTEM_USER_ID } from '../auth/index.ts'
import { isTimeZone } from '../lib/local-time.ts'
import type { ModuleRule } from '../records/write/index.ts'

/** A user's time zone is one that can be computed with, and the system's own user stays as it is. */
export const userRule: ModuleRule = {
  module: 'user',
  before(changes) {
    for (const change of changes) {
      const { timeZone } = change.after
      if (change.id === SYSTEM_USER_ID) change.refuse(null, 'SYSTEM_USER', 'The system user cannot be changed or deleted.')
      if (typeof timeZone === 'string' && change.changes('timeZone') && !isTimeZone(timeZone)) {
        change.refuse('timeZone', 'TIME_ZONE', `timeZone: ${JSON.stringify(timeZone)} is not an IANA time zone such as "Asia/Shanghai".`)
      }
    }
  },
}
