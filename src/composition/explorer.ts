import type { Sessions } from '../auth/index.ts'
import type { Config } from '../config/index.ts'
import { demoUsers } from '../demo/index.ts'
import { GuanxiError, notFound, say } from '../errors/index.ts'
import { type DemoSessions, EXPLORER_FILES, type ExplorerOptions, type Logger, openExplorerFiles } from '../http/index.ts'
import type { Database } from '../records/database.ts'
import { readKeptPassword } from '../start/kept-password.ts'

interface ExplorerServices {
  readonly config: Pick<Config, 'explorer' | 'demoSignIn' | 'demoPassword' | 'dataDir'>
  readonly database: Database
  readonly sessions: Pick<Sessions, 'signIn'>
  readonly logger: Logger
}

/** The explorer, where it is wanted and was built. */
export function createExplorer({ config, database, sessions, logger }: ExplorerServices): ExplorerOptions | undefined {
  if (!config.explorer) return undefined
  const files = openExplorerFiles(EXPLORER_FILES)
  if (!files) {
    logger.warn('there is no explorer: it was not built')
    return undefined
  }
  if (config.demoSignIn === 'off') return { files }
  return { files, demo: { demo: demoSessions(config, database, sessions), everybody: config.demoSignIn === 'everybody' } }
}

/** Signs in with the password that this server was given, or that it made when it loaded the demo data: it gives nothing that the password would not. */
function demoSessions({ demoPassword, dataDir }: ExplorerServices['config'], database: Database, sessions: Pick<Sessions, 'signIn'>): DemoSessions {
  // Looked for each time: it is made after the server is.
  const password = (): string | undefined => demoPassword ?? readKeptPassword(dataDir, 'demo-password')
  const users = async () => (password() === undefined ? [] : demoUsers(database))
  return {
    users,
    signIn: async (email, from) => {
      const known = password()
      const user = (await users()).find((each) => each.email === email)
      if (known === undefined || !user) throw notFound('user')
      try {
        return await sessions.signIn({ email: user.email, password: known }, from)
      } catch (error) {
        if (error instanceof GuanxiError && error.code === 'UNAUTHENTICATED')
          throw new GuanxiError('UNAUTHENTICATED', say`This user has another password than the one that the server knows for the demo. Sign in with it.`)
        throw error
      }
    },
  }
}
