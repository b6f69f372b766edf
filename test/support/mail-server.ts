import { SMTPServer, type SMTPServerAddress } from 'smtp-server'

/** A message as a mail server got it. */
export interface ReceivedMail {
  readonly to: string
  /** Unfolded, encoded words decoded, by their names in lower case. */
  readonly headers: ReadonlyMap<string, readonly string[]>
  readonly header: (name: string) => string | undefined
  readonly text: string
  readonly raw: string
}

/** What the server says to a step: undefined takes it, a text refuses it (`550 No such user`). What it waits for holds the sender up. */
export type Verdict = string | undefined | Promise<string | undefined>

export interface MailServer {
  readonly port: number
  readonly url: string
  /** Taken messages, in order. */
  readonly mails: readonly ReceivedMail[]
  /** How often each address was asked for, whatever was answered. */
  readonly asked: readonly string[]
  /** Messages that were being given at the same time, at most, for one address. */
  readonly mostAtOnce: number
  onRecipient: (address: string) => Verdict
  /** Once the whole message is there, before it is taken. */
  onMail: (mail: ReceivedMail) => Verdict
  close(): Promise<void>
}

/** A real SMTP server of this machine. `port`: one that is free, unless given. `users`: passwords by name; without it nobody can sign in. */
export async function startMailServer(port = 0, users?: Readonly<Record<string, string>>): Promise<MailServer> {
  const mails: ReceivedMail[] = []
  const asked: string[] = []
  const under = new Map<string, number>()
  let mostAtOnce = 0
  const answer = (verdict: Verdict, callback: (error?: Error | null) => void): void => {
    Promise.resolve(verdict).then((text) => callback(text === undefined ? null : refusal(text)), callback)
  }
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: users ? ['STARTTLS'] : ['STARTTLS', 'AUTH'],
    allowInsecureAuth: true,
    onAuth: ({ username, password }, _session, callback) => {
      if (username !== undefined && users?.[username] === password) callback(null, { user: username })
      else callback(refusal('535 5.7.8 Bad credentials'))
    },
    logger: false,
    closeTimeout: 100,
    onRcptTo: ({ address }: SMTPServerAddress, _session, callback) => {
      asked.push(address)
      answer(made.onRecipient(address), callback)
    },
    onData: (stream, session, callback) => {
      const parts: Buffer[] = []
      const to = session.envelope.rcptTo[0]?.address ?? ''
      under.set(to, (under.get(to) ?? 0) + 1)
      mostAtOnce = Math.max(mostAtOnce, under.get(to) as number)
      stream.on('data', (part: Buffer) => parts.push(part))
      stream.on('end', async () => {
        const mail = parse(to, Buffer.concat(parts))
        answer(
          Promise.resolve(made.onMail(mail)).then((text) => {
            if (text === undefined) mails.push(mail)
            under.set(to, (under.get(to) as number) - 1)
            return text
          }),
          callback as (error?: Error | null) => void,
        )
      })
    },
  })
  server.on('error', () => {})
  await new Promise<void>((resolve, reject) => {
    server.server.once('error', reject)
    server.listen(port, '127.0.0.1', () => resolve())
  })
  const listening = (server.server.address() as { port: number }).port
  const made: MailServer = {
    port: listening,
    url: `smtp://127.0.0.1:${listening}`,
    mails,
    asked,
    get mostAtOnce() {
      return mostAtOnce
    },
    onRecipient: () => undefined,
    onMail: () => undefined,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  }
  return made
}

/** `550 5.1.1 No such user`. */
function refusal(text: string): Error {
  const [, code, message] = /^(\d{3}) (.*)$/.exec(text) ?? []
  return Object.assign(new Error(message), { responseCode: Number(code) })
}

function parse(to: string, source: Buffer): ReceivedMail {
  const raw = source.toString('latin1')
  const end = raw.indexOf('\r\n\r\n')
  const headers = new Map<string, string[]>()
  for (const line of raw
    .slice(0, end)
    .replaceAll(/\r\n[ \t]/g, ' ')
    .split('\r\n')) {
    const [, name = '', value = ''] = /^([^:]+): *(.*)$/.exec(line) ?? []
    headers.set(name.toLowerCase(), [...(headers.get(name.toLowerCase()) ?? []), decodeWords(value)])
  }
  const header = (name: string): string | undefined => headers.get(name)?.[0]
  return { to, headers, header, raw, text: decodeBody(raw.slice(end + 4), header('content-transfer-encoding') ?? '7bit') }
}

/** Encoded words (RFC 2047); space between two of them means nothing. */
function decodeWords(value: string): string {
  return value
    .replaceAll(/\?= +=\?/g, '?==?')
    .replaceAll(/=\?utf-8\?([bq])\?([^?]*)\?=/gi, (_, encoding: string, text: string) =>
      encoding.toLowerCase() === 'b' ? Buffer.from(text, 'base64').toString() : quoted(text.replaceAll('_', ' ')),
    )
}

function decodeBody(body: string, encoding: string): string {
  if (encoding === 'base64') return Buffer.from(body, 'base64').toString()
  return encoding === 'quoted-printable' ? quoted(body.replaceAll(/=\r\n/g, '')) : body
}

function quoted(text: string): string {
  return Buffer.from(
    text.replaceAll(/=([0-9A-F]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    'latin1',
  ).toString()
}
