import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type Config, type Environment, loadConfig } from '../../config/index.ts'
import { describeDatabase, placeOf } from '../check-database.ts'
import { openDatabase } from '../open-database.ts'
import { checkClock, checkDataDir, checkListening, checkNode } from './check-machine.ts'
import { checkProduction } from './check-production.ts'
import { checkRedis } from './check-redis.ts'
import { checkSchema } from './check-schema.ts'
import { checkSmtp } from './check-smtp.ts'
import { type Finding, fail, ok, warn } from './finding.ts'

export { type Finding, findingLine } from './finding.ts'

/**
 * Examines everything that a start needs and changes nothing; an embedded database that is not running is started for the
 * examination and stopped again.
 */
export async function examine(environment: Environment, directory: string): Promise<Finding[]> {
  const node = checkNode(process.version)
  let config: Config
  try {
    config = loadConfig(environment, directory)
  } catch (error) {
    return [node, fail('environment', (error as Error).message)]
  }
  const data = checkDataDir(config)
  const findings = [node, ok('environment', `NODE_ENV ${config.production ? 'production' : 'development'}`), ...data, await checkListening(config)]
  if (data.some((finding) => finding.level === 'fail' && finding.message.startsWith('DATA_DIR'))) return findings
  const redis = config.redisUrl === undefined ? [] : [await checkRedis(config.redisUrl)]
  const smtp = await checkEmail(config)
  return [...findings, ...redis, ...smtp, ...checkProduction(config), ...(await checkDatabase(config))]
}

/** Processes that only answer send nothing, and need no mail server. */
async function checkEmail({ smtpUrl, smtpTimeout, role }: Config): Promise<Finding[]> {
  if (smtpUrl !== undefined) return [await checkSmtp({ smtpUrl, smtpTimeout })]
  return role === 'api' ? [] : [warn('smtp', 'SMTP_URL is not set: reminders by e-mail, invitations and links for new passwords reach nobody.')]
}

async function checkDatabase(config: Config): Promise<Finding[]> {
  if (config.databaseUrl === undefined && !existsSync(join(config.dataDir, 'embedded.json'))) {
    return [ok('database', `The embedded PostgreSQL has no data yet; the first start makes it under ${config.dataDir}.`)]
  }
  try {
    const opened = await openDatabase(config, { share: true })
    try {
      const description = await describeDatabase(opened.url)
      const about = `PostgreSQL ${description.version} (${placeOf(opened.url)})`
      return [ok('database', about), checkLocale(description), checkClock(description.clockSkew), ...(await checkSchema(opened.url))]
    } finally {
      await opened.close()
    }
  } catch (error) {
    return [fail('database', (error as Error).message)]
  }
}

function checkLocale({ encoding, collation, characterType }: { encoding: string; collation: string; characterType: string }): Finding {
  const about = `${encoding}, collation ${collation}, character type ${characterType}`
  const plain = characterType === 'C' || characterType === 'POSIX'
  return plain
    ? warn('locale', `${about}: regular expressions and pg_trgm do not know Chinese characters; make the database with LC_CTYPE C.UTF-8.`)
    : ok('locale', about)
}
