import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const PROGRAM = fileURLToPath(new URL('./mortal-postgres.mjs', import.meta.url))

/** An empty database on a PostgreSQL of the test's own, which may be killed. */
export interface MortalPostgres {
  readonly url: string
  /** Kills the postmaster and all its children by `kill -9`. */
  kill(): Promise<void>
  /** Starts it again, on the same port, and waits until it takes connections. */
  start(): Promise<void>
  close(): Promise<void>
}

export async function startMortalPostgres(): Promise<MortalPostgres> {
  const child = spawn(process.execPath, [PROGRAM], { stdio: ['pipe', 'pipe', 'inherit'], env: { PATH: process.env.PATH ?? '' } })
  const ended = new Promise<never>((_, reject) => child.once('close', (code, signal) => reject(new Error(`PostgreSQL's keeper ended (${code ?? signal})`))))
  ended.catch(() => {})
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const answer = async (): Promise<{ readonly url?: string; readonly failed?: string }> =>
    JSON.parse((await Promise.race([lines.next(), ended])).value as string)
  const order = async (command: 'kill' | 'start'): Promise<void> => {
    child.stdin.write(`${command}\n`)
    const { failed } = await answer()
    if (failed !== undefined) throw new Error(failed)
  }
  const { url } = await answer()
  return {
    url: url as string,
    kill: () => order('kill'),
    start: () => order('start'),
    close: async () => {
      child.stdin.end()
      await ended.catch(() => {})
    },
  }
}
