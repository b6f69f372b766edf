import { type PasswordHasher, storePassword } from '../auth/index.ts'
import type { Transaction } from '../records/database.ts'
import type { SignIn } from './people.ts'

export interface HashedSignIn extends SignIn {
  readonly hash: string
}

/** One hash each, so that equal passwords do not show in the table. */
export function hashPasswords(hasher: PasswordHasher, password: string, signIns: readonly SignIn[]): Promise<HashedSignIn[]> {
  return Promise.all(signIns.map(async (signIn) => ({ ...signIn, hash: await hasher.hash(password) })))
}

/** Gives the users their role and password. The last step of a load: it changes rights, so what was read before is out of date after it. */
export async function openSignIns(transaction: Transaction, signIns: readonly HashedSignIn[], at: Date): Promise<void> {
  await transaction.query({
    text: `INSERT INTO user_role (user_id, role_id)
           SELECT given.user_id, role.id FROM unnest($1::uuid[], $2::text[]) AS given (user_id, key) JOIN role ON role.key = given.key`,
    values: [signIns.map(({ userId }) => userId), signIns.map(({ role }) => role)],
    purpose: 'platform',
  })
  for (const { userId, hash } of signIns) await storePassword(transaction, userId, hash, at)
}
