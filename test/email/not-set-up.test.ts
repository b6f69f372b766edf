import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { eventually } from '../support/guanxi-process.ts'
import { type MailServer, startMailServer } from '../support/mail-server.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

/** Invitations and links for passwords where nothing can be sent: administrators are told, strangers are not. */
const INVITE = 'mutation ($email: String!) { inviteUser(input: {email: $email, name: "Guest", roleKeys: ["read_only"]}) { emailIsSetUp user { id } } }'
const RESEND = 'mutation ($id: ID!) { resendInvitation(input: {userId: $id}) { emailIsSetUp } }'
const REQUEST = 'mutation ($email: String!) { requestPasswordReset(input: {email: $email}) { accepted } }'

let mail: MailServer
const servers: Record<string, TestServer> = {}
beforeAll(async () => {
  mail = await startMailServer()
  servers['none'] = await startTestServer({ environment: { GUANXI_ROLE: 'all' } })
  servers['set up'] = await startTestServer({ environment: { GUANXI_ROLE: 'all', SMTP_URL: mail.url, MAIL_FROM: 'crm@example.com' } })
  servers['others send'] = await startTestServer({ environment: { GUANXI_ROLE: 'api' } })
}, 120_000)
afterAll(async () => {
  for (const server of Object.values(servers)) await server.close()
  await mail?.close()
})

test.each([
  ['none', false],
  ['set up', true],
  ['others send', null],
] as const)('mail server: %s; an invitation says %s', async (name, emailIsSetUp) => {
  const { admin } = servers[name] as TestServer
  const { inviteUser } = await admin.data(INVITE, { email: 'guest@example.com' })
  expect(inviteUser.emailIsSetUp).toBe(emailIsSetUp)
  expect(await admin.data(RESEND, { id: inviteUser.user.id })).toEqual({ resendInvitation: { emailIsSetUp } })
})

test('without one the invitation is in the log of messages as skipped, with the reason', async () => {
  const { admin } = servers['none'] as TestServer
  const reason = await eventually(async () => {
    const { deliveries } = await admin.data('{ deliveries(filter: {state: {eq: "skipped"}}) { nodes { lastError } } }')
    return deliveries.nodes[0]?.lastError as string | undefined
  })
  expect(reason).toBe('E-mail is not set up: SMTP_URL is not set.')
})

test('a stranger who asks for a new password hears the same with and without one, of whatever address', async () => {
  for (const { anonymous } of Object.values(servers))
    for (const email of ['admin@test.guanxi.local', 'nobody@example.com'])
      expect(await anonymous.send(REQUEST, { email })).toMatchObject({ data: { requestPasswordReset: { accepted: true } }, errors: [] })
})
