import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const FOLDER = fileURLToPath(new URL('.', import.meta.url))

/** Installs what this folder compares with, where it is missing. Throws with npm's own words where that fails. */
export function installIfNeeded(progress: (message: string) => void): void {
  if (existsSync(new URL('node_modules/postgraphile/package.json', import.meta.url))) return
  progress('installing PostGraphile and Node 22 into bench/node_modules')
  const { status, stderr } = spawnSync('npm', ['ci', '--no-audit', '--no-fund'], { cwd: FOLDER, encoding: 'utf8', shell: process.platform === 'win32' })
  if (status !== 0) throw new Error(`npm ci failed in bench/:\n${stderr}`)
}
