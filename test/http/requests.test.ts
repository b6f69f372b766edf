import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import { contentOf } from '../support/content.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

const DOCUMENT = '{"query":"{ __typename }"}'
const WRITE = '{"query":"mutation { createAccount(input: {name: \\"x\\"}) { account { id } } }"}'

/** CVE-2026-23897: names of encodings, known and made up, which a parser of bodies could stumble over. */
const CHARSETS = [
  ...'utf-16 utf-16le utf-16be utf-32 utf-7 ucs-2 latin1 iso-8859-1 iso-8859-16 windows-1252 cp1256 koi8-r macintosh ibm866 gbk gb2312 gb18030 big5'.split(' '),
  ...'shift_jis euc-jp iso-2022-jp euc-kr iso-2022-kr hz-gb-2312 utf-8x xutf-8 utf8mb4 base64 hex binary *'.split(' '),
  '"',
  'x'.repeat(1000),
  'a'.repeat(5_000),
]

describe('requests that never become an operation', () => {
  let server: TestServer
  let before: Readonly<Record<string, string>>

  beforeAll(async () => {
    server = await startTestServer()
    before = await contentOf(server.database.url)
  })

  afterAll(() => server.close())

  afterEach(async () => {
    expect(await contentOf(server.database.url)).toEqual(before)
  })

  const send = async (init: RequestInit, path = '/graphql') => {
    const response = await fetch(`${server.url}${path}`, init)
    return { status: response.status, headers: response.headers, text: await response.text() }
  }
  const post = (body: string, headers: Readonly<Record<string, string>> = {}) =>
    send({ method: 'POST', headers: { 'content-type': 'application/json', authorization: `Bearer ${server.admin.token}`, ...headers }, body })

  /** Status and code, after what every refusal must be: JSON with one error, a request id, and nothing of our insides. */
  const refusal = (answer: { status: number; headers: Headers; text: string }): [number, string] => {
    expect(answer.headers.get('content-type')).toMatch(/^application\/(graphql-response\+)?json; charset=utf-8$/)
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff')
    expect(answer.text).not.toMatch(/at \w+ \(|node_modules|\.ts:|stack/)
    const { data, errors } = JSON.parse(answer.text)
    expect(data ?? null).toBeNull()
    expect(errors).toHaveLength(1)
    expect(errors[0].extensions.requestId).toBe(answer.headers.get('x-request-id'))
    return [answer.status, errors[0].extensions.code]
  }

  test('a body of 10 MB', async () => {
    const body = JSON.stringify({ query: '{ __typename }', variables: { text: 'x'.repeat(10_000_000) } })
    expect(refusal(await post(body))).toEqual([413, 'LIMIT_EXCEEDED'])
  })

  test('a document of 300,000 characters', async () => {
    expect(refusal(await post(JSON.stringify({ query: `{ __typename }${' '.repeat(300_000)}` })))).toEqual([413, 'LIMIT_EXCEEDED'])
  })

  test.each(['{"query": ', '', 'x', '{"query":"{ __typename }"', '\u0000'])('a body that is no JSON that we take: %j', async (body) => {
    expect(refusal(await post(body))).toEqual([400, 'GRAPHQL_PARSE_FAILED'])
  })

  test.each(['1', 'null', '[]', '{}', '"{ __typename }"', '{"query":["{ __typename }"]}', '{"query":1}', '{"query":"{ __typename }","variables":"{}"}'])(
    'JSON that is no operation: %s',
    async (body) => {
      expect(refusal(await post(body))).toEqual([400, 'GRAPHQL_PARSE_FAILED'])
    },
  )

  test('several operations in one body', async () => {
    expect(refusal(await post(`[${WRITE},${WRITE}]`))).toEqual([400, 'GRAPHQL_PARSE_FAILED'])
  })

  test.each(['application/x-www-form-urlencoded', 'text/plain', 'multipart/form-data; boundary=x', 'application/graphql', 'text/html', ''])(
    'another content type, as a foreign page could send it: %j',
    async (type) => {
      expect(refusal(await post(WRITE, { 'content-type': type }))).toEqual([415, 'GRAPHQL_PARSE_FAILED'])
    },
  )

  test.each(CHARSETS)('another charset: %.20s', async (charset) => {
    const started = performance.now()
    expect(refusal(await post(WRITE, { 'content-type': `application/json; charset=${charset}` }))).toEqual([415, 'GRAPHQL_PARSE_FAILED'])
    expect(performance.now() - started).toBeLessThan(500)
  })

  test('a compressed body', async () => {
    expect(refusal(await post(WRITE, { 'content-encoding': 'gzip' }))).toEqual([415, 'GRAPHQL_PARSE_FAILED'])
  })

  test('a mutation by GET', async () => {
    const query = encodeURIComponent('mutation { createAccount(input: {name: "x"}) { account { id } } }')
    expect(refusal(await send({ headers: { authorization: `Bearer ${server.admin.token}` } }, `/graphql?query=${query}`))).toEqual([
      405,
      'GRAPHQL_PARSE_FAILED',
    ])
  })

  // GHSA-9q82-xgwf-vj6h: a query by GET with a content type of a form passed the check against foreign pages.
  test.each([
    'application/x-www-form-urlencoded',
    'text/plain',
    'text/plain; charset=utf-8',
    'multipart/form-data; boundary=x',
    'application/x-www-form-urlencoded;application/json',
    'text/plain,application/json',
    'TEXT/PLAIN',
    ' text/plain',
    'application/graphql',
    'image/png',
    '*/*',
    'x',
  ])('a query by GET with the content type %j', async (type) => {
    const headers = { authorization: `Bearer ${server.admin.token}`, 'content-type': type }
    const started = performance.now()
    expect(refusal(await send({ headers }, '/graphql?query=%7B__typename%7D'))).toEqual([415, 'GRAPHQL_PARSE_FAILED'])
    expect(performance.now() - started).toBeLessThan(500)
  })

  test.each(['PUT', 'PATCH', 'DELETE'])('%s', async (method) => {
    expect(refusal(await send({ method, body: WRITE, headers: { 'content-type': 'application/json' } }))).toEqual([405, 'GRAPHQL_PARSE_FAILED'])
  })

  test.each([
    ['/nothing', 404, 'NOT_FOUND'],
    ['/graphql/../../etc/passwd', 404, 'NOT_FOUND'],
  ])('%s', async (path, status, code) => {
    expect(refusal(await send({}, path))).toEqual([status, code])
  })

  test.each(['Bearer x', 'Bearer ', 'Basic YTpi', 'Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.', `Bearer ${'a'.repeat(10_000)}`, 'x'])(
    'a credential that is none: %.20s',
    async (authorization) => {
      expect(refusal(await post('{"query":"{ me { id } }"}', { authorization }))).toEqual([401, 'UNAUTHENTICATED'])
    },
  )

  test('a URL that cannot be decoded', async () => {
    const { status, text } = await send({}, '/%ff')
    expect([status, JSON.parse(text).errors[0].extensions.code]).toEqual([400, 'GRAPHQL_PARSE_FAILED'])
  })

  test('an ordinary request still works, by POST and by GET', async () => {
    for (const answer of [
      await post(DOCUMENT),
      await send({ headers: { authorization: `Bearer ${server.admin.token}` } }, '/graphql?query=%7B__typename%7D'),
    ]) {
      expect(answer.status).toBe(200)
      expect(answer.text).toBe('{"data":{"__typename":"Query"}}')
    }
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined()
  })
})
