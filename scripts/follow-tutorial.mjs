/**
 * Follows docs/plugins/tutorial.md to the letter, from a packed product in an empty folder: runs its commands, writes its files, compares its answers (scripts/pages). Exits 1 at the first difference.
 *
 * `node scripts/follow-tutorial.mjs [folder]`: uses the folder, which must be empty, and leaves it there.
 */
import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { followPage } from './pages/follow.mjs'
import { choosePort, environmentFor, makeFolder, ROOT, withPort } from './pages/place.mjs'

const PAGE = 'docs/plugins/tutorial.md'

async function follow(folder) {
  const port = await choosePort()
  const packed = spawnSync('npm', ['pack', '--silent', '--pack-destination', folder], { cwd: ROOT, stdio: ['ignore', 'ignore', 'inherit'] })
  if (packed.status !== 0) throw new Error('the product could not be packed')
  await followPage({ name: PAGE, pages: [withPort(readFileSync(join(ROOT, PAGE), 'utf8'), port)], folder, environment: environmentFor(port) })
}

const [given] = process.argv.slice(2)
const folder = given ? resolve(given) : makeFolder('tutorial')
const began = Date.now()
try {
  if (given) mkdirSync(folder, { recursive: true })
  if (readdirSync(folder).length > 0) throw new Error(`${folder} is not empty`)
  await follow(folder)
  process.stdout.write(`\nThe tutorial holds (${Math.round((Date.now() - began) / 1000)} s).\n`)
} catch (error) {
  process.stderr.write(`\n${error.message}\n`)
  process.exitCode = 1
} finally {
  if (!given) rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
}
