/** Where a page is followed: an environment without the settings of whoever runs this, a port, and a copy of the checkout. */
import { cpSync, readdirSync, symlinkSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import '../typescript.mjs'

const { SETTINGS } = await import('../../src/config/settings.ts')

export const ROOT = fileURLToPath(new URL('../..', import.meta.url))
/** Port that pages name. */
const PORT = '4000'
/** What would make the server of a page another one. */
const SETTING_NAMES = new Set([...SETTINGS.map(({ name }) => name), 'TEST_DATABASE_URL', 'NODE_OPTIONS', 'NODE_TEST_CONTEXT'])
/** What a clone does not hold. */
const NOT_COPIED = new Set(['node_modules', 'dist', 'coverage', '.guanxi', '.git', '.env', 'first-hour'])

/** The environment of a page: that of this process, without settings of the product, and with the port where it is not the page's own. */
export function environmentFor(port) {
  const kept = Object.entries(process.env).filter(([name]) => !SETTING_NAMES.has(name))
  return { ...Object.fromEntries(kept), FORCE_COLOR: '0', NO_COLOR: '1', ...(port !== PORT && { PORT: port }) }
}

/** The page as it is followed on this port. */
export const withPort = (page, port) => page.replaceAll(`127.0.0.1:${PORT}`, `127.0.0.1:${port}`)

/** The port that pages name, or another one where that is taken on this machine. */
export async function choosePort() {
  return (await listenOn(Number(PORT))) ?? listenOn(0)
}

function listenOn(wanted) {
  const server = createServer()
  return new Promise((answer) => {
    server.once('error', () => answer(undefined))
    server.listen(wanted, '127.0.0.1', () => {
      const { port } = server.address()
      server.close(() => answer(String(port)))
    })
  })
}

/** The checkout as it is now, copied into a folder, without what was built, and with the packages that are installed. */
export function copyCheckout(folder) {
  for (const name of readdirSync(ROOT).filter((entry) => !NOT_COPIED.has(entry))) cpSync(join(ROOT, name), join(folder, name), { recursive: true })
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
}
