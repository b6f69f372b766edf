import { ADMINISTRATOR } from '../auth/index.ts'
import type { Config } from '../config/index.ts'
import { type KeptPassword, keepPassword } from './kept-password.ts'
import { createUser, hasAdministrator, type SetUpServices } from './user-accounts.ts'

/** The administrator that this start made. */
export interface FirstAdministrator {
  readonly email: string
  /** Set where it was generated; shown once. */
  readonly generatedPassword: string | undefined
  /** File that keeps the generated password. */
  readonly passwordFile: string | undefined
}

/** Makes the first administrator where nobody can sign in as one. Nodes that start at once make one together. */
export async function ensureAdministrator(
  services: SetUpServices,
  config: Pick<Config, 'adminEmail' | 'adminPassword' | 'dataDir'>,
): Promise<FirstAdministrator | undefined> {
  if (await hasAdministrator(services.database)) return undefined
  const kept = config.adminPassword === undefined ? keepPassword(config.dataDir, 'admin-password') : undefined
  const password = config.adminPassword ?? (kept as KeptPassword).password
  const user = { name: 'Administrator', email: config.adminEmail, password, roles: [ADMINISTRATOR] }
  const id = await createUser(services, user, 'first administrator', hasAdministrator)
  if (id === null) {
    // Another node was faster: ours is nobody's password.
    kept?.discard()
    return undefined
  }
  return { email: config.adminEmail, generatedPassword: kept?.password, passwordFile: kept?.file }
}
