import { GuanxiError, say } from '../errors/index.ts'
import { networkOf } from '../lib/client-network.ts'
import type { Database, Executor } from '../records/database.ts'
import { countAttempt, counterKey, secondsUntil, THROTTLE_LIMITS, type ThrottleLimits } from './attempt-counter.ts'

/**
 * Limits failed sign-ins per account and per address, for all nodes together: the counters are rows of the database. A place from which the account was signed in to lately has a counter of its own, so that whoever
 * guesses elsewhere, from however many addresses, keeps nobody out of an account for good.
 */
export interface SignInThrottle {
  /**
   * Counts an attempt before the password is looked at, so that parallel guesses cannot slip through. Throws RATE_LIMITED (with `retryAfter` seconds)
   * while the account or the address is locked; attempts on a locked account count against the address alone.
   */
  attempt(account: string, ip: string | null): Promise<void>
  /** The password was right: what has counted starts anew, the attempt no longer counts against the address, and the place is known. */
  succeeded(account: string, ip: string | null): Promise<void>
  /** Somebody has proven by mail whose account it is: no lock of it holds any more once the transaction commits, and the place is known. */
  open(account: string, ip: string | null, transaction: Executor): Promise<void>
  /** Ends every lock of the account that is not of a single place. Answers whether there was one. */
  unlock(account: string): Promise<boolean>
}

/** Seconds for which a place is known after a sign-in. */
const PLACE_MEMORY = 90 * 86_400

/** Whether the place $4 is known; else the account $5 counts. */
const COUNTED = (known: string) => `CASE WHEN EXISTS (SELECT FROM sign_in_place WHERE key = $4 AND last_at > ${known}) THEN $4::bytea ELSE $5::bytea END`

/** The address first: one that is locked cannot go on locking accounts. Always in this order, so that no two attempts wait for each other crosswise. */
const ATTEMPT = `
WITH counted AS (SELECT ${COUNTED('$1::timestamptz - make_interval(secs => $9)')} AS key),
address AS (${countAttempt('$6', '$8')}),
account AS (${countAttempt('counted.key', '$7', 'FROM address, counted')})
SELECT EXISTS (SELECT FROM account) AS allowed, (SELECT key FROM counted) AS key`

const LOCKED_UNTIL = 'SELECT max(locked_until) AS until FROM sign_in_failure WHERE key IN ($1, $2)'

const REMEMBER = 'INSERT INTO sign_in_place (key, last_at) VALUES ($4, $1) ON CONFLICT (key) DO UPDATE SET last_at = EXCLUDED.last_at'

const SUCCEEDED = `
WITH place AS (${REMEMBER}),
account AS (DELETE FROM sign_in_failure WHERE key = ${COUNTED('$1::timestamptz - make_interval(secs => $2)')})
UPDATE sign_in_failure SET failures = greatest(failures - 1, 0), locked_until = NULL WHERE key = $3`

const OPEN = `WITH place AS (INSERT INTO sign_in_place (key, last_at) VALUES ($2, $1) ON CONFLICT (key) DO UPDATE SET last_at = EXCLUDED.last_at)
DELETE FROM sign_in_failure WHERE key IN ($2, $3)`

/** Rows whose window has long passed; a few at a time. */
const CLEAN_UP = `
WITH places AS (DELETE FROM sign_in_place WHERE key IN (
  SELECT key FROM sign_in_place WHERE last_at < $1::timestamptz - make_interval(secs => $3) LIMIT 100 FOR UPDATE SKIP LOCKED))
DELETE FROM sign_in_failure WHERE key IN (
  SELECT key FROM sign_in_failure WHERE since < $1::timestamptz - make_interval(secs => $2) AND (locked_until IS NULL OR locked_until < $1) LIMIT 100 FOR UPDATE SKIP LOCKED)`

export function createSignInThrottle(database: Database, now: () => Date, limits: ThrottleLimits = THROTTLE_LIMITS): SignInThrottle {
  const run = <Row>(text: string, values: readonly unknown[]) => database.query<Row>({ text, values, purpose: 'authentication' })
  return {
    attempt: async (account, ip) => {
      const at = now()
      const { window, lock } = limits
      const address = addressKey(ip)
      const named = accountKey(account)
      const values = [at, window, lock, placeKey(account, ip), named, address, limits.account, limits.address, PLACE_MEMORY]
      const [counted] = await run<{ allowed: boolean; key: Buffer }>(ATTEMPT, values)
      if (!counted?.allowed) {
        const [locked] = await run<{ until: Date | null }>(LOCKED_UNTIL, [address, counted?.key])
        const retryAfter = secondsUntil(locked?.until, at)
        throw new GuanxiError('RATE_LIMITED', say`Too many failed sign-ins. Try again in ${retryAfter} seconds.`, { retryAfter })
      }
      // About one account in sixty-four tidies up, so no timer is needed.
      if ((named[0] ?? 0) < 4) await run(CLEAN_UP, [at, window, PLACE_MEMORY])
    },
    succeeded: async (account, ip) => {
      await run(SUCCEEDED, [now(), PLACE_MEMORY, addressKey(ip), placeKey(account, ip), accountKey(account)])
    },
    open: async (account, ip, transaction) => {
      await transaction.query({ text: OPEN, values: [now(), placeKey(account, ip), accountKey(account)], purpose: 'authentication' })
    },
    unlock: async (account) => {
      const rows = await run<{ locked: boolean }>('DELETE FROM sign_in_failure WHERE key = $1 RETURNING locked_until > $2 AS locked', [
        accountKey(account),
        now(),
      ])
      return rows.some(({ locked }) => locked)
    },
  }
}

/** The account as the sign-in compares it. */
const accountKey = (account: string): Buffer => counterKey('account', account)
const addressKey = (ip: string | null): Buffer => counterKey('address', networkOf(ip))
const placeKey = (account: string, ip: string | null): Buffer => counterKey('place', networkOf(ip), account)
