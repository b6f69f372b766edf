import { join } from 'node:path'
import { ADMINISTRATOR } from '../auth/index.ts'
import type { Config } from '../config/index.ts'
import { prepareDataDir } from './data-dir.ts'
import { privateFile } from './private-file.ts'
import { createUser, generatePassword, hasAdministrator, type SetUpServices } from './user-accounts.ts'

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
  const passwordFile = config.adminPassword === undefined ? join(config.dataDir, 'admin-password') : undefined
  if (passwordFile !== undefined) prepareDataDir(config.dataDir)
  const password = passwordFile === undefined ? (config.adminPassword as string) : privateFile(passwordFile, generatePassword).value
  const user = { name: 'Administrator', email: config.adminEmail, password, roles: [ADMINISTRATOR] }
  const id = await createUser(services, user, 'first administrator', hasAdministrator)
  if (id === null) return undefined
  return { email: config.adminEmail, generatedPassword: passwordFile === undefined ? undefined : password, passwordFile }
}
