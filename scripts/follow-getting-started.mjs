/**
 * Follows docs/getting-started.md, and the queries of README.md, to the letter: in a copy of this checkout, each with a database of its own (scripts/pages). Exits 1 at the first difference.
 *
 * `node scripts/follow-getting-started.mjs`
 */
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { inFolder } from './live/in-folder.mjs'
import { followPage } from './pages/follow.mjs'
import { sectionOf } from './pages/page.mjs'
import { choosePort, copyCheckout, environmentFor, ROOT, withPort } from './pages/place.mjs'

const read = (path) => readFileSync(join(ROOT, path), 'utf8')
const README = read('README.md')

const PAGES = [
  { name: 'docs/getting-started.md', parts: [read('docs/getting-started.md')] },
  // Its start is no block of its own, and what follows goes on in one shell.
  {
    name: 'README.md',
    parts: ['A first query', 'A plugin'].map((heading) => sectionOf(README, heading)),
    server: 'npm start',
    ready: 'Guanxi … is ready after … s.',
  },
]

await inFolder('getting-started', async (folder, atEnd) => {
  const began = Date.now()
  copyCheckout(folder)
  for (const { parts, ...page } of PAGES) {
    const port = await choosePort()
    await followPage({ ...page, pages: parts.map((text) => withPort(text, port)), folder, environment: environmentFor(port), atEnd })
    // The next one begins with nothing but what is built.
    for (const name of ['.guanxi', 'first-hour']) rmSync(join(folder, name), { recursive: true, force: true, maxRetries: 5 })
  }
  process.stdout.write(`\nThe first hour and the README hold (${Math.round((Date.now() - began) / 1000)} s).\n`)
})
