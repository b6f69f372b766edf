import { createServer, type Server, type Socket } from 'node:net'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { runGuanxi, temporaryDirectory } from '../support/guanxi-process.ts'
import { type MailServer, startMailServer } from '../support/mail-server.ts'

/** `guanxi doctor` and the mail server. */
let directory: Awaited<ReturnType<typeof temporaryDirectory>>
let mail: MailServer
let open: MailServer
let silent: Server
const held: Socket[] = []

beforeAll(async () => {
  directory = await temporaryDirectory()
  mail = await startMailServer(0, { crm: 'hunter2' })
  open = await startMailServer()
  silent = createServer((socket) => held.push(socket))
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
}, 60_000)
afterAll(async () => {
  await mail?.close()
  await open?.close()
  for (const socket of held) socket.destroy()
  await new Promise((resolve) => silent.close(resolve))
  await directory?.remove()
})

/** The lines about mail, and the exit code. */
async function doctor(url: string | undefined, role = 'all'): Promise<{ readonly code: number | null; readonly lines: string[]; readonly output: string }> {
  const environment: Record<string, string> = url === undefined ? {} : { SMTP_URL: url, MAIL_FROM: 'crm@example.com', SMTP_TIMEOUT: '500' }
  const { code, stdout, stderr } = await runGuanxi(directory.path, 'doctor', { PORT: '0', GUANXI_ROLE: role, ...environment }).finished
  return { code, lines: stdout.split('\n').filter((line) => / smtp /.test(line)), output: stdout + stderr }
}
const silentPort = () => (silent.address() as { port: number }).port

test('a mail server that takes the credentials is well, and gets no message', async () => {
  expect(await doctor(`smtp://crm:hunter2@127.0.0.1:${mail.port}`)).toMatchObject({
    code: 0,
    lines: [`ok    smtp         127.0.0.1:${mail.port} answers and takes the credentials`],
  })
  expect(await doctor(open.url)).toMatchObject({ code: 0, lines: [`ok    smtp         127.0.0.1:${open.port} answers; SMTP_URL names no user`] })
  expect([...mail.mails, ...open.mails, ...mail.asked, ...open.asked]).toEqual([])
}, 60_000)

test('where none is configured a process that sends says who hears nothing, and one that only answers does not', async () => {
  expect(await doctor(undefined)).toMatchObject({
    code: 0,
    lines: ['warn  smtp         SMTP_URL is not set: reminders by e-mail, invitations and links for new passwords reach nobody.'],
  })
  expect(await doctor(undefined, 'api')).toMatchObject({ code: 0, lines: [] })
}, 60_000)

test.each([
  ['wrong credentials', () => `smtp://crm:guessed@127.0.0.1:${mail.port}`, /it does not take the credentials \(535 5\.7\.8 Bad credentials\)/],
  ['credentials for a server that offers no sign-in', () => `smtp://crm:guessed@127.0.0.1:${open.port}`, /it does not take the credentials/],
  ['nobody there', () => 'smtp://crm:guessed@127.0.0.1:1', /nothing listens there/],
  ['a host that does not exist', () => 'smtp://crm:guessed@mail.invalid:25', /the host is unknown/],
  ['no answer', () => `smtp://crm:guessed@127.0.0.1:${silentPort()}`, /it does not answer in time/],
  ['TLS that is demanded and not offered', () => `smtp://crm:hunter2@127.0.0.1:${mail.port}?requireTLS=true`, /TLS|refuses/],
])(
  '%s is a finding with the way out, and exit code 1',
  async (_, url, reason) => {
    const { code, lines, output } = await doctor(url())
    expect([code, lines]).toEqual([
      1,
      [expect.stringMatching(/^fail +smtp +\S+ cannot be used: .+\. Start it, or correct SMTP_URL; until then no message is sent\.$/)],
    ])
    expect(lines[0]).toMatch(reason)
    expect(output).not.toMatch(/guessed|hunter2/)
  },
  60_000,
)
