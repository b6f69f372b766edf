import { once } from 'node:events'
import { connect } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import WebSocket from 'ws'
import { LIMITS } from '../../src/http/index.ts'
import { eventually } from '../support/guanxi-process.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

/** The protocol of graphql-transport-ws message by message (PROTOCOL.md of graphql-ws), and what one socket, one user and one address may take. */
const SOCKETS_PER_USER = 4
const SOCKETS_PER_ADDRESS = 12

let server: TestServer
let token: string
let person: string
let opened: WebSocket[] = []

beforeAll(async () => {
  const environment = { SOCKETS_PER_USER: String(SOCKETS_PER_USER), SOCKETS_PER_ADDRESS: String(SOCKETS_PER_ADDRESS) }
  server = await startTestServer({ environment })
  token = server.admin.token as string
  person = (await server.addUser('Somebody', 'read_only')).client.token as string
}, 60_000)
afterEach(async () => {
  for (const socket of opened) socket.terminate()
  opened = []
  // The server has let go of all that it counts.
  await eventually(async () => /guanxi_sockets (\d+)/.exec(await (await fetch(`${server.url}/metrics`)).text())?.[1] === '0')
})
afterAll(() => server?.close())

type Message = Record<string, unknown>

/** A socket that keeps what it is told. */
interface Wire {
  readonly socket: WebSocket
  readonly told: Message[]
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>
  send(message: unknown): void
  /** The first message that fits, also one to come. */
  hears(fits: (message: Message) => boolean): Promise<Message>
}

async function open(protocol: string | null = 'graphql-transport-ws'): Promise<Wire> {
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}/graphql`, protocol ?? [])
  opened.push(socket)
  const told: Message[] = []
  socket.on('message', (data) => told.push(JSON.parse(String(data))))
  const closed = new Promise<{ code: number; reason: string }>((resolve) => socket.on('close', (code, reason) => resolve({ code, reason: String(reason) })))
  await once(socket, 'open')
  return {
    socket,
    told,
    closed,
    send: (message) => socket.send(typeof message === 'string' || Buffer.isBuffer(message) ? message : JSON.stringify(message)),
    hears: (fits) => eventually(async () => told.find(fits)),
  }
}

const INIT = () => ({ type: 'connection_init', payload: { authorization: `Bearer ${token}` } })

async function admitted(bearer = token): Promise<Wire> {
  const wire = await open()
  wire.send({ type: 'connection_init', payload: { authorization: `Bearer ${bearer}` } })
  await wire.hears(({ type }) => type === 'connection_ack')
  return wire
}

const ask = (id: string, query: string, more: object = {}) => ({ id, type: 'subscribe', payload: { query, ...more } })
const FOLLOW = 'subscription { accountChanged { cursor operation } }'
const DEEP = `${'['.repeat(5_000)}${']'.repeat(5_000)}`

describe('a socket that breaks the protocol is closed', () => {
  test.each<[string, number, (wire: Wire) => void | Promise<void>]>([
    ['text that is no JSON', 4400, (wire) => wire.send('{')],
    ['JSON that is no message', 4400, (wire) => wire.send('[]')],
    ['a list nested deep', 4400, (wire) => wire.send(DEEP)],
    ['a type that is unknown', 4400, (wire) => wire.send({ type: 'start', id: '1', payload: {} })],
    ['a message without its id', 4400, (wire) => wire.send({ type: 'subscribe', payload: { query: '{ __typename }' } })],
    ['a message with an empty id', 4400, (wire) => wire.send(ask('', '{ __typename }'))],
    ['a message without its query', 4400, (wire) => wire.send({ id: '1', type: 'subscribe', payload: {} })],
    ['variables that are no object', 4400, (wire) => wire.send(ask('1', '{ __typename }', { variables: 'x' }))],
    ['bytes that are no message', 4400, (wire) => wire.send(Buffer.from([0, 1, 2, 255]))],
    ['a second connection_init', 4429, (wire) => wire.send(INIT())],
    [
      'an id that is in use',
      4409,
      (wire) => {
        wire.send(ask('1', FOLLOW))
        wire.send(ask('1', FOLLOW))
      },
    ],
    ['a message beyond the limit', 1009, (wire) => wire.send(ask('1', `{ __typename } #${'x'.repeat(LIMITS.socketMessage)}`))],
    [
      'more messages than it may send',
      1008,
      (wire) => {
        for (let index = 0; index < LIMITS.socketMessages.burst + LIMITS.socketMessages.perSecond; index += 1) wire.send({ type: 'ping' })
      },
    ],
  ])('by %s', async (_, code, act) => {
    const wire = await admitted()
    await act(wire)
    expect((await wire.closed).code).toBe(code)
    // Nobody else takes notice.
    expect((await server.admin.send('{ __typename }')).errors).toEqual([])
  })

  test('by another protocol', async () => {
    // Its client ends the handshake itself, which takes no protocol up.
    await expect(open('graphql-ws')).rejects.toThrow('no subprotocol')
    expect((await (await open(null)).closed).code).toBe(4406)
  })

  test('by silence, in a few seconds', async () => {
    const wire = await open()
    expect((await wire.closed).code).toBe(4408)
  }, 10_000)

  test('by an operation before it is admitted', async () => {
    const wire = await open()
    wire.send(ask('1', '{ __typename }'))
    expect((await wire.closed).code).toBe(4401)
  })

  test('by a credential that is not valid', async () => {
    for (const authorization of ['Bearer nonsense', 'Bearer ', 'Basic eDp5']) {
      const wire = await open()
      wire.send({ type: 'connection_init', payload: { authorization } })
      expect([authorization, (await wire.closed).code]).toEqual([authorization, 4403])
    }
  })
})

describe('a socket that keeps it', () => {
  test('has its pings answered, with what they carry', async () => {
    const wire = await admitted()
    wire.send({ type: 'ping', payload: { seen: [1, '二'] } })
    expect(await wire.hears(({ type }) => type === 'pong')).toEqual({ type: 'pong', payload: { seen: [1, '二'] } })
  })

  test('may use names of members as ids, and bytes for text', async () => {
    const wire = await admitted()
    for (const id of ['__proto__', 'constructor', 'toString', '\u0000', '二']) {
      wire.send(Buffer.from(JSON.stringify(ask(id, '{ me { email } }'))))
      const told = await wire.hears((message) => message['id'] === id && message['type'] === 'next')
      expect(told['payload']).toMatchObject({ data: { me: { email: expect.any(String) } } })
      await wire.hears((message) => message['id'] === id && message['type'] === 'complete')
    }
    expect(Object.keys({})).toEqual([])
  })

  test('is told an error once, and nothing after it', async () => {
    const wire = await admitted()
    for (const [id, query, more] of [
      ['a', '{ nothing }'],
      ['b', 'query A { __typename } query B { __typename }', { operationName: 'C' }],
      ['c', 'subscription { accountChanged { nothing } }'],
      ['d', '{'],
    ] as const) {
      wire.send(ask(id, query, more))
      const { payload } = await wire.hears((message) => message['id'] === id)
      expect(payload).toEqual([expect.objectContaining({ extensions: expect.objectContaining({ requestId: expect.any(String) }) })])
    }
    await delay(100)
    expect(wire.told.filter(({ id }) => id !== undefined).map(({ id, type }) => [id, type])).toEqual(['a', 'b', 'c', 'd'].map((id) => [id, 'error']))
  })

  test('hears nothing more of what it completed', async () => {
    const wire = await admitted()
    wire.send(ask('kept', FOLLOW))
    wire.send(ask('left', FOLLOW))
    const create = (name: string) =>
      server.admin.data('mutation ($input: CreateAccountInput!) { createAccount(input: $input) { changeSetId } }', { input: { type: 'customer', name } })
    await eventually(async () => {
      await create('Seen by both')
      return wire.told.some(({ id }) => id === 'left') && wire.told.some(({ id }) => id === 'kept')
    })
    wire.send({ id: 'left', type: 'complete' })
    // Twice, and for what never was: no reason to close.
    wire.send({ id: 'left', type: 'complete' })
    wire.send({ id: 'never', type: 'complete' })
    wire.send({ type: 'ping' })
    await wire.hears(({ type }) => type === 'pong')
    const [left, kept] = ['left', 'kept'].map((each) => wire.told.filter(({ id }) => id === each).length) as [number, number]
    await create('Seen by one')
    await eventually(async () => wire.told.filter(({ id }) => id === 'kept').length > kept)
    await delay(200)
    expect(wire.told.filter(({ id }) => id === 'left').length).toBe(left)
    expect(wire.socket.readyState).toBe(WebSocket.OPEN)
  })

  test('has no more subscriptions than it may', async () => {
    const wire = await admitted()
    for (let index = 0; index < LIMITS.socketSubscriptions; index += 1) {
      wire.send(ask(`${index}`, FOLLOW))
      // All have been taken up before the next is asked for: a hundred operations may be under way.
      if (index % 25 === 24) await delay(100)
    }
    wire.send(ask('more', FOLLOW))
    const { payload } = await wire.hears(({ id }) => id === 'more')
    expect(payload).toMatchObject([{ extensions: { code: 'LIMIT_EXCEEDED' } }])
    wire.send({ id: '0', type: 'complete' })
    await eventually(async () => {
      const id = `again ${performance.now()}`
      wire.send(ask(id, FOLLOW))
      await delay(100)
      return !wire.told.some((message) => message['id'] === id)
    })
    expect(wire.socket.readyState).toBe(WebSocket.OPEN)
  })
})

test('an id that is used again before its subscription has begun means the last one alone, and none is left when the socket has gone', async () => {
  const wire = await admitted()
  const create = () => server.admin.data('mutation { createAccount(input: {type: "customer", name: "Followed"}) { changeSetId } }')
  const given = [ask('1', FOLLOW), { id: '1', type: 'complete' }]
  for (const message of [...given, ...given, ask('1', FOLLOW)]) wire.send(message)
  const heard = () => wire.told.flatMap(({ type, payload }) => (type === 'next' ? [(payload as { data: { accountChanged: object } }).data.accountChanged] : []))
  await eventually(async () => {
    await create()
    return heard().length > 0
  })
  await delay(300)
  expect(new Set(heard().map((change) => JSON.stringify(change))).size).toBe(heard().length)
  expect(wire.told.filter(({ type }) => type === 'complete')).toEqual([])
  wire.socket.close()
  await wire.closed
  const looks = await server.statementsOf(async () => {
    await create()
    await delay(500)
  })
  expect(looks.filter(({ text }) => text.includes('FROM outbox WHERE module_number'))).toEqual([])
})

test('a client that does not read is not read either, and loses nothing', async () => {
  const note = 'x'.repeat(1_000)
  const input = Array.from({ length: 500 }, (_, index) => ({ type: 'customer', name: `Wordy ${index}`, description: note }))
  await server.admin.data('mutation ($input: [CreateAccountInput!]!) { createAccounts(input: $input) { changeSetId } }', { input })
  const wire = await admitted()
  const asked = 100
  wire.socket.pause()
  const answers = await server.statementsOf(async () => {
    for (let index = 0; index < asked; index += 1) {
      wire.send(ask(`${index}`, '{ accounts(first: 500) { nodes { id description } } }'))
      await delay(20)
    }
    await delay(500)
  })
  expect(answers.filter(({ text }) => text.includes('description')).length).toBeLessThan(asked / 2)
  wire.socket.resume()
  await eventually(async () => wire.told.filter(({ type }) => type === 'complete').length === asked)
})

describe('sockets are counted', () => {
  test('for each user: one more than he may have is told to try again later, others come in, and one that closes makes room', async () => {
    const own: Wire[] = []
    for (let index = 0; index < SOCKETS_PER_USER; index += 1) own.push(await admitted())
    const more = await open()
    more.send(INIT())
    expect(await more.closed).toEqual({ code: 1013, reason: expect.stringContaining(String(SOCKETS_PER_USER)) })
    await admitted(person)
    own[0]?.socket.close()
    await own[0]?.closed
    await admitted()
  })

  test('for each address, signed in or not, however the handshake ends', async () => {
    for (let index = 0; index < SOCKETS_PER_ADDRESS * 2; index += 1) await brokenHandshake()
    for (let index = 0; index < SOCKETS_PER_ADDRESS; index += 1) await open()
    const refused = new WebSocket(`${server.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws')
    const [, response] = (await once(refused, 'unexpected-response')) as [unknown, { statusCode: number; headers: Record<string, string> }]
    expect([response.statusCode, response.headers['retry-after']]).toEqual([429, '10'])
    refused.on('error', () => {}).terminate()
    opened[0]?.terminate()
    await eventually(async () => (await open().catch(() => undefined))?.socket.readyState === WebSocket.OPEN)
  })
})

test('an upgrade that is refused leaves no connection behind, whatever else is sent', async () => {
  const open = () => process.getActiveResourcesInfo().filter((kind) => kind === 'TCPSocketWrap').length
  const before = open()
  const socket = connect({ port: Number(new URL(server.url).port), host: '127.0.0.1', allowHalfOpen: true })
  socket.on('error', () => {})
  socket.write('GET /elsewhere HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n')
  const [answer] = await once(socket, 'data')
  expect(String(answer)).toMatch(/^HTTP\/1\.1 404 /)
  socket.write('x')
  // This side stays open until the other one is gone.
  await eventually(async () => open() <= before + 1)
  socket.destroy()
  await eventually(async () => open() <= before)
})

/** Asks for an upgrade without the key that it needs. */
async function brokenHandshake(): Promise<void> {
  const { port } = new URL(server.url)
  const socket = connect(Number(port), '127.0.0.1')
  socket.write('GET /graphql HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\r\n')
  const [answer] = await once(socket, 'data')
  expect(String(answer)).toMatch(/^HTTP\/1\.1 400 /)
  socket.destroy()
}
