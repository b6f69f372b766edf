import type { Config } from '../../config/index.ts'
import { type Finding, fail, ok } from './finding.ts'

/** The whole examination may take so many times what one step may. */
const STEPS = 4
/** Characters of the server's own words that are shown. */
const LONGEST_WORDS = 200

/** The mail server of SMTP_URL can be reached, is spoken with by TLS as it is asked for, and takes the credentials. Nothing is sent. */
export async function checkSmtp({ smtpUrl, smtpTimeout }: { readonly smtpUrl: string } & Pick<Config, 'smtpTimeout'>): Promise<Finding> {
  const { host, username } = new URL(smtpUrl)
  const { createTransport } = await import('nodemailer')
  const timeouts = { connectionTimeout: smtpTimeout, greetingTimeout: smtpTimeout, socketTimeout: smtpTimeout, dnsTimeout: smtpTimeout }
  // A server that offers no sign-in would else be taken for one that let us in.
  const transport = createTransport({ url: smtpUrl, ...timeouts, forceAuth: username !== '' })
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(Object.assign(new Error('late'), { code: 'ETIMEDOUT' })), smtpTimeout * STEPS)
  })
  try {
    await Promise.race([transport.verify(), late])
    return ok('smtp', `${host} answers${username === '' ? '; SMTP_URL names no user' : ' and takes the credentials'}`)
  } catch (error) {
    return fail('smtp', `${host} cannot be used: ${reasonOf(error)}. Start it, or correct SMTP_URL; until then no message is sent.`)
  } finally {
    clearTimeout(timer)
    transport.close()
  }
}

interface SmtpError {
  readonly code?: string
  readonly command?: string
  readonly response?: string
  readonly cause?: unknown
  readonly message?: string
}

/** In words, without user and password. */
function reasonOf(error: unknown): string {
  const { code, command, response, message = '' } = (error ?? {}) as SmtpError
  const words = response === undefined ? '' : ` (${plain(response)})`
  if (code === 'EAUTH' || command?.startsWith('AUTH')) return `it does not take the credentials${words}`
  if (response !== undefined) return `it refuses${words}`
  if (/ECONNREFUSED/.test(`${code} ${message}`)) return 'nothing listens there'
  return REASONS.get(code ?? '') ?? plain(message)
}

const REASONS: ReadonlyMap<string, string> = new Map([
  ['ETIMEDOUT', 'it does not answer in time'],
  ['EDNS', 'the host is unknown'],
  ['ETLS', 'TLS with it does not work'],
  ['ECONNECTION', 'it closes the connection'],
  ['EPROTOCOL', 'what answers there is no mail server'],
])

function plain(text: string): string {
  return text
    .replaceAll(/[\p{Cc}\s]+/gu, ' ')
    .trim()
    .slice(0, LONGEST_WORDS)
    .replace(/\.$/, '')
}
