import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import pg from 'pg'

const PROGRAM = fileURLToPath(new URL('./metadata-victim.mjs', import.meta.url))

/** An event of a victim: its number, or its name, such as `sent COMMIT`. */
export type Point = number | string

export interface VictimEnd {
  readonly killed: boolean
  /** The statements' events that it lived to see. */
  readonly events: readonly string[]
}

export interface Victims {
  /** Runs a change in a process that kills itself at a point. Resolves when PostgreSQL has ended its sessions too. */
  killAt(url: string, change: readonly unknown[], at: Point): Promise<VictimEnd>
  close(): void
}

/** Processes that change metadata and die of it. A start takes longer than a change, so the next one starts while this one works. */
export function createVictims(): Victims {
  const start = () => spawn(process.execPath, [PROGRAM], { env: { PATH: process.env.PATH ?? '' } })
  let waiting: ChildProcessWithoutNullStreams | undefined = start()
  return {
    killAt: async (url, change, at) => {
      const child = waiting ?? start()
      waiting = start()
      let output = ''
      let errors = ''
      child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text))
      child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text))
      child.stdin.end(`${JSON.stringify({ url, change, at })}\n`)
      const killed = await new Promise<boolean>((resolve, reject) => {
        child.on('close', (code, signal) => (signal === 'SIGKILL' ? resolve(true) : code === 0 ? resolve(false) : reject(new Error(errors))))
      })
      await untilLeft(url)
      return { killed, events: output.trim().split('\n') }
    },
    // Without work it ends by itself.
    close: () => waiting?.stdin.end(),
  }
}

/** PostgreSQL goes on with the statement of a client that died, and only then sees that nobody is there. */
async function untilLeft(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    for (;;) {
      const { rows } = await client.query(
        `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()`,
      )
      if (rows.length === 0) return
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  } finally {
    await client.end()
  }
}
