import { Agent, request } from 'node:http'
import { connect } from 'node:net'
import { Writable } from 'node:stream'
import { beforeAll, describe, expect, test } from '@jest/globals'
import { buildSchema, type GraphQLSchema } from 'graphql'
import WebSocket from 'ws'
import { GuanxiError } from '../src/errors/index.ts'
import { createHealth, createHttpServer, createLogger, createMetrics, type Health, type HttpServer, LIMITS } from '../src/http/index.ts'
import { VALIDATION_OPTIONS } from '../src/schema/execute/index.ts'
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
    admit: async () => ({ signedIn: true, refusal: null }),
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
    if (authorization === 'Bearer bad') throw new GuanxiError('UNAUTHENTICATED', 'No.')
    return null
  }
  health = createHealth({ database: () => database() })
  const expiresAt = (authorization: string | null) => () => (authorization === 'Bearer short' ? Date.now() + 200 : null)
  server = await createHttpServer({
    engine,
    callerOf: ({ authorization }) => ({ principal: principal(authorization), forget: () => {}, expiresAt: expiresAt(authorization) }),
    config: { role: 'all', host: '127.0.0.1', port: 0, trustedProxies: ['127.0.0.1'], socketsPerUser: 2, socketsPerAddress: 50, drainTimeout: 2_000 },
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
