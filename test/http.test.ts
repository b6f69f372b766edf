import { Agent, request } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { Writable } from 'node:stream'
import { gzipSync } from 'node:zlib'
import { beforeAll, describe, expect, test } from '@jest/globals'
import { buildSchema, type GraphQLSchema } from 'graphql'
import WebSocket from 'ws'
import { loadConfig } from '../src/config/index.ts'
import { GuanxiError, given } from '../src/errors/index.ts'
import { createBudgets, createHealth, createHttpServer, createLogger, createMetrics, type Health, type HttpServer, LIMITS } from '../src/http/index.ts'
import { VALIDATION_OPTIONS } from '../src/schema/execute/index.ts'
import { DOCUMENT_LIMITS } from '../src/schema/limits/index.ts'
import { type GraphQLEngine, type OperationAnswer, type OperationRequest, RawJson, type Runtime } from '../src/schema/operation.ts'

/** The transports alone: a real server on a real port, with an engine whose answers the test chooses. */
const SCHEMA = buildSchema('type Query { text(size: Int): String secretField: String } type Mutation { write: String } type Subscription { happened: String }')

interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  readonly errors: { message: string; extensions: Record<string, unknown> }[] | undefined
}

let answer: (request: OperationRequest) => OperationAnswer | Promise<OperationAnswer>
let requests: OperationRequest[]
let runtime: Runtime
let swap: (schema: GraphQLSchema) => void
let server: HttpServer
let health: Health
let database: () => Promise<boolean>
let waiting: number
let url: string
let log: string

beforeAll(async () => {
  const listeners = new Set<(runtime: Runtime) => void>()
  runtime = { version: 1, registry: undefined as never, schema: SCHEMA }
  swap = (schema) => {
    runtime = { ...runtime, version: runtime.version + 1, schema }
    for (const listener of listeners) listener(runtime)
  }
  const engine: GraphQLEngine = {
    get runtime() {
      return runtime
    },
    admit: async () => ({ signedIn: true, userId: 'somebody', refusal: null }),
    flawsSeenBy: async () => null,
    refresh: async () => runtime.version,
    reach: async (version) => runtime.version >= version,
    beforeRuntime: () => () => {},
    stillFits: () => false,
    subscribe: async (request) => answer(request),
    onRuntime: (listener) => {
      listeners.add(listener)
      listener(runtime)
      return () => listeners.delete(listener)
    },
    execute: async (request) => {
      requests.push(request)
      return answer(request)
    },
  }
  log = ''
  const logger = createLogger(
    'info',
    new Writable({
      write: (chunk, _, done) => {
        log += String(chunk)
        done()
      },
    }),
  )
  const principal = (authorization: string | null) => async () => {
    if (authorization === 'Bearer bad') throw new GuanxiError('UNAUTHENTICATED', given('No.'))
    return null
  }
  health = createHealth({ database: () => database() })
  const expiresAt = (authorization: string | null) => () => (authorization === 'Bearer short' ? Date.now() + 200 : null)
  server = await createHttpServer({
    engine,
    callerOf: ({ authorization }) => ({ principal: principal(authorization), forget: () => {}, expiresAt: expiresAt(authorization) }),
    config: {
      ...loadConfig(
        {
          HOST: '127.0.0.1',
          PORT: '0',
          TRUSTED_PROXIES: '127.0.0.1',
          DRAIN_TIMEOUT: '2000',
          REQUEST_TIMEOUT: '2000',
          POOL_QUEUE: '10',
          CORS_ORIGINS: 'https://crm.example.com',
        },
        tmpdir(),
      ),
      socketsPerUser: 2,
      socketsPerAddress: 50,
    },
    limits: DOCUMENT_LIMITS,
    budgets: createBudgets({ requests: 0, cost: 0, address: 0, 'signed-out': 0 }, null),
    waiting: () => waiting,
    logger,
    metrics: createMetrics(),
    health,
    standings: { epoch: async () => 0, read: async () => ({ epoch: 0, digests: new Map() }) },
  })
  const { port } = await server.listen()
  url = `http://127.0.0.1:${port}`
  reset()
})

function reset(): void {
  requests = []
  answer = () => ({ data: new RawJson('{"text":"ok"}') })
  database = async () => true
  waiting = 0
}

async function send(body: string | undefined, headers: Record<string, string> = {}, method = 'POST', path = '/graphql'): Promise<Answer> {
  const response = await fetch(url + path, { method, headers: { 'content-type': 'application/json', ...headers }, ...(body === undefined ? {} : { body }) })
  const text = await response.text()
  const parsed = text.startsWith('{') ? (JSON.parse(text) as { errors?: Answer['errors'] }) : {}
  return { status: response.status, headers: response.headers, text, errors: parsed.errors }
}

const ask = (query: string, headers: Record<string, string> = {}) => send(JSON.stringify({ query }), headers)

/** One operation on a socket of its own: the payload of its `next` or `error` message, or the code that closed the socket. */
function askSocket(query: string, parameters: Record<string, unknown> = {}): Promise<{ text: string; errors: Answer['errors'] } | { closed: number }> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws')
  return new Promise((resolve) => {
    socket.on('open', () => socket.send(JSON.stringify({ type: 'connection_init', payload: parameters })))
    socket.on('close', (code) => resolve({ closed: code }))
    socket.on('message', (data) => {
      const message = JSON.parse(String(data)) as { type: string; payload: { errors?: Answer['errors'] } }
      if (message.type === 'connection_ack') socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query } }))
      if (message.type === 'next') resolve({ text: String(data), errors: message.payload.errors })
      if (message.type === 'error') resolve({ text: String(data), errors: message.payload as never })
      if (message.type === 'next' || message.type === 'error') socket.close()
    })
  })
}

const TRANSPORTS = {
  http: async (query: string) => ask(query, { accept: 'application/graphql-response+json' }),
  ws: async (query: string) => (await askSocket(query)) as { text: string; errors: Answer['errors'] },
}

describe.each(Object.entries(TRANSPORTS))('over %s', (_transport, run) => {
  test("the database's text arrives byte by byte", async () => {
    reset()
    const text = '{"text":"\\u5173系 1.10 12345678901234567890","big":12345678901234567890,"one":1.0}'
    answer = () => ({ data: new RawJson(text) })
    expect((await run('{ text }')).text).toContain(`"data":${text}`)
  })

  test('documents beyond the limits are refused fast, and never executed', async () => {
    reset()
    const attacks = [`{ ${'a:text '.repeat(2000)} }`, `{ ${'_ '.repeat(20_000)}`, `{ ${'x:text(size:1) '.repeat(1000)} }`]
    for (const attack of attacks) {
      const begun = performance.now()
      const { errors } = await run(attack)
      expect(errors?.[0]?.extensions.code).toBe('LIMIT_EXCEEDED')
      expect(performance.now() - begun).toBeLessThan(500)
    }
    expect(requests).toEqual([])
  })

  test('errors of documents have code, request id and retryable, and never suggest names', async () => {
    reset()
    const broken = await run('{ text')
    expect(broken.errors).toMatchObject([
      { message: expect.stringMatching(/^Syntax Error/), extensions: { code: 'GRAPHQL_PARSE_FAILED', retryable: false, requestId: expect.any(String) } },
    ])
    const unknown = await run('{ secretFeld }')
    expect(unknown.errors).toEqual([
      {
        message: 'Cannot query field "secretFeld" on type "Query".',
        locations: [{ line: 1, column: 3 }],
        extensions: { code: 'GRAPHQL_VALIDATION_FAILED', retryable: false, requestId: expect.any(String) },
      },
    ])
    const many = await run(`{ ${Array.from({ length: 50 }, (_, index) => `no${index}`).join(' ')} }`)
    expect(many.errors?.length).toBeLessThanOrEqual(VALIDATION_OPTIONS.maxErrors + 1)
    const ambiguous = await run('query a { text } query b { text }')
    expect(ambiguous.errors).toMatchObject([{ extensions: { code: 'GRAPHQL_VALIDATION_FAILED', requestId: expect.any(String) } }])
  })

  test('a swapped schema is served at once', async () => {
    reset()
    swap(buildSchema('type Query { text: String added: String }'))
    expect((await run('{ added }')).errors).toBeUndefined()
    swap(SCHEMA)
    expect((await run('{ added }')).errors?.[0]?.extensions.code).toBe('GRAPHQL_VALIDATION_FAILED')
  })

  test('mutations run, and the engine is told about transport and caller', async () => {
    reset()
    await run('mutation { write }')
    expect(requests).toMatchObject([
      { transport: _transport, ip: '127.0.0.1', operationName: null, variables: {}, accessMode: 'errors', requestId: expect.any(String) },
    ])
  })
})

describe('statuses', () => {
  const error = (code: string, data: OperationAnswer['data']) => () => ({ data, errors: [{ message: 'no', extensions: { code } }] })
  const cases: readonly [string, string, OperationAnswer['data'], number, number][] = [
    ['a bad token', 'UNAUTHENTICATED', undefined, 401, 401],
    ['an error before execution', 'GRAPHQL_VALIDATION_FAILED', undefined, 200, 400],
    ['bad variables', 'VALIDATION_FAILED', undefined, 200, 400],
    ['a refused mutation', 'FORBIDDEN', null, 200, 200],
    ['a version conflict', 'VERSION_CONFLICT', null, 200, 200],
    ['an idempotency key in use', 'IDEMPOTENCY_IN_PROGRESS', null, 409, 409],
    ['too many requests', 'RATE_LIMITED', undefined, 429, 429],
    ['no database', 'UNAVAILABLE', undefined, 503, 503],
    ['a defect', 'INTERNAL', undefined, 500, 500],
    ['a part that failed', 'INTERNAL', { text: null }, 200, 200],
  ]
  test.each(cases)('%s (%s)', async (_, code, data, json, graphqlResponse) => {
    reset()
    answer = error(code, data)
    expect((await ask('{ text }', { accept: 'application/json' })).status).toBe(json)
    expect((await ask('{ text }', { accept: 'application/graphql-response+json' })).status).toBe(graphqlResponse)
  })
})

describe('what is no operation', () => {
  const cases: readonly [string, () => Promise<Answer>, number, string][] = [
    ['broken JSON', () => send('{"query": "{ text }"'), 400, 'GRAPHQL_PARSE_FAILED'],
    ['a body of 10 MB', () => send(JSON.stringify({ query: '{ text }', variables: { x: 'x'.repeat(10_000_000) } })), 413, 'LIMIT_EXCEEDED'],
    ['a document of 1 MB', () => ask(`{ text } #${'x'.repeat(1_000_000)}`), 413, 'LIMIT_EXCEEDED'],
    ['no body', () => send(undefined), 400, 'GRAPHQL_PARSE_FAILED'],
    ['an empty object', () => send('{}'), 400, 'GRAPHQL_PARSE_FAILED'],
    ['a batch', () => send('[{"query":"{ text }"}]'), 400, 'GRAPHQL_PARSE_FAILED'],
    ['another content type', () => send('{"query":"{ text }"}', { 'content-type': 'text/plain' }), 415, 'GRAPHQL_PARSE_FAILED'],
    ['a form', () => send('query=%7Btext%7D', { 'content-type': 'application/x-www-form-urlencoded' }), 415, 'GRAPHQL_PARSE_FAILED'],
    ['another charset', () => send('{"query":"{ text }"}', { 'content-type': 'application/json; charset=utf-16le' }), 415, 'GRAPHQL_PARSE_FAILED'],
    ['a compressed body', () => send('x', { 'content-encoding': 'gzip' }), 415, 'GRAPHQL_PARSE_FAILED'],
    ['another method', () => send(undefined, {}, 'DELETE'), 405, 'GRAPHQL_PARSE_FAILED'],
    ['a mutation by GET', () => send(undefined, {}, 'GET', '/graphql?query=mutation%7Bwrite%7D'), 405, 'GRAPHQL_PARSE_FAILED'],
    ['a subscription by POST', () => ask('subscription { happened }', { accept: 'application/graphql-response+json' }), 400, 'GRAPHQL_VALIDATION_FAILED'],
    ['another path', () => send('{}', {}, 'POST', '/elsewhere'), 404, 'NOT_FOUND'],
    ['a persisted query', () => send('{"extensions":{"persistedQuery":{"version":1,"sha256Hash":"x"}}}'), 200, 'GRAPHQL_VALIDATION_FAILED'],
  ]
  test.each(cases)('%s: JSON with a code', async (_, request, status, code) => {
    reset()
    const response = await request()
    expect(response.headers.get('content-type')).toMatch(/^application\/(graphql-response\+)?json; charset=utf-8$/)
    expect(response.errors).toMatchObject([
      { message: expect.any(String), extensions: { code, requestId: response.headers.get('x-request-id'), retryable: false } },
    ])
    expect(response.status).toBe(status)
    expect(requests).toEqual([])
  })

  test('a hostile Host header', async () => {
    const { hostname, port } = new URL(url)
    const socket = connect(Number(port), hostname)
    socket.end('POST /graphql HTTP/1.1\r\nHost: a b%\r\nContent-Type: application/json\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}')
    let text = ''
    for await (const chunk of socket) text += String(chunk)
    expect(text).toMatch(/^HTTP\/1\.1 400 /)
  })
})

test('a sane request id is kept, any other replaced', async () => {
  reset()
  expect((await ask('{ text }', { 'x-request-id': 'trace-1:2.3_4' })).headers.get('x-request-id')).toBe('trace-1:2.3_4')
  for (const bad of ['', 'a b', 'x'.repeat(65), '{"level":50}', '-x'])
    expect((await ask('{ text }', { 'x-request-id': bad })).headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/)
  expect(requests[0]?.requestId).toBe('trace-1:2.3_4')
})

test('queries by GET work as clients send them by default, and the client address comes from trusted proxies alone', async () => {
  reset()
  const { status, text } = await send(
    undefined,
    { 'x-forwarded-for': '198.51.100.7, 203.0.113.9', 'x-client-name': 'tests', 'x-access-mode': 'strict' },
    'GET',
    '/graphql?query=%7Btext%7D',
  )
  expect([status, text]).toEqual([200, '{"data":{"text":"ok"}}'])
  expect(requests).toMatchObject([{ ip: '203.0.113.9', client: 'tests', accessMode: 'strict' }])
})

describe('sockets', () => {
  test('a bad token closes with 4403, before any operation', async () => {
    reset()
    expect(await askSocket('{ text }', { authorization: 'Bearer bad' })).toEqual({ closed: 4403 })
    expect(await askSocket('{ text }', { Authorization: 'Bearer bad' })).toEqual({ closed: 4403 })
    expect(requests).toEqual([])
  })

  test('the end of the token closes with 4403', async () => {
    const socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws')
    socket.on('open', () => socket.send(JSON.stringify({ type: 'connection_init', payload: { authorization: 'Bearer short' } })))
    expect(await new Promise((resolve) => socket.on('close', resolve))).toBe(4403)
  })

  test('a message beyond the limit closes with 1009', async () => {
    expect(await askSocket(`{ text } #${'x'.repeat(LIMITS.socketMessage)}`)).toEqual({ closed: 1009 })
  })

  test('too many operations at once are refused', async () => {
    reset()
    answer = () => new Promise((resolve) => setTimeout(() => resolve({ data: new RawJson('{"text":"slow"}') }), 300))
    const socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws')
    const codes: unknown[] = []
    await new Promise<void>((resolve) => {
      socket.on('open', () => socket.send(JSON.stringify({ type: 'connection_init' })))
      socket.on('message', (data) => {
        const message = JSON.parse(String(data)) as { type: string; payload: Answer['errors'] }
        if (message.type === 'connection_ack')
          for (let id = 0; id < LIMITS.socketOperations + 5; id += 1)
            socket.send(JSON.stringify({ id: `${id}`, type: 'subscribe', payload: { query: '{ text }' } }))
        if (message.type === 'error') codes.push(message.payload?.[0]?.extensions.code)
        if (codes.length === 5) resolve()
      })
    })
    expect(codes).toEqual(Array(5).fill('LIMIT_EXCEEDED'))
    socket.close()
  })

  test('another path or protocol is refused', async () => {
    const closed = (socket: WebSocket) => new Promise((resolve) => socket.on('close', resolve).on('error', () => resolve('refused')))
    expect(await closed(new WebSocket(`${url.replace('http', 'ws')}/elsewhere`, 'graphql-transport-ws'))).toBe('refused')
    expect(await closed(new WebSocket(`${url.replace('http', 'ws')}/graphql`, 'graphql-ws'))).toBe('refused')
  })
})

test('health has no dependencies; ready has, tells which fails, and asks at most once a second', async () => {
  await new Promise((resolve) => setTimeout(resolve, 1_001))
  let asked = 0
  database = async () => {
    asked += 1
    throw new Error('connect ECONNREFUSED 10.0.0.5:5432')
  }
  expect((await send(undefined, {}, 'GET', '/health')).text).toBe('{"status":"ok"}')
  const answers = await Promise.all(Array.from({ length: 20 }, () => send(undefined, {}, 'GET', '/ready')))
  for (const { status, text } of answers) expect([status, text]).toEqual([503, '{"status":"unavailable","failing":["database"]}'])
  expect(asked).toBe(1)
})

test('metrics count operations by type and outcome', async () => {
  const { text } = await send(undefined, {}, 'GET', '/metrics')
  expect(text).toMatch(/guanxi_request_duration_seconds_count\{transport="http",type="query",outcome="ok"\} \d+/)
  expect(text).toMatch(/guanxi_request_duration_seconds_count\{transport="ws",type="mutation",outcome="ok"\} 1/)
  expect(text).toMatch(/guanxi_event_loop_delay_seconds\{quantile="0.99"\}/)
})

test('log lines are JSON and hold neither documents, tokens nor what an error quoted', async () => {
  reset()
  answer = () => {
    throw new Error('invalid input syntax: "Maria Anders"')
  }
  const { status, errors } = await ask('{ text(size: 47114711) }', { authorization: 'Bearer hunter2' })
  expect([status, errors?.[0]?.extensions.code]).toEqual([500, 'INTERNAL'])
  expect(errors?.[0]?.message).not.toContain('Maria')
  for (const line of log.trim().split('\n')) expect(JSON.parse(line)).toMatchObject({ level: expect.any(String), msg: expect.any(String) })
  expect(log).toMatch(/"requestId":"[^"]+","method":"POST","route":"\/graphql","status":200/)
  for (const secret of ['hunter2', 'Maria', '47114711', 'secretFeld', '203.0.113.9']) expect(log).not.toContain(secret)
})

/** What comes back on a connection of its own for these bytes, until the server closes it. */
async function raw(bytes: string): Promise<string> {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  socket.on('error', () => {})
  socket.write(bytes)
  let text = ''
  for await (const chunk of socket) text += String(chunk)
  return text
}

describe('what is no request', () => {
  const post = 'POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n'
  test.each<[string, string, string, string]>([
    ['no HTTP', 'nonsense\r\n\r\n', '400', 'GRAPHQL_PARSE_FAILED'],
    ['a version that there is not', 'GET / HTTP/9.9\r\n\r\n', '400', 'GRAPHQL_PARSE_FAILED'],
    ['a header with a control character', 'GET / HTTP/1.1\r\nHost: x\r\nX: a\u0001b\r\n\r\n', '400', 'GRAPHQL_PARSE_FAILED'],
    ['a length that is said twice', `${post}Content-Length: 2\r\nContent-Length: 5\r\n\r\n{}`, '400', 'GRAPHQL_PARSE_FAILED'],
    ['a length beside chunks', `${post}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`, '400', 'GRAPHQL_PARSE_FAILED'],
    ['headers of 20 KB', `GET / HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`, '431', 'LIMIT_EXCEEDED'],
    ['headers that never end', 'GET / HTTP/1.1\r\nHost: x\r\n', '408', 'GRAPHQL_PARSE_FAILED'],
    ['a body that never ends', `${post}Content-Length: 100\r\n\r\n{"query":`, '408', 'GRAPHQL_PARSE_FAILED'],
  ])('%s: JSON with a code, and the connection is closed', async (_, bytes, status, code) => {
    reset()
    const answer = await raw(bytes)
    const [head = '', body = ''] = answer.split('\r\n\r\n')
    expect(head).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `))
    expect(head.toLowerCase()).toContain('content-type: application/json; charset=utf-8')
    expect(JSON.parse(body).errors).toMatchObject([{ message: expect.any(String), extensions: { code, requestId: expect.any(String) } }])
    expect(requests).toEqual([])
  })

  test('a compressed body is refused before it is read, however much it unfolds to', async () => {
    reset()
    const bomb = gzipSync(Buffer.alloc(50 * 1024 * 1024, ' '))
    for (const encoding of ['gzip', 'deflate', 'br', 'gzip, gzip']) {
      const before = process.memoryUsage().arrayBuffers
      const response = await fetch(`${url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'content-encoding': encoding },
        body: bomb,
      })
      expect([response.status, JSON.parse(await response.text()).errors[0].extensions.code]).toEqual([415, 'GRAPHQL_PARSE_FAILED'])
      expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(20 * 1024 * 1024)
    }
  })

  test('an answer that nobody reads ends with its connection', async () => {
    reset()
    answer = () => ({ data: new RawJson(JSON.stringify({ text: 'x'.repeat(20_000_000) })) })
    const { hostname, port } = new URL(url)
    const body = JSON.stringify({ query: '{ text }' })
    const readAfter = async (milliseconds: number): Promise<number> => {
      const socket = connect(Number(port), hostname)
      const closed = new Promise((resolve) => socket.once('close', resolve))
      socket.on('error', () => {}).pause()
      socket.write(`POST /graphql HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`)
      await new Promise((resolve) => setTimeout(resolve, milliseconds))
      socket.resume()
      await closed
      return socket.bytesRead
    }
    // An answer may stand still for two seconds; a busy machine is given more to notice.
    let read = await readAfter(4_000)
    if (read > 20_000_000) read = await readAfter(15_000)
    expect(read).toBeLessThan(20_000_000)
    // Whoever reads gets all of it.
    expect((await ask('{ text }')).text.length).toBeGreaterThan(20_000_000)
  }, 60_000)
})

describe('pages of other origins', () => {
  const preflight = (origin: string) =>
    fetch(`${url}/graphql`, {
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization,content-type,idempotency-key' },
    })

  test.each(['https://crm.example.com', 'http://localhost:5173', 'http://127.0.0.1:3000', 'http://[::1]:3000'])(
    '%s may ask, and read the answer',
    async (origin) => {
      reset()
      const asked = await preflight(origin)
      expect(asked.status).toBe(204)
      expect(Object.fromEntries(asked.headers)).toMatchObject({
        'access-control-allow-origin': origin,
        'access-control-allow-methods': 'GET, POST',
        'access-control-allow-headers': 'authorization,content-type,idempotency-key',
      })
      expect(asked.headers.get('access-control-allow-credentials')).toBeNull()
      const { status, headers } = await ask('{ text }', { origin })
      expect([status, headers.get('access-control-allow-origin'), headers.get('vary')]).toEqual([200, origin, 'Origin, Accept-Language'])
      expect(headers.get('access-control-expose-headers')).toContain('retry-after')
      // Refusals can be read as well.
      waiting = 10
      const refused = await ask('{ text }', { origin })
      expect([refused.status, refused.headers.get('access-control-allow-origin')]).toEqual([503, origin])
    },
  )

  test.each([
    'https://crm.example.com.evil.example',
    'http://crm.example.com',
    'https://localhost.evil.example',
    'null',
    'http://localhost:5173@evil.example',
    '',
  ])('%j may not', async (origin) => {
    reset()
    const asked = await preflight(origin)
    expect([asked.status, asked.headers.get('access-control-allow-origin')]).toEqual([403, null])
    expect(JSON.parse(await asked.text()).errors).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }])
    expect((await ask('{ text }', { origin })).headers.get('access-control-allow-origin')).toBeNull()
    // What needs no preflight reaches nothing.
    requests = []
    expect((await send('{"query":"mutation { write }"}', { origin, 'content-type': 'text/plain' })).status).toBe(415)
    expect(requests).toEqual([])
  })

  test('OPTIONS that asks for nothing is no method here', async () => {
    expect(await send(undefined, {}, 'OPTIONS')).toMatchObject({ status: 405, errors: [{ extensions: { code: 'GRAPHQL_PARSE_FAILED' } }] })
  })
})

describe('clients as they come', () => {
  const query = 'query Q($size: Int) { text(size: $size) }'
  test.each<[string, () => Promise<Answer>]>([
    [
      'urql: GET, without a header that would need a preflight',
      () => {
        const parameters = new URLSearchParams({ query, operationName: 'Q', variables: '{"size":1}', extensions: '{}' })
        return send(
          undefined,
          { accept: 'application/graphql-response+json, application/graphql+json, application/json, text/event-stream, multipart/mixed', 'content-type': '' },
          'GET',
          `/graphql?${parameters}`,
        )
      },
    ],
    [
      'Apollo Client: POST',
      () =>
        send(
          JSON.stringify({ operationName: 'Q', variables: { size: 1 }, extensions: { clientLibrary: { name: '@apollo/client', version: '4.3.8' } }, query }),
          {
            accept: 'application/graphql-response+json,application/json;q=0.9',
          },
        ),
    ],
    ['plain fetch: POST', () => send(JSON.stringify({ query, variables: { size: 1 } }), { accept: '*/*' })],
  ])('%s', async (_, ask) => {
    reset()
    const { status, text } = await ask()
    expect([status, text]).toEqual([200, '{"data":{"text":"ok"}}'])
    expect(requests).toMatchObject([{ variables: { size: 1 }, transport: 'http' }])
  })
})

test('while it has more to do than it can, both transports are refused at once, with when to come again; health answers', async () => {
  reset()
  waiting = 10
  const { status, headers, errors } = await ask('{ text }')
  expect([status, headers.get('retry-after')]).toEqual([503, '1'])
  const refused = [
    { message: expect.stringContaining('Try again'), extensions: { code: 'UNAVAILABLE', retryable: true, retryAfter: 1, requestId: expect.any(String) } },
  ]
  expect(errors).toEqual(refused)
  expect(((await askSocket('{ text }')) as { errors: unknown }).errors).toEqual(refused)
  expect(requests).toEqual([])
  expect((await send(undefined, {}, 'GET', '/health')).status).toBe(200)
  waiting = 9
  expect((await ask('{ text }')).status).toBe(200)
})

test('names that a client chooses stay inside of their line of the log', async () => {
  reset()
  log = ''
  const forged = '\n{"level":"error","msg":"forged"}\r\n'
  await fetch(`${url}/graphql?query=${encodeURIComponent(`query X { text } ${forged}`)}&operationName=${encodeURIComponent(forged)}`)
  await ask(`query Forged { text }${forged}`, { 'x-request-id': '{"level":"error"}', 'x-client-name': '{"msg":"forged"}', 'user-agent': '"},{"msg":"forged"' })
  await askSocket(`{ text(size: "${forged.trim()}") }`, { client: forged, authorization: forged })
  const lines = log.trim().split('\n')
  expect(lines.length).toBeGreaterThanOrEqual(2)
  for (const line of lines) expect(JSON.parse(line)).toMatchObject({ level: 'info', msg: expect.stringMatching(/^(request|operation)$/) })
  expect(log).not.toContain('forged')
})

/** Ends the server, so it stands last. */
test('drain: every request that was sent is answered, then connections are refused; sockets close with 1001', async () => {
  reset()
  answer = () => new Promise((resolve) => setTimeout(() => resolve({ data: new RawJson('{"text":"ok"}') }), 5))
  const agent = new Agent({ keepAlive: true, maxSockets: 8 })
  const outcomes = new Map<string, number>()
  const once = () =>
    new Promise<string>((resolve) => {
      const sent = request(`${url}/graphql`, { method: 'POST', agent, headers: { 'content-type': 'application/json' } }, (response) => {
        response.resume().on('end', () => resolve(String(response.statusCode)))
      })
      sent.on('error', (error: NodeJS.ErrnoException) => resolve(String(error.code)))
      sent.end('{"query":"{ text }"}')
    })
  const work = async () => {
    for (let outcome = ''; outcome !== 'ECONNREFUSED'; ) {
      outcome = await once()
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
    }
  }
  const socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws')
  const socketClosed = new Promise((resolve) => socket.on('close', resolve))
  await new Promise((resolve) => socket.on('open', resolve))
  const workers = Array.from({ length: 8 }, work)
  await new Promise((resolve) => setTimeout(resolve, 200))
  await server.close()
  await Promise.all(workers)
  expect(await socketClosed).toBe(1001)
  expect([...outcomes.keys()].sort()).toEqual(['200', 'ECONNREFUSED'])
  expect(outcomes.get('ECONNREFUSED')).toBe(8)
  agent.destroy()
})
