import { createHmac } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { deriveKeys } from '../../src/start/secrets.ts'
import { codesOf, createTestClient, type TestClient, TRANSPORTS } from '../support/client.ts'
import { TEST_PASSWORD } from '../support/database.ts'
import { openRawSocket } from '../support/raw-socket.ts'
import { startTestServer, TEST_SECRET, type TestServer } from '../support/server.ts'

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

  test('counts what comes over sockets, however many there are', async () => {
    const { email } = await server.addUser('Sockets')
    const clients = Array.from({ length: 20 }, () => createTestClient(server.url, null))
    const answers = await Promise.all(
      clients.map((client, turn) => client.send(SIGN_IN, { input: { email: spelled(email, turn), password: `guess ${turn}` } }, { transport: 'ws' })),
    )
    await Promise.all(clients.map((client) => client.close()))
    const codes = answers.flatMap((answer) => codesOf(answer))
    expect([codes.filter((code) => code === 'UNAUTHENTICATED').length, codes.filter((code) => code === 'RATE_LIMITED').length]).toEqual([10, 10])
    expect(codesOf(await server.anonymous.send(SIGN_IN, { input: { email, password: TEST_PASSWORD } }))).toEqual(['RATE_LIMITED'])
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

// A token says by itself who it is for: every way to write one that the server has not written.
describe('a forged access token', () => {
  const encode = (value: unknown) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')
  const sign = (header: unknown, payload: unknown, key: Uint8Array, digest = 'sha256') => {
    const signed = `${encode(header)}.${encode(payload)}`
    return `${signed}.${createHmac(digest, key).update(signed).digest('base64url')}`
  }

  test.each(TRANSPORTS)('is refused over %s, whatever it says of itself', async (transport) => {
    const { email, id } = await server.addUser(`Owner of a token ${transport}`, 'sales_rep')
    const { accessToken } = await signIn(email)
    const [key] = deriveKeys([TEST_SECRET], 'access tokens')
    if (!key) throw new Error('no key')
    const [head = '', body = '', signature = ''] = accessToken.split('.')
    const header = JSON.parse(Buffer.from(head, 'base64url').toString())
    const claims = JSON.parse(Buffer.from(body, 'base64url').toString())
    const { me: administrator } = await server.admin.data('{ me { id } }')
    const other = Buffer.alloc(32, 9)
    // Two members of one name: whoever reads the first and whoever reads the last take it for different users.
    const doubled = `{"sub":"${administrator.id}",${JSON.stringify(claims).slice(1, -1)},"sub":"${administrator.id}"}`
    const forged: Record<string, string> = {
      ...Object.fromEntries(['none', 'None', 'NONE', 'nOnE'].map((alg) => [`alg ${alg}`, `${encode({ ...header, alg })}.${encode(claims)}.`])),
      'alg none with the signature': `${encode({ ...header, alg: 'none' })}.${body}.${signature}`,
      'two algs': `${encode(`{"alg":"none",${JSON.stringify(header).slice(1)}`)}.${body}.`,
      'another digest': sign({ ...header, alg: 'HS512' }, claims, key.secret, 'sha512'),
      'RS256 by the secret': sign({ ...header, alg: 'RS256' }, claims, key.secret),
      'another key': sign(header, claims, other),
      'no key': sign(header, claims, new Uint8Array(1)),
      'kid of nothing': sign({ ...header, kid: '' }, claims, other),
      'kid as a path': sign({ ...header, kid: '../../../dev/null' }, claims, new Uint8Array(1)),
      'kid as SQL': sign({ ...header, kid: `x' UNION SELECT 'k' --` }, claims, Buffer.from('k')),
      'kid as a member': sign({ ...header, kid: '__proto__' }, claims, other),
      'its own key': sign({ ...header, jwk: { kty: 'oct', k: other.toString('base64url') } }, claims, other),
      jku: sign({ ...header, jku: `${server.url}/keys` }, claims, other),
      x5u: sign({ ...header, x5u: `${server.url}/keys` }, claims, other),
      x5c: sign({ ...header, x5c: [other.toString('base64')] }, claims, other),
      'critical members': sign({ ...header, crit: ['exp'], exp: 1 }, claims, key.secret),
      'another type': sign({ ...header, typ: 'JWT' }, claims, key.secret),
      'another user': `${head}.${encode({ ...claims, sub: administrator.id })}.${signature}`,
      'two users': `${head}.${encode(doubled)}.${signature}`,
      'a user whose session it is not': sign(header, { ...claims, sub: administrator.id }, key.secret),
      'two users, signed': sign(header, doubled, key.secret),
      'a session that never was': sign(header, { ...claims, sid: '01890000-0000-7000-8000-000000000001' }, key.secret),
      'a session that is none': sign(header, { ...claims, sid: "x' OR TRUE --" }, key.secret),
      'another issuer': sign(header, { ...claims, iss: 'somebody' }, key.secret),
      'another audience': sign(header, { ...claims, aud: 'somebody' }, key.secret),
      'an end that has passed': sign(header, { ...claims, exp: claims.iat - 1 }, key.secret),
      'no end': sign(header, { ...claims, exp: undefined }, key.secret),
      'a beginning that lies ahead': sign(header, { ...claims, nbf: claims.exp }, key.secret),
      '100 KB': sign(header, { ...claims, more: 'x'.repeat(transport === 'http' ? 10_000 : 100_000) }, key.secret),
      'the refresh token': (await signIn(email)).refreshToken,
    }
    // The forge works, so that its refusals mean something.
    const ways: Record<string, string> = { ...forged, 'a good one': sign(header, claims, key.secret) }
    const outcomes = await Promise.all(
      Object.entries(ways).map(async ([name, token]) => {
        if (transport === 'ws') {
          const socket = await openRawSocket(server.url, token).catch((error: Error) => error.message)
          if (typeof socket === 'string') return [name, socket]
          const { me: who } = await socket.ask('{ me { id } }')
          socket.close()
          return [name, who.id]
        }
        const answer = await me({ accessToken: token, refreshToken: '' })
        return [name, answer.data?.me?.id ?? `${answer.status} ${codesOf(answer)}`]
      }),
    )
    const refusal = transport === 'ws' ? 'the socket was refused: 4403' : '401 UNAUTHENTICATED'
    const refusals = Object.fromEntries(Object.keys(forged).map((name) => [name, refusal]))
    // A message of that size is not even read.
    if (transport === 'ws') refusals['100 KB'] = 'the socket was refused: 1009'
    expect(Object.fromEntries(outcomes)).toEqual({ ...refusals, 'a good one': id })
  })
})
