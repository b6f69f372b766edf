import { say } from '../errors/index.ts'
import { isTimeZone } from '../lib/local-time.ts'
import type { PendingChange } from '../records/write/index.ts'

/** Refuses a `timeZone` that nothing can be computed with. */
export function checkTimeZone(change: PendingChange): void {
  const { timeZone } = change.after
  if (typeof timeZone === 'string' && change.changes('timeZone') && !isTimeZone(timeZone))
    change.refuse('timeZone', 'TIME_ZONE', say`timeZone: ${JSON.stringify(timeZone)} is not an IANA time zone such as "Asia/Shanghai".`)
}
