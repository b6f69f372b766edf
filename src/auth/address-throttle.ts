import { GuanxiError, say } from '../errors/index.ts'
import { networkOf } from '../lib/client-network.ts'
import type { Database } from '../records/database.ts'
import { countAttempt, counterKey, secondsUntil, THROTTLE_LIMITS, type ThrottleLimits } from './attempt-counter.ts'

/** What one network address does without being anybody: brings refresh tokens, brings tokens of links, asks for messages. */
export type AddressUse = 'refresh' | 'token' | 'request'

/**
 * Limits per address, for all nodes together, what names no account that could be guessed: tokens of 256 random bits, and requests whose answer is always the same. The address is the only key; nothing that a caller
 * writes is part of it.
 */
export interface AddressThrottle {
  /** Throws RATE_LIMITED (with `retryAfter` seconds) while the address is locked for this use. */
  admit(use: AddressUse, ip: string | null): Promise<void>
  /** Counts a token that was none. */
  failed(use: AddressUse, ip: string | null): Promise<void>
  /** Counts before anything is done, whatever comes of it. Throws RATE_LIMITED beyond the limit. */
  attempt(use: AddressUse, ip: string | null): Promise<void>
}

const LOCKED_UNTIL = 'SELECT locked_until AS until FROM sign_in_failure WHERE key = $1 AND locked_until > $2'

export function createAddressThrottle(database: Database, now: () => Date, limits: ThrottleLimits = THROTTLE_LIMITS): AddressThrottle {
  const keyOf = (use: AddressUse, ip: string | null): Buffer => counterKey('address', use, networkOf(ip))

  async function admit(use: AddressUse, ip: string | null): Promise<void> {
    const at = now()
    const [locked] = await database.query<{ until: Date }>({ text: LOCKED_UNTIL, values: [keyOf(use, ip), at], purpose: 'authentication' })
    if (locked) throw tooMany(secondsUntil(locked.until, at))
  }

  async function count(use: AddressUse, ip: string | null, limit: number): Promise<boolean> {
    const values = [now(), limits.window, limits.lock, keyOf(use, ip), limit]
    const counted = await database.query({ text: countAttempt('$4', '$5'), values, purpose: 'authentication' })
    return counted.length > 0
  }

  return {
    admit,
    failed: async (use, ip) => {
      await count(use, ip, limits.address)
    },
    attempt: async (use, ip) => {
      if (await count(use, ip, limits.requests)) return
      await admit(use, ip)
      throw tooMany(1)
    },
  }
}

function tooMany(retryAfter: number): GuanxiError {
  return new GuanxiError('RATE_LIMITED', say`Too many attempts from this address. Try again in ${retryAfter} seconds.`, { retryAfter })
}
