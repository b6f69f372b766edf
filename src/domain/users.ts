import { SYSTEM_USER_ID } from '../auth/index.ts'
import { say } from '../errors/index.ts'
import type { ModuleRule } from '../records/write/index.ts'
import { checkTimeZone } from './check-time-zone.ts'

/** A user's time zone is one that can be computed with, and the system's own user stays as it is. */
export const userRule: ModuleRule = {
  module: 'user',
  before(changes) {
    for (const change of changes) {
      if (change.id === SYSTEM_USER_ID) change.refuse(null, 'SYSTEM_USER', say`The system user cannot be changed or deleted.`)
      checkTimeZone(change)
    }
  },
}
