/**
 * Tries the product as those get it who install it (`npm run package:test`): packs it, looks at what is in the package, installs it into an empty folder, and starts it there with a data directory of its own. Prints a line
 * for each thing that holds, and exits 1 at the first that does not.
 */
import { deepStrictEqual, match, ok, strictEqual } from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { inFolder } from './live/in-folder.mjs'
import { ADMIN, addressIn, ask, signIn } from './live/server.mjs'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
/** Milliseconds for the first start, which makes a database and loads the demo data. */
const PATIENCE = 240_000
const LARGEST = { packed: 4_500_000, unpacked: 12_000_000 }

const NEEDED = [
  'package.json',
  'README.md',
  'CHANGELOG.md',
  'LICENSE',
  'NOTICE',
  'bin/guanxi.js',
  'dist/main.js',
  'dist/explorer/index.html',
  'dist/plugins/api/index.js',
  'dist/testing/index.js',
]
/** All that a package may hold. */
const ALLOWED = [
  /^(package\.json|README(\.[\w-]+)?\.md|CHANGELOG\.md|LICENSE|NOTICE)$/,
  /^bin\/guanxi\.js$/,
  /^dist\/.+\.(js|d\.ts)$/,
  /^dist\/explorer\/.+$/,
  /^dist\/third-party-licenses\.txt$/,
  /^assets\/.+$/,
]
const UNWANTED = [/\.map$/, /(^|\/)\.(built|env|git|DS_Store)/, /^(?!assets\/plugin-template\/).*(^|[./-])tests?([./]|$)/]

const holds = (what) => process.stdout.write(`ok: ${what}\n`)

function run(command, args, options) {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8', maxBuffer: 1 << 28, ...options })
  strictEqual(status, 0, `${command} ${args.join(' ')} ended with ${status}: ${stdout}${stderr}`)
  return stdout
}

function pack(folder) {
  const out = run('npm', ['pack', '--json', '--pack-destination', folder], { cwd: ROOT })
  const [{ filename, size, unpackedSize, files }] = JSON.parse(out.slice(out.indexOf('[\n')))
  const paths = files.map(({ path }) => path)
  for (const path of NEEDED) ok(paths.includes(path), `the package has no ${path}`)
  deepStrictEqual(
    paths.filter((path) => !ALLOWED.some((allowed) => allowed.test(path)) || UNWANTED.some((unwanted) => unwanted.test(path))),
    [],
    'the package holds what nobody needs',
  )
  ok(size <= LARGEST.packed && unpackedSize <= LARGEST.unpacked, `the package is larger than it was meant to be: ${size} bytes, unpacked ${unpackedSize}`)
  holds(`${paths.length} files, ${(size / 1e6).toFixed(1)} MB, unpacked ${(unpackedSize / 1e6).toFixed(1)} MB, and none that nobody needs`)
  return join(folder, filename)
}

/** No file tells where it was made. */
function refusePaths(folder) {
  // A shorter one, such as /app, may stand in a text by itself.
  const places = [ROOT.replace(/\/$/, ''), homedir()].filter((place) => place.length > '/root'.length)
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    const path = join(folder, name)
    if (!statSync(path).isFile() || name.startsWith('node_modules')) continue
    const text = readFileSync(path, 'latin1')
    for (const place of places) ok(!text.includes(place), `${name} names a folder of the machine that packed it`)
  }
  holds('no file names a folder of this machine')
}

/** `npx guanxi start` in the folder; gives its address when it has printed it. `stop` ends the one that serves, and answers how `npx` ended then; `atEnd` stops it too. */
async function start(folder, environment, atEnd) {
  const child = spawn('npx', ['guanxi', 'start'], { cwd: folder, env: environment, stdio: ['ignore', 'pipe', 'pipe'] })
  let printed = ''
  let failed = ''
  child.stdout.setEncoding('utf8').on('data', (text) => (printed += text))
  child.stderr.setEncoding('utf8').on('data', (text) => (failed += text))
  const ended = new Promise((resolve) => child.once('exit', (code, signal) => resolve({ code, signal })))
  const isOver = () => child.exitCode !== null || child.signalCode !== null
  const stop = () => {
    if (!isOver()) process.kill(serverOf(child.pid) ?? child.pid, 'SIGTERM')
    return Promise.race([ended, delay(60_000, 'still running', { ref: false })])
  }
  atEnd(stop)
  for (const deadline = Date.now() + PATIENCE; ; await delay(50)) {
    const url = addressIn(printed)
    if (url !== undefined) return { url, stop }
    if (isOver() || Date.now() > deadline) throw new Error(`the server did not start: ${printed}${failed}`)
  }
}

/** Processes of this machine: `[id, parent, command]`. */
function processes() {
  if (existsSync('/proc/self/stat')) {
    return readdirSync('/proc').flatMap((id) => {
      try {
        const [, parent] = /\) \S (\d+)/.exec(readFileSync(`/proc/${id}/stat`, 'utf8'))
        return [[id, parent, readFileSync(`/proc/${id}/cmdline`, 'utf8').replaceAll('\0', ' ').trim()]]
      } catch {
        return []
      }
    })
  }
  const lines = run('ps', ['-A', '-o', 'pid=,ppid=,args=']).split('\n')
  return lines.flatMap((line) => [/^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line)?.slice(1) ?? []])
}

/** The process that serves, since `npx` itself does not hand signals on; undefined where there is none. */
function serverOf(parent) {
  const all = processes()
  const below = (id) => all.filter((row) => row[1] === String(id)).flatMap((row) => [row, ...below(row[0])])
  const found = below(parent).find(([, , command]) => /^\S*node\S*\s.*guanxi\S* start$/.test(command))
  return found && Number(found[0])
}

async function tryServer({ url }) {
  strictEqual((await fetch(`${url}/health`)).status, 200)
  const token = await signIn(url, ADMIN.email, ADMIN.password)
  const { accounts } = await ask(url, '{ accounts(first: 1, orderBy: [{name: ASC}]) { totalCount nodes { name } } }', token)
  deepStrictEqual(accounts, { totalCount: 120, nodes: [{ name: 'Alfreds Futterkiste' }] })
  holds('it starts, answers /health, signs the administrator in, and answers a query')
  const page = await fetch(`${url}/graphql`, { headers: { accept: 'text/html' } })
  match(page.headers.get('content-type'), /^text\/html/)
  const files = [...(await page.text()).matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path]) => path)
  ok(files.length > 1, 'the page of the explorer names no files')
  for (const path of files) strictEqual((await fetch(new URL(path, `${url}/graphql`))).status, 200, `${path} of the explorer is not there`)
  holds(`/graphql gives browsers the explorer, with all ${files.length} files that its page names`)
}

await inFolder('package', async (folder, atEnd) => {
  const packed = pack(folder)
  const place = join(folder, 'empty')
  mkdirSync(place)
  writeFileSync(join(place, 'package.json'), '{"private": true}\n')
  const { DATABASE_URL: _, REDIS_URL: __, NODE_OPTIONS: ___, ...rest } = process.env
  run('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error', packed], { cwd: place, env: rest })
  holds('it is installed into an empty folder')
  refusePaths(join(place, 'node_modules', 'guanxi'))
  const environment = { ...rest, PORT: '0', DATA_DIR: 'data', ADMIN_PASSWORD: ADMIN.password, LOG_LEVEL: 'warn' }
  const guanxi = (...args) => run('npx', ['guanxi', ...args], { cwd: place, env: environment })
  match(guanxi('--help'), /Usage: guanxi[\s\S]*start[\s\S]*doctor/)
  strictEqual(guanxi('--version').trim(), JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).version)
  holds('npx guanxi --help and --version answer')
  const server = await start(place, environment, atEnd)
  await tryServer(server)
  deepStrictEqual(await server.stop(), { code: 0, signal: null })
  holds('SIGTERM ends it with exit code 0')
  ok(statSync(join(place, 'data', 'secret')).isFile())
  match(guanxi('doctor'), /^ok/m)
  holds('npx guanxi doctor finds nothing wrong')
})
