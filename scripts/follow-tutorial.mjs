/**
 * Follows docs/plugins/tutorial.md to the letter, from a packed product in an empty folder: runs its commands, writes its files, compares its answers (scripts/pages). Exits 1 at the first difference.
 *
 * `node scripts/follow-tutorial.mjs [folder]`: uses the folder, which must be empty, and leaves it there.
 */
import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { inFolder } from './live/in-folder.mjs'
import { followPage } from './pages/follow.mjs'
import { choosePort, environmentFor, ROOT, withPort } from './pages/place.mjs'

const PAGE = 'docs/plugins/tutorial.md'

const [given] = process.argv.slice(2)
await inFolder('tutorial', async (made, atEnd) => {
  const began = Date.now()
  const folder = given ? resolve(given) : made
  mkdirSync(folder, { recursive: true })
  if (readdirSync(folder).length > 0) throw new Error(`${folder} is not empty`)
  const packed = spawnSync('npm', ['pack', '--silent', '--pack-destination', folder], { cwd: ROOT, stdio: ['ignore', 'ignore', 'inherit'] })
  if (packed.status !== 0) throw new Error('the product could not be packed')
  const port = await choosePort()
  await followPage({ name: PAGE, pages: [withPort(readFileSync(join(ROOT, PAGE), 'utf8'), port)], folder, environment: environmentFor(port), atEnd })
  process.stdout.write(`\nThe tutorial holds (${Math.round((Date.now() - began) / 1000)} s).\n`)
})
