import { spawnSync } from 'node:child_process'
import { type IncomingHttpHeaders, request } from 'node:http'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import pg from 'pg'
import { loadConfig } from '../../src/config/index.ts'
import { TEST_PASSWORD } from '../support/database.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

interface Answered {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

/** A request with exactly these headers, Host and Origin too. */
function send(url: string, { method = 'GET', headers = {}, body = '' } = {}): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method, headers }, (response) => {
      const parts: Buffer[] = []
      response.on('data', (part: Buffer) => parts.push(part))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(parts) }))
    })
    sent.on('error', reject).end(body)
  })
}

/** As browsers ask when somebody opens an address. */
const BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8'
const SESSIONS = '/graphql/explorer/demo-sessions'
const NANCY = JSON.stringify({ email: 'nancy@demo.guanxi.local' })
const JSON_BODY = { 'content-type': 'application/json' }

// Packed like the product is, where that was not done before.
beforeAll(() => {
  spawnSync(process.execPath, [fileURLToPath(new URL('../../scripts/build.mjs', import.meta.url))], { stdio: 'inherit' })
}, 240_000)

describe('the explorer', () => {
  let server: TestServer
  let raw: pg.Client

  beforeAll(async () => {
    server = await startTestServer({ template: 'demo' })
    raw = new pg.Client({ connectionString: server.database.url })
    await raw.connect()
  }, 120_000)

  afterAll(async () => {
    await raw.end()
    await server.close()
  })

  const get = (path: string, headers: Readonly<Record<string, string>> = {}) => send(`${server.url}${path}`, { headers })
  const sessions = async (): Promise<number> => (await raw.query('SELECT count(*)::int AS n FROM session')).rows[0].n

  test.each([
    ['a browser', BROWSER, true],
    ['HTML alone', 'text/html', true],
    ['HTML before JSON', 'text/html, application/json;q=0.5', true],
    ['JSON before HTML', 'text/html;q=0.5, application/json', false],
    ['both alike', 'application/json, text/html', false],
    ['anything', '*/*', false],
    ['any text', 'text/*', false],
    ['no HTML', 'text/html;q=0, application/json', false],
    ['the media type of GraphQL', 'application/graphql-response+json, application/json;q=0.9', false],
    ['what is no media type', 'text/html;;q=x,,;', false],
    ['nothing', undefined, false],
  ])('%s gets what it asks for: %s', async (_who, accept, isPage) => {
    const query = `/graphql?query=${encodeURIComponent('{ __typename }')}`
    const headers = { 'x-client-name': 'tests', authorization: `Bearer ${server.admin.token}`, ...(accept !== undefined && { accept }) }
    const { headers: answered, body, status } = await get(query, headers)
    if (isPage) {
      expect([status, answered['content-type']]).toEqual([200, 'text/html; charset=utf-8'])
      expect(String(body)).toMatch(/^<!doctype html>/)
    } else if (/text\/\*|;;/.test(accept ?? '')) {
      // Apollo has nothing of that kind either.
      expect(answered['content-type']).toMatch(/json/)
    } else {
      expect([status, String(body)]).toEqual([200, '{"data":{"__typename":"Query"}}'])
      expect(answered['content-type']).toMatch(/json; charset=utf-8$/)
    }
  })

  test('what a client sends by POST is an operation, whatever it accepts', async () => {
    const headers = { ...JSON_BODY, accept: BROWSER, authorization: `Bearer ${server.admin.token}` }
    const { body } = await send(`${server.url}/graphql`, { method: 'POST', headers, body: '{"query":"{ __typename }"}' })
    expect(String(body)).toBe('{"data":{"__typename":"Query"}}')
  })

  test('the page loads nothing but files of this server, and none of it may stand in a frame', async () => {
    const page = await get('/graphql', { accept: BROWSER })
    const policy = new Map(
      String(page.headers['content-security-policy'])
        .split('; ')
        .map((part) => [part.split(' ')[0], part.split(' ').slice(1).join(' ')]),
    )
    expect(policy.get('default-src')).toBe("'none'")
    for (const name of ['script-src', 'worker-src', 'connect-src']) expect([name, policy.get(name)]).toEqual([name, "'self'"])
    expect(page.headers).toMatchObject({
      'x-frame-options': 'DENY',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
      vary: 'accept',
    })
    expect(policy.get('frame-ancestors')).toBe("'none'")
    const text = String(page.body)
    expect(text).not.toMatch(/<script(?![^>]*\bsrc=)|https?:|\bon\w+=/)
    const files = [...text.matchAll(/(?:src|href)="(graphql\/[^"]+)"/g)].map(([, path]) => `/${path}`)
    expect(files.length).toBeGreaterThanOrEqual(2)
    for (const path of files) {
      const packed = await get(path, { 'accept-encoding': 'gzip, br' })
      const plain = await get(path)
      expect([packed.status, packed.headers['content-encoding'], plain.headers['content-encoding']]).toEqual([200, 'gzip', undefined])
      expect(packed.headers).toMatchObject({ 'cache-control': 'public, max-age=31536000, immutable', 'x-content-type-options': 'nosniff' })
      expect(packed.headers['content-type']).toMatch(path.endsWith('.css') ? /^text\/css/ : /^text\/javascript/)
      expect(gunzipSync(packed.body).equals(plain.body)).toBe(true)
    }
  })

  test.each(['main.js', '..%2fmain.js', '..%2f..%2fpackage.json', 'index.html', 'LICENSES.txt', '__proto__', '%00', 'a/b'])(
    'there is no file %s',
    async (name) => {
      const { status, headers } = await get(`/graphql/explorer/${name}`)
      expect([status, headers['content-type']]).toEqual([404, 'application/json; charset=utf-8'])
    },
  )

  test('one click signs in as a demo user, by a browser on this machine; no answer holds the password', async () => {
    const host = new URL(server.url).host
    const listed = await get(SESSIONS, { 'sec-fetch-site': 'same-origin' })
    const { users } = JSON.parse(String(listed.body))
    expect(users).toHaveLength(13)
    expect(users).toContainEqual({ email: 'nancy@demo.guanxi.local', name: 'Nancy Davolio', roles: ['sales_rep'] })
    expect(users.map(({ email }: { email: string }) => email)).not.toContain('admin@guanxi.local')
    const opened = await send(`${server.url}${SESSIONS}`, { method: 'POST', headers: { ...JSON_BODY, origin: `http://${host}` }, body: NANCY })
    const { accessToken, refreshToken } = JSON.parse(String(opened.body))
    expect(refreshToken).toMatch(/\S{20}/)
    const headers = { ...JSON_BODY, authorization: `Bearer ${accessToken}` }
    const me = await send(`${server.url}/graphql`, { method: 'POST', headers, body: '{"query":"{ me { email } }"}' })
    expect(String(me.body)).toBe('{"data":{"me":{"email":"nancy@demo.guanxi.local"}}}')
    const page = await get('/graphql', { accept: BROWSER })
    for (const { body } of [listed, opened, page]) expect(String(body)).not.toContain(TEST_PASSWORD)
    expect((await raw.query(`SELECT result FROM audit_log WHERE action = 'session.signIn' ORDER BY at DESC LIMIT 1`)).rows).toEqual([{ result: 'ok' }])
  })

  // The attack: a page on the web, a name that leads here, or a proxy that stands open lets strangers sign in.
  test.each([
    ['a page of another site', { origin: 'https://attacker.example' }],
    ['a page of another port', { origin: 'http://127.0.0.1:1' }],
    ['a page that a sandbox hides', { origin: 'null' }],
    ['a link on another site', { 'sec-fetch-site': 'cross-site' }],
    ['a sibling site', { 'sec-fetch-site': 'same-site' }],
    ['a name that leads here', { host: 'attacker.example' }],
    ['a name that leads here, with its page', { host: 'attacker.example', origin: 'http://attacker.example' }],
    ['a name that begins like this machine', { host: '127.0.0.1.attacker.example' }],
    ['a proxy', { 'x-forwarded-for': '127.0.0.1' }],
    ['a proxy by the standard', { forwarded: 'for=127.0.0.1' }],
    ['a proxy that says no more than its name', { via: '1.1 proxy' }],
  ])('%s signs nobody in', async (_who, headers) => {
    const before = await sessions()
    const listed = await get(SESSIONS, headers)
    const opened = await send(`${server.url}${SESSIONS}`, { method: 'POST', headers: { ...JSON_BODY, ...headers }, body: NANCY })
    for (const { status, body } of [listed, opened]) expect([status, JSON.parse(String(body)).errors[0].extensions.code]).toEqual([404, 'NOT_FOUND'])
    expect(await sessions()).toBe(before)
  })

  test.each([
    ['the administrator', '{"email":"admin@guanxi.local"}', 404],
    ['nobody', '{"email":"nobody@demo.guanxi.local"}', 404],
    ['a pattern', '{"email":"%@demo.guanxi.local"}', 404],
    ['no text', '{"email":["nancy@demo.guanxi.local"]}', 400],
    ['nothing', '{}', 400],
    ['no JSON', 'nancy', 400],
  ])('%s is not signed in', async (_who, body, status) => {
    const before = await sessions()
    expect((await send(`${server.url}${SESSIONS}`, { method: 'POST', headers: JSON_BODY, body })).status).toBe(status)
    expect(await sessions()).toBe(before)
  })

  test('a demo user who is disabled is offered no more', async () => {
    const { userId } = (await raw.query(`SELECT id AS "userId" FROM users WHERE email = 'viewer@demo.guanxi.local'`)).rows[0]
    await server.admin.data(`mutation { updateUser(id: "${userId}", input: {status: "disabled"}) { changeSetId } }`)
    expect(String((await get(SESSIONS)).body)).not.toContain('viewer@')
    const body = JSON.stringify({ email: 'viewer@demo.guanxi.local' })
    expect((await send(`${server.url}${SESSIONS}`, { method: 'POST', headers: JSON_BODY, body })).status).toBe(404)
  })
})

test('whoever opens it to everybody lets other machines in, and a password that the server does not know is said to be one', async () => {
  const server = await startTestServer({ template: 'demo', environment: { DEMO_SIGN_IN: 'everybody', DEMO_PASSWORD: 'another password than theirs' } })
  try {
    const headers = { ...JSON_BODY, 'x-forwarded-for': '203.0.113.9', host: 'demo.example', origin: 'http://demo.example' }
    expect(JSON.parse(String((await send(`${server.url}${SESSIONS}`, { headers })).body)).users).toHaveLength(13)
    const opened = await send(`${server.url}${SESSIONS}`, { method: 'POST', headers, body: NANCY })
    expect([opened.status, JSON.parse(String(opened.body)).errors[0]]).toMatchObject([
      401,
      { message: expect.stringContaining('another password'), extensions: { code: 'UNAUTHENTICATED' } },
    ])
    const elsewhere = { ...headers, origin: 'https://attacker.example' }
    expect((await send(`${server.url}${SESSIONS}`, { method: 'POST', headers: elsewhere, body: NANCY })).status).toBe(404)
  } finally {
    await server.close()
  }
}, 120_000)

test('where it is off, browsers get what everybody gets, and none of its addresses is there', async () => {
  const server = await startTestServer({ environment: { EXPLORER: '0' } })
  try {
    const query = `${server.url}/graphql?query=${encodeURIComponent('{ __typename }')}`
    const { body } = await send(query, { headers: { accept: BROWSER, 'x-client-name': 'tests', authorization: `Bearer ${server.admin.token}` } })
    expect(String(body)).toBe('{"data":{"__typename":"Query"}}')
    for (const path of [SESSIONS, '/graphql/explorer/main.js']) expect((await send(`${server.url}${path}`)).status).toBe(404)
  } finally {
    await server.close()
  }
}, 120_000)

test('production has none unless it is asked for, and never signs demo users in', () => {
  const production = { NODE_ENV: 'production', GUANXI_SECRET: 'sAz8Kq1vXw3mB7nC5pL9rT2yU6iO4eD0' }
  expect(loadConfig({}, '/')).toMatchObject({ explorer: true, demoSignIn: 'loopback' })
  expect(loadConfig(production, '/')).toMatchObject({ explorer: false, demoSignIn: 'off' })
  expect(loadConfig({ ...production, EXPLORER: '1', DEMO: '1', DEMO_SIGN_IN: 'everybody' }, '/')).toMatchObject({ explorer: true, demoSignIn: 'off' })
  expect(() => loadConfig({ DEMO_SIGN_IN: 'maybe' }, '/')).toThrow('DEMO_SIGN_IN "maybe" is not one of off, loopback, everybody.')
})
