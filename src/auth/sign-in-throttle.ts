import { createHash } from 'node:crypto'
import { GuanxiError } from '../errors/index.ts'
import { networkOf } from '../lib/client-network.ts'
import type { Database } from '../records/database.ts'

/** Limits failed sign-ins per account and per address, for all nodes together. */
export interface SignInThrottle {
  /**
   * Counts an attempt before the password is looked at, so that parallel guesses cannot slip through. Throws RATE_LIMITED (with `retryAfter` seconds)
   * while the account or the address is locked; attempts on a locked account count against the address alone.
   */
  attempt(account: string, ip: string | null): Promise<void>
  /** The password was right: the account starts anew, and the attempt no longer counts against the address. */
  succeeded(account: string, ip: string | null): Promise<void>
}

export interface ThrottleLimits {
  /** Failures within `window` that lock an account, known or not. */
  readonly account: number
  /** Failures within `window` that lock an address. */
  readonly address: number
  /** Seconds. */
  readonly window: number
  /** Seconds of the first lock; each further failure doubles it, up to `window`. */
  readonly lock: number
}

export const THROTTLE_LIMITS: ThrottleLimits = { account: 10, address: 100, window: 900, lock: 30 }

/**
 * Counts one key unless it is locked, and locks it when that reaches the limit. The condition is judged on the row as it stands when its turn comes,
 * so of parallel guesses exactly as many pass as are left. $3 is now, $4 the window and $5 the first lock in seconds.
 */
const count = (key: string, limit: string, from: string) => `
  INSERT INTO sign_in_failure AS f (key, failures, since, locked_until)
  SELECT ${key}::bytea, 1, $3::timestamptz, NULL::timestamptz ${from}
  ON CONFLICT (key) DO UPDATE SET
    failures = CASE WHEN f.since > $3::timestamptz - make_interval(secs => $4) THEN f.failures + 1 ELSE 1 END,
    since = CASE WHEN f.since > $3::timestamptz - make_interval(secs => $4) THEN f.since ELSE EXCLUDED.since END,
    locked_until = CASE WHEN f.since > $3::timestamptz - make_interval(secs => $4) AND f.failures + 1 >= ${limit}::int
      THEN $3::timestamptz + make_interval(secs => least($4, $5 * power(2, least(f.failures + 1 - ${limit}::int, 20)))) END
  WHERE f.locked_until IS NULL OR f.locked_until <= $3::timestamptz
  RETURNING TRUE`

/** The address first: one that is locked cannot go on locking accounts. Always in this order, so that no two attempts wait for each other crosswise. */
const ATTEMPT = `
WITH address AS (${count('$2', '$7', '')}),
account AS (${count('$1', '$6', 'FROM address')})
SELECT EXISTS (SELECT FROM account) AS allowed`

const LOCKED_UNTIL = 'SELECT max(locked_until) AS until FROM sign_in_failure WHERE key IN ($1, $2)'

const SUCCEEDED = `
WITH account AS (DELETE FROM sign_in_failure WHERE key = $1)
UPDATE sign_in_failure SET failures = greatest(failures - 1, 0), locked_until = NULL WHERE key = $2`

/** Rows whose window has long passed; a few at a time. */
const CLEAN_UP = `DELETE FROM sign_in_failure WHERE key IN (
  SELECT key FROM sign_in_failure WHERE since < $1::timestamptz - make_interval(secs => $2) AND (locked_until IS NULL OR locked_until < $1) LIMIT 100 FOR UPDATE SKIP LOCKED)`

export function createSignInThrottle(database: Database, now: () => Date, limits: ThrottleLimits = THROTTLE_LIMITS): SignInThrottle {
  const run = <Row>(text: string, values: readonly unknown[]) => database.query<Row>({ text, values, purpose: 'authentication' })
  return {
    attempt: async (account, ip) => {
      const at = now()
      const keys = [accountKey(account), addressKey(ip)] as const
      const [counted] = await run<{ allowed: boolean }>(ATTEMPT, [...keys, at, limits.window, limits.lock, limits.account, limits.address])
      if (!counted?.allowed) {
        const [lock] = await run<{ until: Date | null }>(LOCKED_UNTIL, keys)
        const retryAfter = Math.max(1, Math.ceil(((lock?.until ?? at).getTime() - at.getTime()) / 1000))
        throw new GuanxiError('RATE_LIMITED', `Too many failed sign-ins. Try again in ${retryAfter} seconds.`, { retryAfter })
      }
      // About one attempt in sixty-four tidies up, so no timer is needed.
      if ((keys[0][0] ?? 0) < 4) await run(CLEAN_UP, [at, limits.window])
    },
    succeeded: async (account, ip) => {
      await run(SUCCEEDED, [accountKey(account), addressKey(ip)])
    },
  }
}

/** The account as the sign-in compares it; a digest, so that the table holds no addresses of people who mistyped theirs. */
function accountKey(account: string): Buffer {
  return createHash('sha256').update(`account:${account}`).digest()
}

function addressKey(ip: string | null): Buffer {
  return createHash('sha256')
    .update(`address:${networkOf(ip)}`)
    .digest()
}
