import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { StartupError } from '../../errors/index.ts'

/** The TypeScript compiler of the plugin's own package; undefined for a plugin that is written in JavaScript. Throws StartupError where it is not installed. */
function compilerOf(folder: string): string | undefined {
  if (!existsSync(join(folder, 'tsconfig.json'))) return undefined
  const compiler = join(folder, 'node_modules', 'typescript', 'bin', 'tsc')
  if (!existsSync(compiler)) throw new StartupError(`TypeScript is not installed in ${folder}: run npm install there, or give --no-build.`)
  return compiler
}

/** Compiles, where there is something to compile. Throws StartupError where it fails; the compiler has said why. */
export async function compileOnce(folder: string): Promise<void> {
  const compiler = compilerOf(folder)
  if (!compiler) return
  const child = spawn(process.execPath, [compiler, '-p', folder], { cwd: folder, stdio: ['ignore', 'inherit', 'inherit'] })
  const code = await new Promise((resolve) => child.once('exit', resolve))
  if (code !== 0) throw new StartupError('The plugin does not compile; see the lines above.')
}

/** Compiles whenever a source changes, and says what is wrong with it. */
export function compileOnChange(folder: string): { stop(): void } | undefined {
  const compiler = compilerOf(folder)
  if (!compiler) return undefined
  const child: ChildProcess = spawn(process.execPath, [compiler, '-p', folder, '--watch', '--preserveWatchOutput'], {
    cwd: folder,
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  return { stop: () => void child.kill() }
}
