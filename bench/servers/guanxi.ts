import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { MANAGER_EMAIL, PASSWORD } from '../data-set.ts'
import { type BenchServer, startChild } from './child.ts'

export const ADMIN_EMAIL = 'admin@bench.guanxi.local'

/**
 * This product, started as its users start it, in production mode; requests come from the sales manager unless another's address is given. `settings`: more of them, by environment variable.
 */
export async function startGuanxi(
  databaseUrl: string,
  connections: number,
  email: string = MANAGER_EMAIL,
  settings: Readonly<Record<string, string>> = {},
): Promise<BenchServer> {
  const directory = await mkdtemp(join(tmpdir(), 'guanxi-bench-'))
  const port = await freePort()
  const environment = {
    HOST: '127.0.0.1',
    PORT: String(port),
    DATABASE_URL: databaseUrl,
    DATA_DIR: directory,
    GUANXI_SECRET: randomBytes(32).toString('hex'),
    POOL_SIZE: String(connections),
    DEMO: '0',
    ADMIN_EMAIL,
    ADMIN_PASSWORD: PASSWORD,
    // The other two write no log.
    LOG_LEVEL: 'warn',
    ...settings,
  }
  const { child, stop } = startChild({ command: process.execPath, arguments: ['bin/guanxi.js', 'start'], environment }, () => {})
  const url = `http://127.0.0.1:${port}`
  const close = async () => {
    await stop()
    await rm(directory, { recursive: true, force: true })
  }
  try {
    await untilReady(url, () => child.exitCode)
  } catch (error) {
    await close()
    throw error
  }
  return {
    pid: child.pid as number,
    port,
    applicationName: 'guanxi',
    // Access tokens end after a quarter of an hour, so each round has its own.
    headers: async (other) => ({ authorization: `Bearer ${await signIn(url, other ?? email)}` }),
    stop: close,
  }
}

async function untilReady(url: string, exitCode: () => number | null): Promise<void> {
  for (let attempt = 0; attempt < 300; attempt += 1) {
    if (exitCode() !== null) throw new Error(`the server ended with exit code ${exitCode()}`)
    const ready = await fetch(`${url}/ready`).then(
      (response) => response.ok,
      () => false,
    )
    if (ready) return
    await delay(200)
  }
  throw new Error('the server was not ready within a minute')
}

async function signIn(url: string, email: string): Promise<string> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      query: 'mutation ($input: SignInInput!) { signIn(input: $input) { accessToken } }',
      variables: { input: { email, password: PASSWORD } },
    }),
  })
  const answer = (await response.json()) as { data?: { signIn: { accessToken: string } | null } }
  if (!answer.data?.signIn) throw new Error(`${email} cannot sign in: ${JSON.stringify(answer)}`)
  return answer.data.signIn.accessToken
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.on('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}
