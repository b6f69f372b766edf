/** Where a page is followed: a folder, an environment without the settings of whoever runs this, and a port. */
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs'
import { createServer } from 'node:net'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const ROOT = fileURLToPath(new URL('../..', import.meta.url))
/** Port that pages name. */
const PORT = '4000'
/** What would lead the server of a page elsewhere. */
const SETTINGS = [
  ...['DATABASE_URL', 'TEST_DATABASE_URL', 'REDIS_URL', 'DATA_DIR', 'HOST', 'PORT', 'NODE_ENV', 'DEMO', 'PLUGINS', 'PLUGIN_PATHS'],
  ...['ADMIN_EMAIL', 'ADMIN_PASSWORD', 'DEMO_PASSWORD', 'GUANXI_SECRET', 'GUANXI_ROLE', 'NODE_OPTIONS', 'NODE_TEST_CONTEXT', 'LOG_LEVEL'],
]

/** The environment of a page: that of this process, without settings of the product, and with the port where it is not the page's own. */
export function environmentFor(port) {
  const kept = Object.entries(process.env).filter(([name]) => !SETTINGS.includes(name))
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

/** The checkout as it is now, copied into a folder: what git tracks or would track, and the packages that are installed. */
export function copyCheckout(folder) {
  const { status, stdout } = spawnSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: ROOT, encoding: 'utf8' })
  if (status !== 0) throw new Error('git does not list the files of this checkout')
  const here = new Set(readdirSync(ROOT))
  for (const file of stdout.split('\0').filter((name) => here.has(name.split('/')[0]))) {
    mkdirSync(dirname(join(folder, file)), { recursive: true })
    cpSync(join(ROOT, file), join(folder, file), { force: true })
  }
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
}
