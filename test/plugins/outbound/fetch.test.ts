import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { FetchRefusal, type PluginFetch } from '../../../src/plugins/api/index.ts'
import { declaredOrigins } from '../../../src/plugins/host/outbound/declared-hosts.ts'
import { createOutbound } from '../../../src/plugins/host/outbound/plugin-fetch.ts'
import { createTransport, type ResolvedAddress, type TransportOptions } from '../../../src/plugins/host/outbound/transport.ts'

const ANSWERS: Readonly<Record<string, (request: IncomingMessage, response: ServerResponse) => void>> = {
  '/plain': (_request, response) => response.writeHead(200, { 'content-type': 'text/plain', 'set-cookie': ['a=1', 'b=2'] }).end('hello'),
  '/missing': (_request, response) => response.writeHead(404).end('no'),
  '/empty': (_request, response) => response.writeHead(204).end(),
  '/huge': (_request, response) => {
    response.writeHead(200)
    const write = (): void => {
      while (!response.destroyed && response.write(Buffer.alloc(65_536)));
      if (!response.destroyed) response.once('drain', write)
    }
    write()
  },
  '/drips': (_request, response) => {
    response.writeHead(200)
    const timer = setInterval(() => response.write('.'), 20)
    response.once('close', () => clearInterval(timer))
  },
  '/silent': () => {},
  '/breaks': (request) => request.socket.destroy(),
  '/endless': (_request, response) => response.writeHead(302, { location: '/endless' }).end(),
}

describe('fetch of a plugin', () => {
  let server: Server
  let port: number
  let connections = 0
  let received: { method: string; url: string; headers: IncomingMessage['headers']; body: string }[] = []
  const closing: (() => Promise<void>)[] = []

  beforeAll(async () => {
    server = createServer(async (request, response) => {
      let body = ''
      for await (const chunk of request) body += chunk
      received.push({ method: request.method ?? '', url: request.url ?? '', headers: request.headers, body })
      const to = /^\/to\/(\d+)\/(.*)$/.exec(request.url ?? '')
      if (to) response.writeHead(Number(to[1]), { location: decodeURIComponent(to[2] as string) }).end()
      else (ANSWERS[request.url ?? ''] ?? ((_request, other) => other.end(body)))(request, response)
    })
    server.on('connection', () => {
      connections += 1
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    port = (server.address() as AddressInfo).port
  })
  beforeEach(() => {
    connections = 0
    received = []
  })
  afterAll(async () => {
    for (const close of closing) await close()
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })

  const HERE: ResolvedAddress = { address: '127.0.0.1', family: 4 }

  /** A plugin that declares hosts, all of which lead here unless told otherwise. */
  function plugin(options: Partial<TransportOptions> & { network?: string[]; signal?: AbortSignal; isInside?: () => boolean } = {}): PluginFetch {
    const { network = [`http://api.test:${port}`], opened = ['api.test'], resolve = async () => [HERE], signal = new AbortController().signal } = options
    const transport = createTransport({ opened, resolve })
    closing.push(transport.close)
    return createOutbound('tester', '1.2.3', declaredOrigins(network), transport.send).fetchFor(signal, options.isInside ?? (() => false))
  }
  const refusal = (work: Promise<unknown>): Promise<string> =>
    work.then(
      () => 'answered',
      (error: unknown) => (error instanceof FetchRefusal ? error.code : String(error)),
    )
  const url = (path: string, host = 'api.test') => `http://${host}:${port}${path}`

  test('answers as the host does, with the whole body', async () => {
    const fetch = plugin()
    const answer = await fetch(url('/plain'))
    expect([answer.status, answer.ok, answer.url, await answer.text()]).toEqual([200, true, url('/plain'), 'hello'])
    expect(answer.headers.getSetCookie()).toEqual(['a=1', 'b=2'])
    expect((await fetch(url('/missing'))).status).toBe(404)
    expect(await (await fetch(url('/empty'))).text()).toBe('')
    const echoed = await fetch(url('/echo?x=1#part'), {
      method: 'POST',
      body: JSON.stringify({ 名: 1 }),
      headers: { 'Content-Type': 'application/json', 'x-key': 'k' },
    })
    expect(await echoed.json()).toEqual({ 名: 1 })
    const { method, url: path, headers } = received.at(-1) as (typeof received)[number]
    expect([method, path, headers['x-key'], headers['user-agent'], headers['accept-encoding'], headers.host]).toEqual([
      'POST',
      '/echo?x=1',
      'k',
      'guanxi-plugin-tester/1.2.3',
      'identity',
      `api.test:${port}`,
    ])
  })

  test('goes to declared hosts alone, in each way that an address can be written', async () => {
    const fetch = plugin()
    const refused = [
      url('/', 'other.test'),
      `https://api.test:${port}/`,
      `http://api.test:${port + 1}/`,
      'http://api.test/',
      url('/', 'sub.api.test'),
      url('/', 'api.test.'),
      ...[
        '127.0.0.1',
        'localhost',
        '2130706433',
        '0x7f.1',
        '0x7f000001',
        '0177.0.0.1',
        '127.1',
        '0',
        '①②⑦.⓪.⓪.①',
        '[::1]',
        '[::ffff:127.0.0.1]',
        '[64:ff9b::7f00:1]',
      ].map((host) => url('/', host)),
      'file:///etc/passwd',
      'data:text/plain,x',
      'blob:x',
      `http://127.0.0.1:${port}\\@api.test/`,
    ]
    for (const target of refused) expect([target, await refusal(fetch(target))]).toEqual([target, 'HOST_NOT_DECLARED'])
    for (const target of ['', '/relative', `http://user@api.test:${port}/`, `http://:x@api.test:${port}/`])
      expect([target, await refusal(fetch(target))]).toEqual([target, 'REQUEST_INVALID'])
    expect(connections).toBe(0)
  })

  test.each([
    '127.0.0.1',
    '::1',
    '10.1.2.3',
    '192.168.0.1',
    '172.16.0.1',
    '100.64.0.1',
    '169.254.169.254',
    '0.0.0.0',
    '224.0.0.1',
    'fe80::1',
    'fd00::1',
    '::ffff:127.0.0.1',
    '64:ff9b::7f00:1',
    '2002:7f00:1::',
    '2001:0:7f00:1::',
  ])('does not connect to a declared host that leads to %s', async (address) => {
    const fetch = plugin({ opened: [], resolve: async () => [{ address, family: address.includes(':') ? 6 : 4 }] })
    expect(await refusal(fetch(url('/plain')))).toBe('ADDRESS_REFUSED')
    expect(connections).toBe(0)
  })

  test('does not connect where one of several addresses may not be reached', async () => {
    const resolve = async () => [{ address: '93.184.216.34', family: 4 }, HERE]
    expect(await refusal(plugin({ opened: [], resolve })(url('/plain')))).toBe('ADDRESS_REFUSED')
    expect(connections).toBe(0)
  })

  test('reaches what an operator has opened, on that port, and never the metadata of a cloud', async () => {
    expect((await plugin({ opened: [`api.test:${port}`] })(url('/plain'))).status).toBe(200)
    expect(await refusal(plugin({ opened: [`api.test:${port + 1}`, 'other.test'] })(url('/plain')))).toBe('ADDRESS_REFUSED')
    const resolve = async () => [{ address: '169.254.169.254', family: 4 }]
    expect(await refusal(plugin({ resolve })(url('/plain')))).toBe('ADDRESS_REFUSED')
  })

  test('connects to the address that was judged: a resolver that changes its mind leads nowhere else', async () => {
    const answers = [[HERE], [{ address: '169.254.169.254', family: 4 }]]
    let looked = 0
    const resolve = async () => answers[looked++] ?? [HERE]
    const fetch = plugin({ resolve })
    expect(await (await fetch(url('/plain'))).text()).toBe('hello')
    expect([looked, connections]).toEqual([1, 1])
    // The other way round: public when it is asked first, and here when the connection is made.
    let asked = 0
    const turning = plugin({ opened: [], resolve: async () => (asked++ === 0 ? [{ address: '203.0.114.1', family: 4 }] : [HERE]) })
    expect(['TIMEOUT', 'UNREACHABLE']).toContain(await refusal(turning(url('/plain'), { timeout: 300 })))
    expect(await refusal(turning(url('/plain'), { timeout: 300 }))).toMatch(/ADDRESS_REFUSED|TIMEOUT|UNREACHABLE/)
    expect(connections).toBe(1)
  })

  test('follows redirects to declared hosts, and judges each anew', async () => {
    const network = [`http://api.test:${port}`, `http://second.test:${port}`, `http://inner.test:${port}`]
    const resolve = async (host: string) => (host === 'inner.test' ? [{ address: '10.0.0.1', family: 4 }] : [HERE])
    const fetch = plugin({ network, opened: ['api.test', 'second.test'], resolve })
    const to = (status: number, target: string) => url(`/to/${status}/${encodeURIComponent(target)}`)
    const headers = { authorization: 'secret', 'x-api-key': 'secret', cookie: 'secret', accept: 'text/plain' }
    const answer = await fetch(to(302, url('/plain', 'second.test')), { headers })
    expect([answer.url, await answer.text()]).toEqual([url('/plain', 'second.test'), 'hello'])
    expect(JSON.stringify(received.at(-1)?.headers)).not.toContain('secret')
    expect(received.at(-1)?.headers.accept).toBe('text/plain')
    await fetch(to(307, '/echo'), { headers, method: 'POST', body: 'kept' })
    expect(received.at(-1)).toMatchObject({ method: 'POST', body: 'kept', headers: { authorization: 'secret' } })
    await fetch(to(303, '/echo'), { method: 'POST', body: 'gone' })
    expect(received.at(-1)).toMatchObject({ method: 'GET', body: '' })
    received = []
    for (const status of [301, 302, 303, 307, 308])
      for (const target of [
        `http://127.0.0.1:${port}/plain`,
        `http://localhost:${port}/plain`,
        'http://169.254.169.254/',
        'file:///etc/passwd',
        `http://user@api.test:${port}/`,
      ])
        expect([target, await refusal(fetch(to(status, target)))]).toEqual([target, 'REDIRECT_REFUSED'])
    expect(await refusal(fetch(to(302, url('/plain', 'inner.test'))))).toBe('ADDRESS_REFUSED')
    expect(await refusal(fetch(url('/endless')))).toBe('REDIRECT_REFUSED')
    expect(received.every(({ url: path }) => path.startsWith('/to/') || path === '/endless')).toBe(true)
    const manual = await fetch(to(302, 'http://127.0.0.1/'), { redirect: 'manual' })
    expect([manual.status, manual.headers.get('location')]).toEqual([302, 'http://127.0.0.1/'])
  })

  test('takes no body without end, and waits for none', async () => {
    const fetch = plugin()
    expect(await refusal(fetch(url('/huge')))).toBe('TOO_LARGE')
    expect(await refusal(fetch(url('/plain'), { maxBytes: 4 }))).toBe('TOO_LARGE')
    expect((await fetch(url('/plain'), { maxBytes: 5 })).status).toBe(200)
    const began = performance.now()
    expect(await refusal(fetch(url('/silent'), { timeout: 200 }))).toBe('TIMEOUT')
    expect(await refusal(fetch(url('/drips'), { timeout: 200 }))).toBe('TIMEOUT')
    expect(performance.now() - began).toBeLessThan(2_000)
    expect(await refusal(fetch(url('/breaks')))).toBe('UNREACHABLE')
    expect(await refusal(fetch(url('/echo'), { method: 'POST', body: new Uint8Array(10_485_761) }))).toBe('TOO_LARGE')
  })

  test('ends with the turn of the plugin, and asks nothing inside of a transaction', async () => {
    const end = new AbortController()
    const fetch = plugin({ signal: end.signal })
    const waiting = refusal(fetch(url('/silent')))
    await new Promise((resolve) => setTimeout(resolve, 50))
    end.abort()
    expect(await waiting).toBe('ABORTED')
    expect(await refusal(fetch(url('/plain')))).toBe('ABORTED')
    expect(await refusal(plugin({ isInside: () => true })(url('/plain')))).toBe('IN_TRANSACTION')
  })

  test('makes few requests at a time', async () => {
    const fetch = plugin()
    const all = Array.from({ length: 25 }, () => refusal(fetch(url('/silent'), { timeout: 400 })))
    const codes = await Promise.all(all)
    expect([codes.filter((code) => code === 'TOO_MANY').length, codes.filter((code) => code === 'TIMEOUT').length]).toEqual([5, 20])
    expect((await fetch(url('/plain'))).status).toBe(200)
  })

  test('leaves the connection to the host, and sends what is a request alone', async () => {
    const fetch = plugin()
    for (const name of [
      'Host',
      'content-length',
      'Transfer-Encoding',
      'Connection',
      'Upgrade',
      'Expect',
      'TE',
      'Proxy-Authorization',
      'X-Forwarded-For',
      'Sec-Fetch-Site',
      'Accept-Encoding',
    ])
      expect([name, await refusal(fetch(url('/plain'), { headers: { [name]: '1' } }))]).toEqual([name, 'REQUEST_INVALID'])
    for (const headers of [{ 'x-y': 'a\r\nHost: evil' }, { 'x y': '1' }, { 'x\r\ny': '1' }, { x: '名' }] as Record<string, string>[])
      expect(await refusal(fetch(url('/plain'), { headers }))).toBe('REQUEST_INVALID')
    expect(await refusal(fetch(url('/plain'), { headers: { x: 'x'.repeat(20_000) } }))).toBe('TOO_LARGE')
    expect(await refusal(fetch(url('/plain'), { method: 'CONNECT' as 'GET' }))).toBe('REQUEST_INVALID')
    expect(await refusal(fetch(url('/plain'), { body: 'x' }))).toBe('REQUEST_INVALID')
    expect(await refusal(fetch(url('/plain'), { method: 'POST', body: {} as string }))).toBe('REQUEST_INVALID')
    expect(await refusal(fetch(url('/plain'), { timeout: Number.NaN }))).toBe('REQUEST_INVALID')
    expect(connections).toBe(0)
  })

  test('goes past proxies of the environment', async () => {
    const names = ['HTTP_PROXY', 'http_proxy', 'HTTPS_PROXY', 'NODE_USE_ENV_PROXY']
    const before = names.map((name) => process.env[name])
    try {
      for (const name of names) process.env[name] = name.startsWith('NODE') ? '1' : 'http://127.0.0.1:9/'
      expect((await plugin()(url('/plain'))).status).toBe(200)
    } finally {
      names.forEach((name, index) => {
        if (before[index] === undefined) delete process.env[name]
        else process.env[name] = before[index]
      })
    }
  })
})
