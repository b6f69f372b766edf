import { resolve } from 'node:path'
import { StartupError } from '../errors/index.ts'
import type { Config } from './config.ts'
import { SETTINGS, type Setting } from './settings.ts'

export type Environment = Readonly<Record<string, string | undefined>>

/**
 * Parses the environment once. Throws StartupError that names the variable, what is wrong with it and what it accepts;
 * the value itself is shown only where it is no secret. `directory` is what a relative DATA_DIR is relative to.
 */
export function loadConfig(environment: Environment, directory: string): Config {
  const values = new Map<keyof Config, unknown>(SETTINGS.map((setting) => [setting.property, parse(setting, environment[setting.name])]))
  const parsed = Object.fromEntries(values) as unknown as Omit<Config, 'demo' | 'explorer'> & { demo: boolean | undefined; explorer: boolean | undefined }
  if (parsed.production) demandSecrets(environment)
  if (parsed.smtpUrl !== undefined && parsed.mailFrom === undefined)
    throw new StartupError('MAIL_FROM must be set where SMTP_URL is. It accepts crm@example.com, or Example CRM <crm@example.com>.')
  return Object.freeze({
    ...parsed,
    dataDir: resolve(directory, parsed.dataDir),
    demo: parsed.demo ?? !parsed.production,
    explorer: parsed.explorer ?? !parsed.production,
    demoSignIn: parsed.production ? 'off' : parsed.demoSignIn,
    secrets: Object.freeze(parsed.secrets),
    corsOrigins: Object.freeze(parsed.corsOrigins),
    trustedProxies: Object.freeze(parsed.trustedProxies),
    plugins: Object.freeze(parsed.plugins),
    pluginPaths: Object.freeze(parsed.pluginPaths.map((path) => resolve(directory, path))),
  })
}

function parse(setting: Setting, text: string | undefined): unknown {
  const result = setting.schema.safeParse(text === '' ? undefined : text)
  if (result.success) return result.data
  const shown = setting.secret ? '' : ` ${JSON.stringify(text)}`
  throw new StartupError(`${setting.name}${shown} ${result.error.issues[0]?.message ?? 'is not valid'}. It accepts ${setting.accepts}.`)
}

function demandSecrets(environment: Environment): void {
  for (const setting of SETTINGS) {
    if (setting.requiredInProduction && !environment[setting.name])
      throw new StartupError(`${setting.name} must be set when NODE_ENV is production. It accepts ${setting.accepts}.`)
  }
}
