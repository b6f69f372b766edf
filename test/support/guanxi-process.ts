import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export { eventually } from '../../src/testing/eventually.ts'

const PROGRAM = fileURLToPath(new URL('../../bin/guanxi.js', import.meta.url))

export interface Finished {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** `guanxi` as a process of its own in a directory of its own. */
export interface GuanxiProcess {
  readonly child: ChildProcess
  readonly finished: Promise<Finished>
  output(): string
  /** Resolves with the match as soon as standard output holds it; rejects when the process ends first. */
  printed(pattern: RegExp): Promise<RegExpExecArray>
}

/** Starts `guanxi <command>`. The environment holds PATH and what is given, so that the caller's settings have no effect. */
export function runGuanxi(directory: string, command: string, environment: Readonly<Record<string, string>> = {}): GuanxiProcess {
  const child = spawn(process.execPath, [PROGRAM, ...command.split(' ')], {
    cwd: directory,
    env: { PATH: process.env.PATH ?? '', HOME: directory, ...environment },
  })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  const finished = new Promise<Finished>((resolve) => child.on('close', (code) => resolve({ code, stdout, stderr })))
  return {
    child,
    finished,
    output: () => stdout,
    printed: (pattern) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const match = pattern.exec(stdout)
          if (match) resolve(match)
        }
        child.stdout.on('data', look)
        look()
        void finished.then(() => reject(new Error(`guanxi ${command} ended without printing ${pattern}: ${stdout}${stderr}`)))
      }),
  }
}

/** A directory that PostgreSQL's user may pass, as root too. */
export async function temporaryDirectory(): Promise<{ path: string; remove(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'guanxi-start-'))
  const { chmod } = await import('node:fs/promises')
  await chmod(path, 0o755)
  return { path, remove: () => rm(path, { recursive: true, force: true }) }
}
