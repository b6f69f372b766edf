import { type GuanxiError, say, validationFailed } from '../errors/index.ts'
import type { Database } from '../records/database.ts'
import { READ_EPOCHS_SQL } from '../records/epochs.ts'
import type { AddressThrottle } from './address-throttle.ts'
import { type RequestOrigin, writeAudit } from './audit.ts'
import type { OneTimeTokens, TokenPurpose } from './one-time-tokens.ts'
import { checkNewPassword, type PasswordHasher } from './passwords.ts'
import { endSessions } from './sessions.ts'
import { signInName } from './sign-in-name.ts'
import type { SignInThrottle } from './sign-in-throttle.ts'
import { storePassword } from './user-passwords.ts'

export interface TokenPasswordInput {
  readonly token: string
  readonly password: string
}

/** Passwords that are set by the link of a message. */
export interface TokenPasswords {
  /**
   * Sets the password of whom the token was sent to, ends all sessions and refresh tokens and every other link of the user, and opens the account where guesses had locked it. Of parallel uses of one token one wins.
   * Answers the address to sign in with. Throws VALIDATION_FAILED, in the same words and after the same work for a token that never was, was used, has expired or has been replaced; RATE_LIMITED.
   */
  set(purpose: TokenPurpose, input: TokenPasswordInput, origin: RequestOrigin): Promise<{ readonly email: string }>
}

export interface TokenPasswordOptions {
  readonly database: Database
  readonly hasher: PasswordHasher
  readonly tokens: OneTimeTokens
  readonly signIns: SignInThrottle
  readonly throttle: AddressThrottle
  readonly now: () => Date
}

const ACTIONS: Readonly<Record<TokenPurpose, string>> = { passwordReset: 'user.resetPassword', invitation: 'user.acceptInvitation' }

export function createTokenPasswords({ database, hasher, tokens, signIns, throttle, now }: TokenPasswordOptions): TokenPasswords {
  async function refuse(purpose: TokenPurpose, origin: RequestOrigin): Promise<never> {
    await throttle.failed('token', origin.ip)
    await writeAudit(database, { at: now(), actorId: null, via: 'user', action: ACTIONS[purpose], userIds: [], origin, result: 'refused' })
    throw notValid(purpose)
  }

  return {
    set: async (purpose, { token: text, password }, origin) => {
      await throttle.admit('token', origin.ip)
      checkNewPassword(password, ['input', 'password'])
      const hash = await hasher.hash(password)
      if (!(await tokens.find(database, purpose, text))) return refuse(purpose, origin)
      const email = await database.transaction(async (transaction) => {
        // As every other way that changes who can sign in, so that no two wait for each other crosswise.
        await transaction.query({ text: `${READ_EPOCHS_SQL} FOR UPDATE`, purpose: 'authentication' })
        const token = await tokens.find(transaction, purpose, text, true)
        if (!token) return null
        const { id, userId } = token
        await tokens.use(transaction, id)
        await storePassword(transaction, userId, hash, now())
        await endSessions(transaction, 's.user_id = $1', [userId], now())
        await signIns.open(signInName(token.email), origin.ip, transaction)
        await writeAudit(transaction, { at: now(), actorId: userId, via: 'user', action: ACTIONS[purpose], userIds: [userId], origin, result: 'ok' })
        return token.email
      })
      if (email === null) return refuse(purpose, origin)
      return { email }
    },
  }
}

function notValid(purpose: TokenPurpose): GuanxiError {
  const way = purpose === 'invitation' ? say`Ask an administrator for a new one.` : say`Ask for a new one.`
  return validationFailed([{ path: ['input', 'token'], code: 'NOT_VALID', message: say`The link is not valid, or no longer is. ${way}` }])
}
