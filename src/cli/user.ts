import type { Environment } from '../config/index.ts'
import { createUser, endUserSessions, generatePassword, resetPassword, unlockUser } from '../start/user-accounts.ts'
import { withKernel } from './setting-up.ts'

export interface UserToCreate {
  readonly email: string
  readonly name: string
  readonly roles: readonly string[]
  /** Undefined generates one, which is printed. */
  readonly password: string | undefined
}

/** `guanxi user create`. */
export async function createUserCommand(
  environment: Environment,
  directory: string,
  { email, name, roles, password = generatePassword() }: UserToCreate,
): Promise<void> {
  await withKernel(environment, directory, (kernel) => createUser(kernel, { email, name, roles, password }, 'command line'), { existing: true, writes: true })
  process.stdout.write(`${email} can sign in with the password ${password}\n`)
}

/** `guanxi user reset-password`. */
export async function resetPasswordCommand(
  environment: Environment,
  directory: string,
  { email, password = generatePassword() }: { email: string; password: string | undefined },
): Promise<void> {
  await withKernel(environment, directory, (kernel) => resetPassword(kernel, email, password, 'command line'), { existing: true })
  process.stdout.write(`${email} can sign in with the password ${password}; all sessions have ended\n`)
}

/** `guanxi user end-sessions`. */
export async function endSessionsCommand(environment: Environment, directory: string, email: string): Promise<void> {
  await withKernel(
    environment,
    directory,
    async (kernel) => {
      const ended = await endUserSessions(kernel, email, 'command line')
      process.stdout.write(`${ended} ${ended === 1 ? 'session' : 'sessions'} of ${email} ended\n`)
    },
    { existing: true },
  )
}

/** `guanxi user unlock`. */
export async function unlockCommand(environment: Environment, directory: string, email: string): Promise<void> {
  await withKernel(
    environment,
    directory,
    async (kernel) => {
      const wasLocked = await unlockUser(kernel, email, 'command line')
      process.stdout.write(wasLocked ? `${email} is not locked any more\n` : `${email} was not locked; failed sign-ins are forgotten\n`)
    },
    { existing: true },
  )
}
