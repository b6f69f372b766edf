/**
 * Runs jest, with its arguments and from any directory: `npm test -- [jest arguments]`. Its processes, each with many short-lived objects, get more room for them: they spend less time in collecting.
 */
import { spawn } from 'node:child_process'
import { createRequire } from 'node:module'

const jest = createRequire(import.meta.url).resolve('jest/bin/jest')
const child = spawn(process.execPath, ['--max-semi-space-size=64', jest, ...process.argv.slice(2)], { stdio: 'inherit' })
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal))
child.on('exit', (code, signal) => {
  process.exitCode = signal ? 1 : (code ?? 1)
})
