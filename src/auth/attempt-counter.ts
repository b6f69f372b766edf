import { createHash } from 'node:crypto'

/** How many attempts pass, and for how long what comes beyond them is refused. */
export interface ThrottleLimits {
  /** Failures within `window` that lock an account, known or not: for one place from which it was signed in to lately, else for all others together. */
  readonly account: number
  /** Failures within `window` that lock an address. */
  readonly address: number
  /** Messages to whomever that one address may ask for within `window`. */
  readonly requests: number
  /** Seconds. */
  readonly window: number
  /** Seconds of the first lock; each further failure doubles it, up to `window`. */
  readonly lock: number
}

export const THROTTLE_LIMITS: ThrottleLimits = { account: 10, address: 100, requests: 30, window: 900, lock: 30 }

/**
 * Counts one key unless it is locked, and locks it when that reaches the limit; answers a row where it was counted. The condition is judged on the row as it stands when its turn comes,
 * so of parallel attempts exactly as many pass as are left. $1 is now, $2 the window and $3 the first lock in seconds; `key` and `limit` are SQL.
 */
export const countAttempt = (key: string, limit: string, from = '') => `
  INSERT INTO sign_in_failure AS f (key, failures, since, locked_until)
  SELECT ${key}::bytea, 1, $1::timestamptz, NULL::timestamptz ${from}
  ON CONFLICT (key) DO UPDATE SET
    failures = CASE WHEN f.since > $1::timestamptz - make_interval(secs => $2) THEN f.failures + 1 ELSE 1 END,
    since = CASE WHEN f.since > $1::timestamptz - make_interval(secs => $2) THEN f.since ELSE EXCLUDED.since END,
    locked_until = CASE WHEN f.since > $1::timestamptz - make_interval(secs => $2) AND f.failures + 1 >= ${limit}::int
      THEN $1::timestamptz + make_interval(secs => least($2, $3 * power(2, least(f.failures + 1 - ${limit}::int, 20)))) END
  WHERE f.locked_until IS NULL OR f.locked_until <= $1::timestamptz
  RETURNING TRUE`

/** Key of a counter or a place; a digest, so that the table holds no addresses of people and machines. Nothing of it but what is given. */
export function counterKey(...parts: readonly string[]): Buffer {
  return createHash('sha256').update(JSON.stringify(parts)).digest()
}

/** Whole seconds from a moment until another one; at least one. */
export function secondsUntil(until: Date | null | undefined, at: Date): number {
  return Math.max(1, Math.ceil(((until ?? at).getTime() - at.getTime()) / 1000))
}
