import type { Environment } from '../../config/index.ts'
import { StartupError } from '../../errors/index.ts'
import type { ServerAddress } from './live-schema.ts'

/** Options of every command that asks a live server. */
export interface ServerOptions {
  readonly url?: string
  readonly token?: string
  readonly role?: string
}

/** The server of a command: options come first, then GUANXI_URL and GUANXI_TOKEN. Throws StartupError without a token. */
export function serverOf(environment: Environment, { url, token, role }: ServerOptions): ServerAddress {
  const given = token ?? environment.GUANXI_TOKEN
  if (!given) throw new StartupError('Say who asks: give an access token or API key by --token or GUANXI_TOKEN.')
  return { url: url ?? (environment.GUANXI_URL || 'http://127.0.0.1:4000'), token: given, role }
}
