import { type EmailDriver, NotSent } from './email-driver.ts'
import { oneLine } from './one-line.ts'

export interface SmtpOptions {
  /** `smtp://user:password@host:587`, or `smtps://` with TLS from the first byte. */
  readonly url: string
  readonly from: { readonly name: string; readonly address: string }
  /** Milliseconds for which the server may be silent in each step. */
  readonly timeout: number
}

/** Longest text of an error that is kept. */
const LONGEST_ERROR = 400
/** A whole attempt may take so many times what one step may. */
const STEPS = 4

/** Sends through a mail server, one connection a message. */
export function createSmtpDriver({ url, from, timeout }: SmtpOptions): EmailDriver {
  const settings = { url, connectionTimeout: timeout, greetingTimeout: timeout, socketTimeout: timeout, dnsTimeout: timeout }
  // Loaded with the first message, which the start need not wait for.
  const transport = once(async () => (await import('nodemailer')).createTransport(settings))
  return {
    domain: from.address.slice(from.address.lastIndexOf('@') + 1),
    send: async ({ messageId, to, subject, text, date }, signal) => {
      try {
        const { response } = await (await transport()).sendMail({
          from: { name: oneLine(from.name, 200), address: from.address },
          to: { name: oneLine(to.name, 200), address: to.address },
          envelope: { from: from.address, to: [to.address] },
          subject: oneLine(subject, 250),
          text,
          date,
          messageId,
          // Nobody's holiday notice answers it.
          headers: { 'Auto-Submitted': 'auto-generated', 'X-Auto-Response-Suppress': 'All' },
          disableFileAccess: true,
          disableUrlAccess: true,
          signal: AbortSignal.any([signal, AbortSignal.timeout(timeout * STEPS)]),
        })
        return { providerId: queueId(response) }
      } catch (error) {
        throw notSent(error)
      }
    },
  }
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined
  return () => {
    made ??= make()
    return made
  }
}

/** Mail servers answer in words of their own; what they called the message stands at the end of most: `250 2.0.0 Ok: queued as 4F2C81`. */
function queueId(response: string | undefined): string | null {
  const text = oneLine((response ?? '').replace(/^250[ -](2\.\d\.\d+ )?/, ''), 200)
  return text === '' ? null : (/queued as <?([^\s>]+)>?/i.exec(text)?.[1] ?? text)
}

interface SmtpError {
  readonly code?: string
  readonly command?: string
  readonly response?: string
  readonly responseCode?: number
}

/** What an attempt that failed means. No address of the mail server is in it, nor any password. */
function notSent(error: unknown): NotSent {
  const { code, command, response, responseCode } = (error ?? {}) as SmtpError
  const aboutMessage = command === 'RCPT TO' || command === 'DATA'
  if (responseCode !== undefined && typeof response === 'string') {
    const permanent = aboutMessage && responseCode >= 500 && responseCode < 600
    return new NotSent(
      oneLine(command?.startsWith('AUTH') ? 'The mail server does not accept the credentials of SMTP_URL.' : withoutPlaces(response), LONGEST_ERROR),
      permanent,
      { cause: error },
    )
  }
  // An address that cannot stand in an envelope; nothing was asked of the server.
  if (code === 'EENVELOPE') return new NotSent('The address cannot be written to.', true, { cause: error })
  return new NotSent(SENTENCES.get(code ?? '') ?? 'The mail server could not be reached.', false, { cause: error })
}

/** The server's answer without names and addresses of machines, which recipients have no business to know. Status codes (`5.1.1`) stay. */
function withoutPlaces(response: string): string {
  return response
    .replaceAll(/\[?\b\d{1,3}(?:\.\d{1,3}){3}\b\]?/g, '…')
    .replaceAll(/\[[0-9a-f:.]+\]/gi, (text) => (text.includes(':') ? '…' : text))
    .replaceAll(/[a-z0-9.-]+/gi, (word) => (isPlace(word) ? `…${word.endsWith('.') ? '.' : ''}` : word))
}

/** The name of a host, with or without a dot at its end. */
function isPlace(word: string): boolean {
  const labels = word.split('.')
  return labels.some((label, index) => index > 0 && labels[index - 1] !== '' && /^[a-z]{2,}$/i.test(label))
}

const SENTENCES: ReadonlyMap<string, string> = new Map([
  ['ETIMEDOUT', 'The mail server did not answer in time.'],
  ['EABORT', 'The attempt took too long, or the process ended.'],
  ['EDNS', 'The host of SMTP_URL is unknown.'],
  ['ETLS', 'The mail server could not be spoken with by TLS.'],
  ['EAUTH', 'The mail server does not accept the credentials of SMTP_URL.'],
  ['ECONNECTION', 'The mail server closed the connection.'],
  ['EPROTOCOL', 'The mail server answered with something that is not SMTP.'],
])
