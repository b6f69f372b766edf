import type { Config } from '../../config/index.ts'
import { type Finding, warn } from './finding.ts'

/** What docs/security.md asks for before the server faces a network, and is not set. Nothing outside of production, where none of it is needed. */
export function checkProduction({ production, role, databaseUrl, trustedProxies, corsOrigins, smtpUrl, appUrl }: Config): Finding[] {
  if (!production) return []
  const answers = role !== 'worker'
  const sends = role !== 'api'
  return [
    ...(databaseUrl === undefined ? [warn('production', 'DATABASE_URL is not set: the embedded PostgreSQL serves one process on this machine.')] : []),
    ...(answers && trustedProxies.length === 0
      ? [warn('production', 'TRUSTED_PROXIES is not set: behind a proxy, which TLS needs, everybody comes from one address.')]
      : []),
    ...(answers && corsOrigins.length === 0 ? [warn('production', 'CORS_ORIGINS is not set: pages of other origins cannot call the API.')] : []),
    ...(sends && smtpUrl !== undefined && appUrl === undefined
      ? [warn('production', 'APP_URL is not set: messages hold tokens to be pasted in the place of links.')]
      : []),
  ]
}
