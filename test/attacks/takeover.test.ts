import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { codesOf, createTestClient, type TestClient, TRANSPORTS } from '../support/client.ts'
import { TEST_PASSWORD } from '../support/database.ts'
import { openRawSocket } from '../support/raw-socket.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

/** Accounts that somebody else wants to have, or to keep: guessing, tokens that should be dead, people who should be out. */
const LATEST = 1_000
const SIGN_IN = 'mutation ($input: SignInInput!) { signIn(input: $input) { accessToken refreshToken } }'
const REFRESH = 'mutation ($token: String!) { refreshSession(input: {refreshToken: $token}) { accessToken } }'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
}, 60_000)
afterAll(() => server?.close())

interface Session {
  readonly accessToken: string
  readonly refreshToken: string
}
const signIn = async (email: string, password = TEST_PASSWORD): Promise<Session> =>
  (await server.anonymous.data(SIGN_IN, { input: { email, password } })).signIn
const refreshes = async ({ refreshToken }: Session, headers = {}) => codesOf(await server.anonymous.send(REFRESH, { token: refreshToken }, { headers }))
const me = async ({ accessToken }: Session) => server.anonymous.send('{ me { id } }', {}, { headers: { authorization: `Bearer ${accessToken}` } })

// CVE-2025-64526: the key of the limit was made of what the attacker sends.
describe('the limit of failed sign-ins', () => {
  /** Everything that a client may choose, another one each time. */
  const disguise = (turn: number): Record<string, string> => ({
    'x-forwarded-for': `203.0.113.${turn}`,
    forwarded: `for=203.0.113.${turn}`,
    'x-real-ip': `203.0.113.${turn}`,
    'x-client-ip': `203.0.113.${turn}`,
    'user-agent': `browser ${turn}`,
    'x-request-id': `request-${turn}`,
    'apollographql-client-name': `client ${turn}`,
    origin: `https://host${turn}.example`,
    cookie: `session=${turn}`,
  })
  const spelled = (email: string, turn: number) =>
    [email, email.toUpperCase(), ` ${email} `, email.replace('k', '\u212a'), `\t${email.replace('k', 'K')}`][turn % 5] as string

  test('is met whatever headers, spelling, variables, names and transports change', async () => {
    const { email } = await server.addUser('Kim Walker')
    const outcomes: string[] = []
    for (let turn = 0; turn < 16; turn += 1) {
      const input = { email: spelled(email, turn), password: `guess ${turn}` }
      const source = `mutation Try${turn}($input: SignInInput!) { try${turn}: signIn(input: $input) { accessToken } }`
      const transport = TRANSPORTS[turn % TRANSPORTS.length] as (typeof TRANSPORTS)[number]
      outcomes.push(...codesOf(await server.anonymous.send(source, { input, more: turn } as never, { transport, headers: disguise(turn) })))
    }
    expect(outcomes.filter((code) => code === 'UNAUTHENTICATED').length).toBeLessThanOrEqual(10)
    expect(outcomes.slice(10)).toEqual(Array.from({ length: 6 }, () => 'RATE_LIMITED'))
    // The right password does not open it either, in any disguise.
    for (let turn = 0; turn < 5; turn += 1) {
      const answer = await server.anonymous.send(SIGN_IN, { input: { email: spelled(email, turn), password: TEST_PASSWORD } }, { headers: disguise(turn) })
      expect([turn, codesOf(answer), answer.data?.signIn ?? null]).toEqual([turn, ['RATE_LIMITED'], null])
    }
  })

  test('counts each alias of one operation', async () => {
    const { email } = await server.addUser('Alias')
    const tries = Array.from({ length: 20 }, (_, turn) => `t${turn}: signIn(input: {email: "${email}", password: "guess ${turn}"}) { accessToken }`)
    const codes = codesOf(await server.anonymous.send(`mutation { ${tries.join(' ')} }`))
    expect(codes.filter((code) => code === 'UNAUTHENTICATED').length).toBeLessThanOrEqual(10)
    expect(JSON.stringify(codes)).not.toContain('INTERNAL')
    for (let turn = 0; turn < 10; turn += 1) await server.anonymous.send(SIGN_IN, { input: { email, password: 'guess' } })
    expect(codesOf(await server.anonymous.send(SIGN_IN, { input: { email, password: TEST_PASSWORD } }))).toEqual(['RATE_LIMITED'])
  })
})

// CVE-2026-22706: tokens of other devices outlived the new password.
describe('a new password', () => {
  const SET = 'mutation ($input: SetPasswordInput!) { setPassword(input: $input) { user { id } } }'
  test.each(['the owner', 'an administrator'])('that %s sets kills every session and refresh token, wherever it was opened', async (who) => {
    const { id, email } = await server.addUser(`Reset by ${who}`)
    const sessions = await Promise.all([1, 2, 3].map(() => signIn(email)))
    const [first] = sessions as [Session]
    const client: TestClient = who === 'the owner' ? createTestClient(server.url, first.accessToken) : server.admin
    await client.data(SET, { input: { userId: id, password: 'another horse battery staple', ...(who === 'the owner' ? { oldPassword: TEST_PASSWORD } : {}) } })
    for (const [index, session] of sessions.entries()) {
      expect(await refreshes(session, { 'x-device-id': `device-${index}` })).toEqual(['UNAUTHENTICATED'])
      expect(codesOf(await me(session))).toEqual(['UNAUTHENTICATED'])
    }
    expect(codesOf(await server.anonymous.send(SIGN_IN, { input: { email, password: TEST_PASSWORD } }))).toEqual(['UNAUTHENTICATED'])
    const fresh = await signIn(email, 'another horse battery staple')
    expect(codesOf(await me(fresh))).toEqual([])
  })
})

// GHSA-56p6-qw3c-fq2g: suspended users went on with the session that they had.
test('whoever is disabled is out by the next request and within a second on the socket, for good', async () => {
  const { id, email } = await server.addUser('Leaver', 'sales_rep')
  const session = await signIn(email)
  const socket = await openRawSocket(server.url, session.accessToken)
  expect(await socket.ask('{ me { id } }')).toEqual({ me: { id } })
  const { createApiKey } = await createTestClient(server.url, session.accessToken).data('mutation { createApiKey(input: {name: "k"}) { secret } }')
  const began = performance.now()
  await server.admin.data(`mutation { updateUser(id: "${id}", input: {status: "disabled"}) { changeSetId } }`)
  const answer = await me(session)
  expect([answer.status, codesOf(answer), answer.data]).toEqual([401, ['UNAUTHENTICATED'], null])
  const { code, at } = await socket.closed
  expect([code, at - began < LATEST]).toEqual([4403, true])
  const dead = async () => {
    expect(await refreshes(session)).toEqual(['UNAUTHENTICATED'])
    expect(codesOf(await me(session))).toEqual(['UNAUTHENTICATED'])
    await expect(openRawSocket(server.url, session.accessToken)).rejects.toThrow('refused: 4403')
  }
  await dead()
  expect(codesOf(await me({ ...session, accessToken: createApiKey.secret }))).toEqual(['UNAUTHENTICATED'])
  await server.admin.data(`mutation { updateUser(id: "${id}", input: {status: "active"}) { changeSetId } }`)
  await dead()
})
