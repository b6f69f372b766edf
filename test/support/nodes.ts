import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { createTestClient, type TestClient } from './client.ts'
import { TEST_ENVIRONMENT, TEST_PASSWORD } from './database.ts'

const PROGRAM = fileURLToPath(new URL('./node.mjs', import.meta.url))

/** The long proofs are run in full, with their budgets (`npm run prove`). */
export const PROVE = process.env.GUANXI_PROVE === '1'
/** How many cases are drawn at random: few by hand, more where it decides about a change (`.ci/run`), most in a proof. */
export const drawnCases = (byHand: number, inCi: number, inProof: number): number =>
  PROVE ? inProof : process.env.CI && !process.env.GUANXI_FEW_CASES ? inCi : byHand

/** Nodes run as they do for users: what libraries check besides in development would be measured too. */
const PRODUCTION = { ...TEST_ENVIRONMENT, NODE_ENV: 'production', GUANXI_SECRET: 'a secret of tests that is long enough for anybody' }

/** A node in a process of its own. */
export interface NodeProcess {
  readonly url: string
  /** The administrator, signed in on this node; nobody where its role is `worker`, which answers nothing. */
  readonly admin: TestClient
  readonly pid: number
  /** Schemas that are alive after a garbage collection, swaps since the start, bytes of heap. */
  memory(): Promise<{ readonly schemas: number; readonly swaps: number; readonly heap: number }>
  /** Looks at the database and serves what is new; tells whether there was something, and the milliseconds of processor time that it took. */
  refresh(): Promise<{ readonly version: number; readonly swapped: boolean; readonly cpu: number }>
  /** What it holds at rest: timers, sockets, listeners of the process, notes of decorators. Start it with COUNT_HELD=1. */
  held(): Promise<Held>
  close(): Promise<void>
}

export interface Held {
  readonly timers: number
  readonly sockets: number
  readonly listeners: number
  readonly decorated: number
}

export interface NodeOptions {
  /** Undefined: PostgreSQL carries the signals. */
  readonly redisUrl?: string | undefined
  /** No signal reaches it. */
  readonly deaf?: boolean
  readonly environment?: Readonly<Record<string, string>>
  /** Seconds between attempts to send a message. */
  readonly retryDelays?: readonly number[]
  /** Options of Node.js itself. */
  readonly flags?: readonly string[]
}

/** Starts a node and signs the administrator in. */
export async function startNode(
  databaseUrl: string,
  { redisUrl = '', deaf = false, environment = {}, flags = [], retryDelays }: NodeOptions = {},
): Promise<NodeProcess> {
  const child = spawn(process.execPath, ['--expose-gc', ...flags, PROGRAM], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: {
      PATH: process.env.PATH ?? '',
      ...PRODUCTION,
      DATABASE_URL: databaseUrl,
      REDIS_URL: redisUrl,
      DEAF: deaf ? '1' : '0',
      RETRY_DELAYS: JSON.stringify(retryDelays ?? null),
      ...environment,
    },
  })
  const ended = new Promise<never>((_, reject) => child.once('close', (code, signal) => reject(new Error(`the node ended (${code ?? signal})`))))
  ended.catch(() => {})
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const answer = async <T>(): Promise<T> => JSON.parse((await Promise.race([lines.next(), ended])).value as string) as T
  const ask = <T>(command: string): Promise<T> => {
    child.stdin.write(`${command}\n`)
    return answer<T>()
  }
  const url = `http://127.0.0.1:${(await answer<{ port: number }>()).port}`
  const admin = createTestClient(url, environment.GUANXI_ROLE === 'worker' ? null : await signIn(url))
  return {
    url,
    admin,
    pid: child.pid as number,
    memory: () => ask('memory'),
    refresh: () => ask('refresh'),
    held: () => ask('held'),
    close: async () => {
      await admin.close()
      child.stdin.end()
      await ended.catch(() => {})
    },
  }
}

async function signIn(url: string): Promise<string> {
  const { signIn: session } = await createTestClient(url, null).data('mutation ($input: SignInInput!) { signIn(input: $input) { accessToken } }', {
    input: { email: 'admin@guanxi.local', password: TEST_PASSWORD },
  })
  return session.accessToken
}

/** The value that so large a share of the values does not exceed. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN
}

/** One line of a proof's figures. */
export function tell(text: string): void {
  process.stderr.write(`${text}\n`)
}
