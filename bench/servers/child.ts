import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

export const ROOT = fileURLToPath(new URL('../..', import.meta.url))
/** Arguments with which Node runs the TypeScript of this folder. */
export const TYPESCRIPT = ['--import', new URL('../../scripts/typescript.mjs', import.meta.url).href, '--disable-warning=ExperimentalWarning'] as const

/** A server under measurement, in a process of its own. */
export interface BenchServer {
  readonly pid: number
  readonly port: number
  /** `application_name` of its database connections. */
  readonly applicationName: string
  /** Header lines that each request needs, signed in anew if need be; by another's address for that one, where the server knows users. */
  headers(email?: string): Promise<Readonly<Record<string, string>>>
  stop(): Promise<void>
}

export interface ChildOptions {
  readonly command: string
  readonly arguments: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
}

/** Starts a child whose output goes to `output` as it comes; its errors go to ours. */
export function startChild(options: ChildOptions, output: (text: string) => void): { readonly child: ChildProcess; readonly stop: () => Promise<void> } {
  const child = spawn(options.command, [...options.arguments], {
    cwd: ROOT,
    env: { ...process.env, NODE_ENV: 'production', ...options.environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  child.stdout?.setEncoding('utf8').on('data', output)
  const ended = new Promise<void>((resolve) => child.on('exit', () => resolve()))
  return {
    child,
    stop: async () => {
      child.kill('SIGTERM')
      const force = setTimeout(() => child.kill('SIGKILL'), 10_000)
      await ended
      clearTimeout(force)
    },
  }
}

/** Starts a child that prints `{"port": …}` once it listens. */
export async function startPrinting(options: ChildOptions): Promise<{ readonly pid: number; readonly port: number; readonly stop: () => Promise<void> }> {
  let text = ''
  let announce: (port: number) => void = () => {}
  const port = new Promise<number>((resolve) => {
    announce = resolve
  })
  const { child, stop } = startChild(options, (chunk) => {
    text += chunk
    const found = /"port":(\d+)/.exec(text)?.[1]
    if (found !== undefined) announce(Number(found))
  })
  const failed = new Promise<never>((_, reject) => child.on('exit', (code) => reject(new Error(`${options.arguments.join(' ')} ended with exit code ${code}`))))
  return { pid: child.pid as number, port: await Promise.race([port, failed]), stop }
}
