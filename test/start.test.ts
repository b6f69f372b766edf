import { execFile } from 'node:child_process'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import pg from 'pg'
import WebSocket from 'ws'
import { eventually, type GuanxiProcess, runGuanxi, temporaryDirectory } from './support/guanxi-process.ts'

/**
 * One server's life, in order: from nothing, beside its commands, killed, its database killed, and drained. Each step goes on
 * from where the one before left it.
 */
describe('guanxi start', () => {
  let directory: Awaited<ReturnType<typeof temporaryDirectory>>
  let server: GuanxiProcess
  let url: string
  let token: string
  const dataFile = (name: string) => join(directory.path, '.guanxi', name)

  beforeAll(async () => {
    directory = await temporaryDirectory()
  })

  afterAll(async () => {
    if (server?.child.exitCode === null) server.child.kill('SIGTERM')
    await server?.finished
    await directory.remove()
  }, 30_000)

  async function startServer(): Promise<void> {
    server = runGuanxi(directory.path, 'start', { PORT: '0' })
    url = (await server.printed(/API +(http:\/\/\S+)\/graphql/))[1] as string
  }

  async function ask(query: string, bearer?: string) {
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(bearer ? { authorization: `Bearer ${bearer}` } : {}) },
      body: JSON.stringify({ query }),
    })
    return {
      status: response.status,
      body: (await response.json()) as { data?: Record<string, Record<string, unknown>>; errors?: { extensions: { code: string; retryable: boolean } }[] },
    }
  }

  const status = async (path: string) => (await fetch(`${url}${path}`)).status
  const postmaster = () => Number(readFileSync(dataFile('cluster/postmaster.pid'), 'utf8').split('\n')[0])
  const embeddedUrl = () => {
    const port = readFileSync(dataFile('cluster/postmaster.pid'), 'utf8').split('\n')[3]
    return `postgres://guanxi:${readFileSync(dataFile('database-password'), 'utf8').trim()}@127.0.0.1:${port}/guanxi`
  }
  const alive = (pid: number) => existsSync(`/proc/${pid}/status`) && !/State:\s+[ZX]/.test(readFileSync(`/proc/${pid}/status`, 'utf8'))

  test('from nothing: builds, makes the database, loads the demo, prints how to sign in, answers', async () => {
    await startServer()
    const password = (await server.printed(/Sign in +admin@guanxi\.local +password (\S+)/))[1] as string
    expect(readFileSync(dataFile('admin-password'), 'utf8').trim()).toBe(password)
    for (const step of ['Starting PostgreSQL under', 'Bringing the database up to date', 'Loading demo data']) expect(server.output()).toContain(step)
    expect(server.output()).toMatch(/Demo users +sales_rep: nancy@\S+, .*\n +sales_manager: .*\n(.*\n)* +read_only: viewer@/)
    expect(server.output()).toContain('no mail server is set up (SMTP_URL): reminders by e-mail, invitations and links for new passwords reach nobody')
    for (const name of ['admin-password', 'secret', 'database-password', 'demo-password']) expect(statSync(dataFile(name)).mode & 0o777).toBe(0o600)
    const signedIn = await ask(`mutation { signIn(input: {email: "admin@guanxi.local", password: "${password}"}) { accessToken } }`)
    token = signedIn.body.data?.signIn?.accessToken as string
    const counts = await ask('{ accounts { totalCount } products { totalCount } orders { totalCount } orderLines { totalCount } }', token)
    expect(counts.body.data).toEqual({
      accounts: { totalCount: 120 },
      products: { totalCount: 77 },
      orders: { totalCount: 830 },
      orderLines: { totalCount: 2155 },
    })
    expect([await status('/health'), await status('/ready')]).toEqual([200, 200])
    const resident = Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${server.child.pid}/status`, 'utf8'))?.[1]) / 1024
    expect(resident).toBeLessThan(220)
  }, 60_000)

  test('what it printed as the first query works in a shell and gives the answer that it printed', async () => {
    const lines = server.output().split('\n')
    const at = lines.findIndex((line) => line.includes('TOKEN='))
    const { stdout } = await promisify(execFile)('sh', ['-c', `${lines[at]}\n${lines[at + 1]}`])
    expect(stdout).toBe(lines[at + 2]?.trim())
  })

  test('the log is JSON lines without the token, the password or the document', async () => {
    const lines = server
      .output()
      .split('\n')
      .filter((line) => line.startsWith('{"level"'))
      .map((line) => JSON.parse(line) as Record<string, unknown>)
    expect(lines.some((line) => line.msg === 'request' && line.type === 'query' && line.outcome === 'ok' && typeof line.requestId === 'string')).toBe(true)
    const text = JSON.stringify(lines)
    for (const secret of [token, readFileSync(dataFile('admin-password'), 'utf8').trim(), 'totalCount', 'admin@']) expect(text).not.toContain(secret)
  })

  test('a second server on the same DATA_DIR is refused in one line, and disturbs nothing', async () => {
    const { code, stderr } = await runGuanxi(directory.path, 'start', { PORT: '0' }).finished
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringMatching(/^guanxi: DATA_DIR \S+ is in use by another Guanxi \(process \d+\)[^\n]*\n$/) })
    expect(await status('/ready')).toBe(200)
  })

  test('doctor and user work beside the server', async () => {
    const doctor = await runGuanxi(directory.path, 'doctor', { PORT: new URL(url).port }).finished
    expect(doctor.code).toBe(0)
    expect(doctor.stdout.split('\n').filter((line) => line !== '' && !line.startsWith('ok '))).toEqual([
      expect.stringMatching(/^warn +smtp +SMTP_URL is not set/),
    ])
    expect(doctor.stdout).toMatch(/ok +search/)
    const user = await runGuanxi(directory.path, 'user create mei@example.com --role sales_rep --password correct-horse', {}).finished
    expect(user).toMatchObject({ code: 0, stderr: '' })
    const signedIn = await ask('mutation { signIn(input: {email: "mei@example.com", password: "correct-horse"}) { user { email roles { key } } } }')
    expect(signedIn.body.data?.signIn).toEqual({ user: { email: 'mei@example.com', roles: [{ key: 'sales_rep' }] } })
    const ended = await runGuanxi(directory.path, 'user end-sessions MEI@example.com', {}).finished
    expect(ended).toMatchObject({ code: 0, stdout: '1 session of MEI@example.com ended\n', stderr: '' })
  }, 30_000)

  test('kill -9 of the server: the next start clears the orphan away and has everything, without a word about it', async () => {
    await ask('mutation { createAccount(input: {name: "Before the crash"}) { account { id } } }', token)
    const orphan = postmaster()
    server.child.kill('SIGKILL')
    await server.finished
    expect(alive(orphan)).toBe(true)
    const begun = Date.now()
    await startServer()
    expect(Date.now() - begun).toBeLessThan(6_000)
    expect(alive(orphan)).toBe(false)
    const { body } = await ask('{ accounts(filter: {name: {eq: "Before the crash"}}) { totalCount } }', token)
    expect(body.data).toEqual({ accounts: { totalCount: 1 } })
    expect(server.output()).not.toMatch(/password [A-Za-z0-9_-]{16}/)
  }, 20_000)

  test('kill -9 of PostgreSQL: the server stays, refuses with a code, and recovers by itself', async () => {
    const killed = postmaster()
    process.kill(killed, 'SIGKILL')
    const refused = await eventually(async () => {
      const { status: code, body } = await ask('{ accounts { totalCount } }', token)
      return code === 200 && !body.errors ? false : { code, error: body.errors?.[0]?.extensions }
    }, 2_000).catch(() => undefined)
    // It may have been restarted before anyone could ask.
    if (refused) expect(refused.error).toMatchObject({ code: 'UNAVAILABLE', retryable: true })
    expect(await status('/health')).toBe(200)
    const recovered = await eventually(async () => (await ask('{ accounts { totalCount } }', token)).body.data?.accounts, 5_000)
    expect(recovered).toEqual({ totalCount: 121 })
    expect(postmaster()).not.toBe(killed)
    await eventually(async () => (await status('/ready')) === 200)
  }, 20_000)

  test('PostgreSQL told to stop by somebody else: no server is left with one that takes no connections, and commands wait for the next', async () => {
    const told = postmaster()
    process.kill(told, 'SIGTERM')
    await eventually(async () => readFileSync(dataFile('cluster/postmaster.pid'), 'utf8').split('\n')[7]?.trim() === 'stopping' || postmaster() !== told)
    const user = await runGuanxi(directory.path, 'user create lin@example.com --role sales_rep --password correct-horse', {}).finished
    expect(user).toMatchObject({ code: 0, stderr: '' })
    expect(alive(told)).toBe(false)
    expect(server.child.exitCode).toBeNull()
    await eventually(async () => (await status('/ready')) === 200, 10_000)
    // A mutation that stands alone takes a connection of its own, more than there were before.
    const enabled = await eventually(
      async () => (await ask('mutation { enablePlugin(name: "contracts") { plugin { state } } }', token)).body.data?.enablePlugin,
      10_000,
    )
    expect(enabled).toEqual({ plugin: { state: 'enabled' } })
    expect((await ask('{ accounts { totalCount } contracts { totalCount } }', token)).body.data).toEqual({
      accounts: { totalCount: 121 },
      contracts: { totalCount: 0 },
    })
    expect(server.output()).toContain('somebody told embedded PostgreSQL to stop')
  }, 60_000)

  test('kill -9 of the server while PostgreSQL shuts down: the next start waits for its end, and starts it anew', async () => {
    const told = postmaster()
    const held = new pg.Client({ connectionString: embeddedUrl() })
    held.on('error', () => {})
    await held.connect()
    server.child.kill('SIGKILL')
    await server.finished
    process.kill(told, 'SIGTERM')
    await eventually(async () => readFileSync(dataFile('cluster/postmaster.pid'), 'utf8').split('\n')[7]?.trim() === 'stopping')
    // Another program's connection keeps it, so that it neither ends nor takes anybody.
    expect(alive(told)).toBe(true)
    await startServer()
    expect(alive(told)).toBe(false)
    await held.end().catch(() => {})
    expect((await ask('{ plugins { name state } }', token)).body.data?.plugins).toContainEqual({ name: 'contracts', state: 'enabled' })
    const disabled = await ask('mutation { disablePlugin(name: "contracts") { plugin { state } } }', token)
    expect(disabled.body.data?.disablePlugin).toEqual({ plugin: { state: 'disabled' } })
  }, 30_000)

  test('SIGTERM: the request in flight is answered, sockets close with 1001, PostgreSQL stops', async () => {
    const { port, hostname } = new URL(url)
    const socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws')
    const socketClosed = new Promise<number>((resolve) => socket.on('close', (code) => resolve(code)))
    await new Promise((resolve) => socket.on('open', resolve))
    const body = JSON.stringify({ query: '{ products { totalCount } }' })
    const request = connect(Number(port), hostname)
    let answer = ''
    request.setEncoding('utf8').on('data', (text: string) => (answer += text))
    const requestClosed = new Promise((resolve) => request.on('close', resolve))
    request.write(
      `POST /graphql HTTP/1.1\r\nHost: guanxi\r\nContent-Type: application/json\r\nAuthorization: Bearer ${token}\r\nContent-Length: ${body.length}\r\n\r\n${body.slice(0, 5)}`,
    )
    await eventually(async () => (await status('/health')) === 200)
    const database = postmaster()

    server.child.kill('SIGTERM')
    // A terminal's signal comes through npm once more; that is no impatience.
    setTimeout(() => server.child.kill('SIGTERM'), 50)
    expect(await socketClosed).toBe(1001)
    await eventually(() =>
      fetch(`${url}/health`).then(
        () => false,
        () => true,
      ),
    )
    request.write(body.slice(5))
    await requestClosed
    expect(answer).toMatch(/^HTTP\/1\.1 200 OK/)
    expect(answer).toContain('{"data":{"products":{"totalCount":77}}}')
    expect(answer).toMatch(/connection: close/i)
    expect(await server.finished).toMatchObject({ code: 0, stderr: '' })
    expect(alive(database)).toBe(false)
    expect(existsSync(dataFile('cluster/postmaster.pid'))).toBe(false)
    expect(existsSync(dataFile('guanxi.lock'))).toBe(false)
  }, 20_000)
})
