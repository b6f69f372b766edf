import { createHash } from 'node:crypto'
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import pg from 'pg'
import { codesOf, createTestClient, issuesOf, TRANSPORTS, type Transport } from '../support/client.ts'
import { TEST_PASSWORD } from '../support/database.ts'
import { eventually } from '../support/guanxi-process.ts'
import { type MailServer, type ReceivedMail, startMailServer } from '../support/mail-server.ts'
import { openRawSocket } from '../support/raw-socket.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

/** Accounts that are reached by mail, by address and by key: links that are stolen, guessed, used twice or too late, and people who are to be locked out. */
const SIGN_IN = 'mutation ($input: SignInInput!) { signIn(input: $input) { accessToken refreshToken } }'
const REFRESH = 'mutation ($token: String!) { refreshSession(input: {refreshToken: $token}) { accessToken } }'
const REQUEST = 'mutation ($input: RequestPasswordResetInput!) { requestPasswordReset(input: $input) { accepted } }'
const RESET = 'mutation ($input: ResetPasswordInput!) { resetPassword(input: $input) { email } }'
const INVITE = 'mutation ($input: InviteUserInput!) { inviteUser(input: $input) { expiresAt user { id name email roles { key } } } }'
const RESEND = 'mutation ($input: ResendInvitationInput!) { resendInvitation(input: $input) { expiresAt user { id } } }'
const ACCEPT = 'mutation ($input: AcceptInvitationInput!) { acceptInvitation(input: $input) { email } }'
const CREATE_KEY = 'mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) { apiKey { id allowedNetworks } secret } }'
/** Milliseconds within which a socket without rights is closed. */
const LATEST = 1_000
const NEW_PASSWORD = 'another horse battery staple'

let mail: MailServer
let server: TestServer
let raw: pg.Client
const clock = { offset: 0 }

beforeAll(async () => {
  mail = await startMailServer()
  const environment = {
    GUANXI_ROLE: 'all',
    SMTP_URL: mail.url,
    MAIL_FROM: 'crm@example.com',
    APP_URL: 'https://crm.example.com/app/',
    TRUSTED_PROXIES: '127.0.0.1',
  }
  server = await startTestServer({ environment, now: () => new Date(Date.now() + clock.offset), retryDelays: [0.4] })
  raw = new pg.Client(server.database.url)
  await raw.connect()
}, 60_000)
afterAll(async () => {
  await raw?.end()
  await server?.close()
  await mail?.close()
})

afterEach(() => {
  clock.offset = 0
})

const from = (ip: string) => ({ 'x-forwarded-for': ip })
const mailsTo = (address: string) => mail.mails.filter(({ to }) => to === address)
const mailTo = (address: string, count = 1): Promise<ReceivedMail> =>
  eventually(async () => mailsTo(address).length >= count && mailsTo(address)[count - 1], 15_000) as Promise<ReceivedMail>
const tokenIn = ({ text }: ReceivedMail) => /#token=([\w-]{64})(?![\w-])/.exec(text)?.[1] as string
/** Nothing is asked for, made or sent any more. */
const quiet = () =>
  eventually(
    async () =>
      (await raw.query("SELECT FROM graphile_worker._private_jobs UNION ALL SELECT FROM deliveries WHERE state IN ('queued', 'sending')")).rowCount === 0,
    15_000,
  )

async function requestReset(email: string, headers: Readonly<Record<string, string>> = {}, transport: Transport = 'http') {
  const { data, errors } = await server.anonymous.send(REQUEST, { input: { email } }, { headers, transport })
  expect([errors, data]).toEqual([[], { requestPasswordReset: { accepted: true } }])
}
const reset = (token: string, password = NEW_PASSWORD, transport: Transport = 'http') =>
  server.anonymous.send(RESET, { input: { token, password } }, { transport })
const signIn = (email: string, password: string, headers = {}) => server.anonymous.send(SIGN_IN, { input: { email, password } }, { headers })

describe('a link for a new password', () => {
  test.each(TRANSPORTS)('over %s sets it once, and ends every session, refresh token and socket', async (transport) => {
    const { email, id, client } = await server.addUser(`Forgetful ${transport}`, 'sales_rep')
    const { signIn: session } = await server.anonymous.data(SIGN_IN, { input: { email, password: TEST_PASSWORD } })
    const socket = await openRawSocket(server.url, session.accessToken)
    // What the request says of itself is no part of the link.
    await requestReset(` ${email.toUpperCase()}`, { 'x-forwarded-host': 'attacker.example', origin: 'https://attacker.example' }, transport)
    const message = await mailTo(email)
    expect(message.raw).not.toContain('attacker')
    expect(message.header('subject')).toBe('Set a new password')
    expect(message.text).toContain(`https://crm.example.com/app/reset-password#token=${tokenIn(message)}`)
    await quiet()
    expect((await reset(tokenIn(message), NEW_PASSWORD, transport)).data).toEqual({ resetPassword: { email } })
    const answered = performance.now()
    const { code, at } = await socket.closed
    expect([code, at - answered < LATEST]).toEqual([4403, true])
    expect(codesOf(await client.send('{ me { id } }'))).toEqual(['UNAUTHENTICATED'])
    expect(codesOf(await server.anonymous.send(REFRESH, { token: session.refreshToken }))).toEqual(['UNAUTHENTICATED'])
    expect(codesOf(await signIn(email, TEST_PASSWORD))).toEqual(['UNAUTHENTICATED'])
    expect(codesOf(await signIn(email, NEW_PASSWORD))).toEqual([])
    // Used up.
    expect(issuesOf(await reset(tokenIn(message), 'yet another password', transport))).toEqual(['input.token: NOT_VALID'])
    expect(codesOf(await signIn(email, NEW_PASSWORD))).toEqual([])
    const { rows } = await raw.query('SELECT action, result FROM audit_log WHERE record_ids = ARRAY[$1::uuid] AND action LIKE $2 ORDER BY sequence', [
      id,
      'user.%Password%',
    ])
    expect(rows).toEqual(
      expect.arrayContaining([
        { action: 'user.requestPasswordReset', result: 'ok' },
        { action: 'user.resetPassword', result: 'ok' },
      ]),
    )
  })

  test('of 20 who bring it at once one sets a password', async () => {
    const { email } = await server.addUser('Raced')
    await requestReset(email)
    const token = tokenIn(await mailTo(email))
    await quiet()
    const passwords = Array.from({ length: 20 }, (_, index) => `password number ${index}`)
    const answers = await Promise.all(passwords.map((password) => reset(token, password)))
    const won = answers.flatMap(({ errors }, index) => (errors.length === 0 ? [index] : []))
    const refusals = answers.flatMap((answer) => [...issuesOf(answer), ...codesOf(answer).filter((code) => code !== 'VALIDATION_FAILED')])
    expect([won.length, refusals]).toEqual([1, Array.from({ length: 19 }, () => 'input.token: NOT_VALID')])
    expect(codesOf(await signIn(email, passwords[won[0] as number] as string))).toEqual([])
  })

  test('ends with time, by a newer one, by a new password, by another address, and with its user', async () => {
    const links = async (name: string) => {
      const user = await server.addUser(name)
      await requestReset(user.email)
      const token = tokenIn(await mailTo(user.email))
      await quiet()
      return { ...user, token }
    }
    const [late, newer, changed, moved, left] = [await links('Late'), await links('Newer'), await links('Changed'), await links('Moved'), await links('Left')]
    await server.admin.data('mutation ($input: SetPasswordInput!) { setPassword(input: $input) { user { id } } }', {
      input: { userId: changed.id, password: 'set by somebody else' },
    })
    await server.admin.data(`mutation { updateUser(id: "${moved.id}", input: {email: "moved.on@test.guanxi.local"}) { changeSetId } }`)
    for (const status of ['disabled', 'active'])
      await server.admin.data(`mutation { updateUser(id: "${left.id}", input: {status: "${status}"}) { changeSetId } }`)
    clock.offset += 121_000
    await requestReset(newer.email)
    const second = tokenIn(await mailTo(newer.email, 2))
    for (const { token } of [newer, changed, moved, left]) expect(issuesOf(await reset(token))).toEqual(['input.token: NOT_VALID'])
    expect((await reset(second)).errors).toEqual([])
    clock.offset += 3_600_000
    expect(issuesOf(await reset(late.token))).toEqual(['input.token: NOT_VALID'])
    clock.offset = 0
    expect(codesOf(await signIn(late.email, TEST_PASSWORD))).toEqual([])
  })

  test('that nobody was sent is refused in the words of one that is used, and is no invitation', async () => {
    const { email } = await server.addUser('Mistaken')
    await requestReset(email)
    const token = tokenIn(await mailTo(email))
    const invitation = await server.anonymous.send(ACCEPT, { input: { token, password: NEW_PASSWORD } })
    expect(issuesOf(invitation)).toEqual(['input.token: NOT_VALID'])
    const known = Buffer.from(token, 'base64url')
    const others = ['', 'x', '\0', '💥', 'x'.repeat(50_000), `${token}A`, token.slice(0, -1), known.toString('hex'), Buffer.alloc(48).toString('base64url')]
    for (const other of others) expect([other.slice(0, 70), issuesOf(await reset(other))]).toEqual([other.slice(0, 70), ['input.token: NOT_VALID']])
    for (const password of ['short', 'x'.repeat(1025)]) expect(issuesOf(await reset(token, password))).toEqual(['input.password: LENGTH'])
    expect((await reset(token)).errors).toEqual([])
  })

  test('stands in no table, log or answer, but in the mail', async () => {
    const { email } = await server.addUser('Looked after')
    await requestReset(email)
    const token = tokenIn(await mailTo(email))
    await quiet()
    const { rows: tables } = await raw.query<{ name: string }>(
      "SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables WHERE schemaname IN ('public', 'graphile_worker')",
    )
    const half = Buffer.from(token, 'base64url').subarray(16)
    const needles = [token, half.toString('base64url'), half.toString('hex')]
    const found: string[] = []
    let digests = 0
    for (const { name } of tables) {
      const { rows } = await raw.query<{ text: string }>(`SELECT t::text AS text FROM ${name} t`)
      for (const { text } of rows) {
        if (needles.some((needle) => text.includes(needle))) found.push(name)
        if (text.includes(createHash('sha256').update(token).digest('hex'))) digests += 1
      }
    }
    expect([found, digests]).toEqual([[], 1])
    const { deliveries } = await server.admin.data(
      `{ deliveries(filter: {address: {eq: "${email}"}}) { nodes { subject state lastError history(first: 50) { nodes { changes { before after } } } } } }`,
    )
    expect(deliveries.nodes).toHaveLength(1)
    expect(JSON.stringify(deliveries)).not.toContain(token)
  })
})

describe('asking for links', () => {
  test('is answered alike for everybody, and writes to people with a password alone', async () => {
    const known = await server.addUser('Known')
    const disabled = await server.addUser('Disabled')
    await server.admin.data(`mutation { updateUser(id: "${disabled.id}", input: {status: "disabled"}) { changeSetId } }`)
    await server.admin.data('mutation { a: createUser(input: {name: "No password", email: "none@test.guanxi.local"}) { changeSetId } }')
    await server.admin.data('mutation { a: createUser(input: {name: "Program", kind: "service", email: "program@test.guanxi.local"}) { changeSetId } }')
    const strangers = [disabled.email, 'none@test.guanxi.local', 'program@test.guanxi.local', 'nobody@test.guanxi.local', "o'1=1--@test.guanxi.local"]
    for (const email of [known.email, ...strangers]) await requestReset(email)
    await mailTo(known.email)
    await quiet()
    expect(strangers.flatMap(mailsTo)).toEqual([])
    const { rows } = await raw.query(
      `SELECT count(*)::int AS count FROM audit_log WHERE action = 'user.requestPasswordReset' AND result = 'refused' AND record_ids = '{}'`,
    )
    expect(rows).toEqual([{ count: strangers.length }])
    expect(issuesOf(await server.anonymous.send(REQUEST, { input: { email: 'no address' } }))).toEqual(['input.email: FORMAT'])
  })

  // Whoever asks in the name of somebody else must neither fill the mailbox nor take away the link that is on its way.
  test('again and again leaves the link that was sent', async () => {
    const { email } = await server.addUser('Harassed')
    await requestReset(email, from('198.51.100.1'))
    const token = tokenIn(await mailTo(email))
    for (let turn = 2; turn < 12; turn += 1) {
      await requestReset(turn % 2 === 0 ? email.toUpperCase() : ` ${email}`, { ...from(`198.51.100.${turn}`), 'user-agent': `browser ${turn}` })
      await quiet()
    }
    expect(mailsTo(email)).toHaveLength(1)
    // Later ones are sent, up to a number within the hour; then the last one stays.
    for (let turn = 1; turn < 8; turn += 1) {
      clock.offset += 121_000
      await requestReset(email, from(`198.51.100.${turn}`))
      await quiet()
    }
    clock.offset = 0
    expect(mailsTo(email)).toHaveLength(5)
    expect(issuesOf(await reset(token))).toEqual(['input.token: NOT_VALID'])
    expect((await reset(tokenIn(mailsTo(email)[4] as ReceivedMail))).errors).toEqual([])
  })

  test('is limited for each address, whoever is named', async () => {
    const outcomes: string[] = []
    for (let turn = 0; turn < 34; turn += 1) {
      const headers = { 'x-forwarded-for': `203.0.113.${turn}, 192.0.2.77`, 'user-agent': `browser ${turn}`, 'x-client-name': `client ${turn}` }
      outcomes.push(codesOf(await server.anonymous.send(REQUEST, { input: { email: `guess${turn}@test.guanxi.local` } }, { headers }))[0] ?? 'ok')
    }
    expect(outcomes).toEqual([...Array.from({ length: 30 }, () => 'ok'), ...Array.from({ length: 4 }, () => 'RATE_LIMITED')])
    await requestReset('guess@test.guanxi.local', from('192.0.2.78'))
    await quiet()
  })

  test('takes no Idempotency-Key', async () => {
    const answer = await server.anonymous.send(REQUEST, { input: { email: 'key@test.guanxi.local' } }, { headers: { 'idempotency-key': 'k' } })
    expect(codesOf(answer)).toEqual(['VALIDATION_FAILED'])
  })
})

describe('an invitation', () => {
  test.each(TRANSPORTS)('over %s makes a user who chooses a password, once', async (transport) => {
    const email = `invited.${transport}@test.guanxi.local`
    const input = { email, name: 'Invited', roleKeys: ['sales_rep'], locale: 'zh-CN' }
    const { data, errors } = await server.admin.send(INVITE, { input }, { transport })
    expect(errors).toEqual([])
    expect(data.inviteUser.user).toMatchObject({ name: 'Invited', email, roles: [{ key: 'sales_rep' }] })
    const message = await mailTo(email)
    expect(message.header('subject')).toBe('邀请您加入')
    expect(message.text).toContain(`https://crm.example.com/app/accept-invitation#token=${tokenIn(message)}`)
    // No password yet: neither is one asked for in its stead, nor does an empty one do.
    expect(codesOf(await signIn(email, ''))).toEqual(['UNAUTHENTICATED'])
    expect(issuesOf(await reset(tokenIn(message)))).toEqual(['input.token: NOT_VALID'])
    await quiet()
    await server.admin.data(RESEND, { input: { userId: data.inviteUser.user.id } })
    const token = tokenIn(await mailTo(email, 2))
    const accept = (given: string) => server.anonymous.send(ACCEPT, { input: { token: given, password: NEW_PASSWORD } }, { transport })
    expect(issuesOf(await accept(tokenIn(message)))).toEqual(['input.token: NOT_VALID'])
    expect((await accept(token)).data).toEqual({ acceptInvitation: { email } })
    expect(issuesOf(await accept(token))).toEqual(['input.token: NOT_VALID'])
    expect(codesOf(await signIn(email, NEW_PASSWORD))).toEqual([])
    expect(issuesOf(await server.admin.send(RESEND, { input: { userId: data.inviteUser.user.id } }))).toEqual(['input.userId: HAS_PASSWORD'])
  })

  test('is made by administrators alone, and for nobody twice', async () => {
    const { client, email, id } = await server.addUser('Inviter', 'sales_manager')
    const input = { email: 'friend@test.guanxi.local', name: 'Friend', roleKeys: [] as string[] }
    expect(codesOf(await client.send(INVITE, { input }))).toEqual(['FORBIDDEN'])
    expect(codesOf(await client.send(RESEND, { input: { userId: id } }))).toEqual(['FORBIDDEN'])
    expect(issuesOf(await server.admin.send(INVITE, { input: { ...input, roleKeys: ['sales_rep', 'nobody'] } }))).toEqual(['input.roleKeys.1: UNKNOWN'])
    expect(codesOf(await server.admin.send(INVITE, { input: { ...input, email: 'no address' } }))).toEqual(['VALIDATION_FAILED'])
    expect(codesOf(await server.admin.send(INVITE, { input: { ...input, email: email.toUpperCase() } }))).toEqual(['DUPLICATE'])
    expect(codesOf(await server.admin.send(RESEND, { input: { userId: 'nobody' } }))).toEqual(['NOT_FOUND'])
    const { rows } = await raw.query(
      `SELECT FROM users WHERE name = 'Friend' UNION ALL SELECT FROM one_time_token t JOIN users u ON u.id = t.user_id WHERE u.name = 'Friend'`,
    )
    expect(rows).toEqual([])
  })
})

// A lock of the account that holds everybody off is a weapon: ten wrong guesses a quarter of an hour keep its owner out.
describe('guessing from a hundred addresses', () => {
  test('is stopped, and its victim goes on where he was, or comes in by mail', async () => {
    const { email } = await server.addUser('Besieged')
    expect(codesOf(await signIn(email, TEST_PASSWORD, from('192.0.2.10')))).toEqual([])
    const outcomes = await Promise.all(
      Array.from({ length: 100 }, async (_, index) => codesOf(await signIn(email, `guess ${index}`, from(`203.0.113.${index}`)))[0]),
    )
    expect(outcomes.filter((code) => code === 'UNAUTHENTICATED')).toHaveLength(10)
    expect(outcomes.filter((code) => code === 'RATE_LIMITED')).toHaveLength(90)
    expect(codesOf(await signIn(email, TEST_PASSWORD, from('203.0.113.200')))).toEqual(['RATE_LIMITED'])
    expect(codesOf(await signIn(email, TEST_PASSWORD, from('192.0.2.10')))).toEqual([])
    // The known place is guessed from no more often than any other.
    const there = await Promise.all(Array.from({ length: 12 }, async () => codesOf(await signIn(email, 'guess', from('192.0.2.10')))[0]))
    expect(there.filter((code) => code === 'UNAUTHENTICATED')).toHaveLength(10)
    await requestReset(email)
    expect(
      (await server.anonymous.send(RESET, { input: { token: tokenIn(await mailTo(email)), password: NEW_PASSWORD } }, { headers: from('203.0.113.201') }))
        .errors,
    ).toEqual([])
    expect(codesOf(await signIn(email, NEW_PASSWORD, from('203.0.113.201')))).toEqual([])
  })

  test('of tokens is limited for each address', async () => {
    for (const [query, variables, code] of [
      [REFRESH, (turn: number) => ({ token: `guess ${turn}` }), 'UNAUTHENTICATED'],
      [RESET, (turn: number) => ({ input: { token: `guess ${turn}`, password: NEW_PASSWORD } }), 'VALIDATION_FAILED'],
    ] as const) {
      const guess = async (turn: number, ip: string) => codesOf(await server.anonymous.send(query, variables(turn), { headers: from(ip) }))[0]
      await raw.query(`UPDATE sign_in_failure SET failures = 0, locked_until = NULL`)
      for (let turn = 0; turn < 2; turn += 1) expect(await guess(turn, '192.0.2.50')).toBe(code)
      // As if ninety-eight others had been brought.
      await raw.query('UPDATE sign_in_failure SET failures = failures + 97 WHERE failures = 2')
      expect([await guess(2, '192.0.2.50'), await guess(3, '192.0.2.50'), await guess(4, '192.0.2.51')]).toEqual([code, 'RATE_LIMITED', code])
    }
  })
})

describe('an API key that is bound to networks', () => {
  test.each(TRANSPORTS)('over %s is of no use elsewhere', async (transport) => {
    const { client } = await server.addUser(`Bound ${transport}`, 'sales_rep')
    const { createApiKey } = await client.data(CREATE_KEY, { input: { name: 'office', allowedNetworks: ['192.0.2.0/24', '2001:db8::/32', '198.51.100.7'] } })
    expect(createApiKey.apiKey.allowedNetworks).toEqual(['192.0.2.0/24', '2001:db8::/32', '198.51.100.7/32'])
    const asks = async (ip: string) => {
      if (transport === 'http')
        return (
          codesOf(await server.anonymous.send('{ me { id } }', {}, { headers: { ...from(ip), authorization: `Bearer ${createApiKey.secret}` } })).length === 0
        )
      return openRawSocket(server.url, createApiKey.secret, from(ip)).then(
        async (socket) => {
          const { me } = await socket.ask('{ me { id } }')
          socket.close()
          return me !== null
        },
        () => false,
      )
    }
    for (const ip of ['192.0.2.1', '192.0.2.255', '::ffff:192.0.2.9', '2001:db8:1::9', '198.51.100.7']) expect([ip, await asks(ip)]).toEqual([ip, true])
    for (const ip of ['192.0.3.1', '198.51.100.8', '2001:db9::1', '::ffff:198.51.100.8', 'nonsense', '192.0.2.1, 203.0.113.1'])
      expect([ip, await asks(ip)]).toEqual([ip, false])
  })

  test('makes none that is not', async () => {
    const { client } = await server.addUser('Maker', 'sales_rep')
    const { createApiKey } = await client.data(CREATE_KEY, { input: { name: 'office', allowedNetworks: ['192.0.2.0/24'] } })
    const make = (input: object) =>
      server.anonymous.send(
        CREATE_KEY,
        { input: { name: 'made', roleKey: 'sales_rep', ...input } },
        { headers: { ...from('192.0.2.1'), authorization: `Bearer ${createApiKey.secret}` } },
      )
    expect((await make({})).data.createApiKey.apiKey.allowedNetworks).toEqual(['192.0.2.0/24'])
    expect((await make({ allowedNetworks: ['192.0.2.128/25'] })).data.createApiKey.apiKey.allowedNetworks).toEqual(['192.0.2.128/25'])
    expect(issuesOf(await make({ allowedNetworks: ['192.0.2.128/25', '192.0.0.0/16'] }))).toEqual(['input.allowedNetworks: TOO_WIDE'])
  })
})

test('administrators see and end the sessions of others, everybody their own', async () => {
  const owner = await server.addUser('Owner of sessions', 'sales_rep')
  const stranger = await server.addUser('Stranger', 'sales_manager')
  const opened = await server.anonymous.send(
    SIGN_IN,
    { input: { email: owner.email, password: TEST_PASSWORD } },
    { headers: { ...from('192.0.2.33'), 'x-client-name': 'mobile app', 'user-agent': 'Phone' } },
  )
  const SESSIONS = 'query ($id: ID) { sessions(userId: $id) { id client userAgent ip current } }'
  const { sessions } = await server.admin.data(SESSIONS, { id: owner.id })
  expect(sessions).toHaveLength(2)
  expect(sessions[0]).toMatchObject({ client: 'mobile app', userAgent: 'Phone', ip: '192.0.2.33', current: false })
  expect(codesOf(await stranger.client.send(SESSIONS, { id: owner.id }))).toEqual(['FORBIDDEN'])
  expect(codesOf(await stranger.client.send(`mutation { revokeSession(id: "${sessions[0].id}") { session { id } } }`))).toEqual(['NOT_FOUND'])
  expect(codesOf(await stranger.client.send(`mutation { revokeOtherSessions(userId: "${owner.id}") { sessions { id } } }`))).toEqual(['FORBIDDEN'])
  const { revokeOtherSessions } = await owner.client.data('mutation { revokeOtherSessions { sessions { id current } } }')
  expect(revokeOtherSessions.sessions).toEqual([{ id: sessions[0].id, current: false }])
  const mobile = createTestClient(server.url, opened.data.signIn.accessToken)
  expect(codesOf(await mobile.send('{ me { id } }'))).toEqual(['UNAUTHENTICATED'])
  expect((await owner.client.data('{ sessions { current } }')).sessions).toEqual([{ current: true }])
  const socket = await openRawSocket(server.url, owner.client.token)
  expect((await server.admin.data(`mutation { revokeOtherSessions(userId: "${owner.id}") { sessions { id } } }`)).revokeOtherSessions.sessions).toHaveLength(1)
  expect((await socket.closed).code).toBe(4403)
  expect(codesOf(await owner.client.send('{ me { id } }'))).toEqual(['UNAUTHENTICATED'])
})
