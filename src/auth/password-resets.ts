import { say, validationFailed } from '../errors/index.ts'
import { isEmailAddress } from '../lib/email-address.ts'
import type { Database } from '../records/database.ts'
import { enqueue } from '../records/jobs/enqueue.ts'
import { ACCOUNT_MESSAGE, MESSAGE_ATTEMPTS } from './account-messages.ts'
import type { AddressThrottle } from './address-throttle.ts'
import { counterKey } from './attempt-counter.ts'
import type { RequestOrigin } from './audit.ts'
import { signInName } from './sign-in-name.ts'

export interface PasswordResets {
  /**
   * Asks for a message with a link by which whoever reads the mail of the address sets a new password. The same is done here for every address, known or not; whether there is somebody to write to is looked up by a
   * job. Throws VALIDATION_FAILED for what is no address, RATE_LIMITED for one network address that asks too often.
   */
  request(input: { readonly email: string }, origin: RequestOrigin): Promise<void>
}

export interface PasswordResetOptions {
  readonly database: Database
  readonly throttle: AddressThrottle
}

export function createPasswordResets({ database, throttle }: PasswordResetOptions): PasswordResets {
  return {
    request: async ({ email }, { requestId, client, ip }) => {
      const account = signInName(email)
      if (!isEmailAddress(account)) throw validationFailed([{ path: ['input', 'email'], code: 'FORMAT', message: say`This is no e-mail address.` }])
      await throttle.attempt('request', ip)
      const key = `password reset ${counterKey('account', account).toString('base64url')}`
      const payload = { purpose: 'passwordReset', account, origin: { requestId, client, ip } } as const
      await database.transaction((transaction) => enqueue(transaction, ACCOUNT_MESSAGE, [{ payload, key, attempts: MESSAGE_ATTEMPTS }]))
    },
  }
}
