import { readdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { TEST_PASSWORD } from '../support/database.ts'
import { eventually, type Finished, runGuanxi, temporaryDirectory } from '../support/guanxi-process.ts'

/** `guanxi start` as a process, as users run it. */
export interface ServerProcess {
  readonly url: string
  readonly pid: number
  readonly finished: Promise<Finished>
  /** Its log so far. */
  output(): string
  /** Resolves, with the milliseconds since its start, when `/ready` says so. */
  ready(): Promise<number>
  signal(signal: NodeJS.Signals): void
}

export interface ServerProcessOptions {
  readonly databaseUrl: string
  readonly port: number
  readonly directory: string
  readonly environment?: Readonly<Record<string, string>>
}

/** Milliseconds for which a start is waited for: the first one may have to build. */
const START = 60_000

export function startServerProcess({ databaseUrl, port, directory, environment = {} }: ServerProcessOptions): ServerProcess {
  const began = performance.now()
  const { child, finished, output } = runGuanxi(directory, 'start', {
    NODE_ENV: 'production',
    GUANXI_SECRET: 'a secret of tests that is long enough for anybody',
    ADMIN_PASSWORD: TEST_PASSWORD,
    LOG_LEVEL: 'warn',
    // What the machine does besides is no overload of the server.
    OVERLOAD_DELAY: '0',
    DATABASE_URL: databaseUrl,
    PORT: String(port),
    ...environment,
  })
  const url = `http://127.0.0.1:${port}`
  let ended: Finished | undefined
  void finished.then((end) => {
    ended = end
  })
  return {
    url,
    pid: child.pid as number,
    finished,
    output,
    ready: async () => {
      await eventually(async () => ended !== undefined || (await statusOf(url, '/ready')) === 200, START)
      if (ended) throw new Error(`the server ended (${ended.code}): ${ended.stdout}${ended.stderr}`)
      return performance.now() - began
    },
    signal: (signal) => void child.kill(signal),
  }
}

/** Status of a page; null where nobody answers in time. */
export async function statusOf(url: string, path: string, patience = 5_000): Promise<number | null> {
  try {
    const response = await fetch(`${url}${path}`, { signal: AbortSignal.timeout(patience), headers: { connection: 'close' } })
    await response.arrayBuffer()
    return response.status
  } catch {
    return null
  }
}

/** A server that is started again whenever it ends. */
export interface Supervised {
  readonly url: string
  readonly current: ServerProcess
  /** Ends of which nobody was the cause, and defects that the server logged. */
  readonly troubles: readonly string[]
  /** Kills it as `kill -9` does; resolves when the next one is ready, with the milliseconds since. */
  kill(): Promise<number>
  /** Ends it by SIGTERM, for good. */
  stop(): Promise<Finished>
}

/** Resolves when the first one is ready. */
export async function supervise(databaseUrl: string, environment: Readonly<Record<string, string>> = {}): Promise<Supervised> {
  const directory = await temporaryDirectory()
  const port = await freePort()
  const troubles: string[] = []
  let expected = false
  const begin = (): ServerProcess => {
    const process = startServerProcess({ databaseUrl, port, directory: directory.path, environment })
    void process.finished.then((end) => {
      troubles.push(...troublesOf(end, expected))
      if (!expected) current = begin()
    })
    return process
  }
  let current = begin()
  await current.ready()
  return {
    url: `http://127.0.0.1:${port}`,
    get current() {
      return current
    },
    troubles,
    kill: async () => {
      const began = performance.now()
      expected = true
      const killed = current
      killed.signal('SIGKILL')
      await killed.finished
      expected = false
      current = begin()
      await current.ready()
      return performance.now() - began
    },
    stop: async () => {
      expected = true
      current.signal('SIGTERM')
      const finished = await current.finished
      await directory.remove()
      return finished
    },
  }
}

/** What a process should not have said, or how it should not have ended. */
export function troublesOf({ code, stdout, stderr }: Finished, expected = true): string[] {
  const defects = stdout.split('\n').filter((line) => /"level":(50|60)\b/.test(line))
  return [
    ...(expected ? [] : [`it ended by itself, by ${code}`]),
    ...(stderr === '' ? [] : [`it wrote ${stderr.slice(0, 500)}`]),
    ...defects.map((line) => `it logged ${line.slice(0, 500)}`),
  ]
}

/** What a process holds. */
export interface Held {
  readonly files: number
  readonly children: number
}

/** Reads it from `/proc`. */
export function heldBy(pid: number): Held {
  const children = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      try {
        return Number(/\) \S (\d+)/.exec(readFileSync(`/proc/${name}/stat`, 'utf8'))?.[1]) === pid
      } catch {
        return false
      }
    })
  return { files: readdirSync(`/proc/${pid}/fd`).length, children: children.length }
}

/** A port that nobody listens on at the moment. */
export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  await new Promise((resolve) => server.close(resolve))
  return port
}
