import { type PasswordHasher, storePassword, writeSystemAudit } from '../auth/index.ts'
import type { Transaction } from '../records/database.ts'
import type { SignIn } from './people.ts'

export interface HashedSignIn extends SignIn {
  readonly hash: string
}

/** One hash each, so that equal passwords do not show in the table. */
export function hashPasswords(hasher: PasswordHasher, password: string, signIns: readonly SignIn[]): Promise<HashedSignIn[]> {
  return Promise.all(signIns.map(async (signIn) => ({ ...signIn, hash: await hasher.hash(password) })))
}

/** Gives the users their role and password. The last step of a load: it changes rights, so what was read before is out of date after it. `reason`: as in the audit. */
export async function openSignIns(transaction: Transaction, signIns: readonly HashedSignIn[], at: Date, reason: string): Promise<void> {
  await transaction.query({
    text: `INSERT INTO user_role (user_id, role_id)
           SELECT given.user_id, role.id FROM unnest($1::uuid[], $2::text[]) AS given (user_id, key) JOIN role ON role.key = given.key`,
    values: [signIns.map(({ userId }) => userId), signIns.map(({ role }) => role)],
    purpose: 'platform',
  })
  for (const { userId, hash } of signIns) await storePassword(transaction, userId, hash, at)
  const userIds = signIns.map(({ userId }) => userId)
  await writeSystemAudit(transaction, reason, { at, action: 'user.setPassword', userIds })
  await writeSystemAudit(transaction, reason, { at, action: 'role.assign', userIds, details: { roles: [...new Set(signIns.map(({ role }) => role))] } })
}
