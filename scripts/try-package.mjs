/**
 * Tries the product as those get it who install it (`npm run package:test`): packs it, looks at what is in the package, installs it into an empty folder, and starts it there with a data directory of its own. Prints a line
 * for each thing that holds, and exits 1 at the first that does not.
 */
import { deepStrictEqual, match, ok, strictEqual } from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

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
  const places = [ROOT.replace(/\/$/, ''), homedir()].filter((place) => place.length > '/root'.length || place === ROOT)
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    const path = join(folder, name)
    if (!statSync(path).isFile() || name.startsWith('node_modules')) continue
    const text = readFileSync(path, 'latin1')
    for (const place of places) ok(!text.includes(place), `${name} names a folder of the machine that packed it`)
  }
  holds('no file names a folder of this machine')
}

/** `npx guanxi start` in the folder; gives its address when it has printed it. */
async function start(folder, environment) {
  const child = spawn('npx', ['guanxi', 'start'], { cwd: folder, env: environment, stdio: ['ignore', 'pipe', 'pipe'] })
  let printed = ''
  let failed = ''
  child.stdout.setEncoding('utf8').on('data', (text) => (printed += text))
  child.stderr.setEncoding('utf8').on('data', (text) => (failed += text))
  const ended = new Promise((resolve) => child.once('exit', (code, signal) => resolve({ code, signal })))
  const server = { child, ended, url: '' }
  for (const deadline = Date.now() + PATIENCE; server.url === ''; await delay(50)) {
    if (child.exitCode !== null || Date.now() > deadline) throw Object.assign(new Error(`the server did not start: ${printed}${failed}`), { child })
    server.url = /API\s+(http:\/\/\S+)\/graphql/.exec(printed)?.[1] ?? ''
  }
  return server
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

/** The process that serves: `npx` itself does not hand signals on. */
function serverOf(parent) {
  const all = processes()
  const below = (id) => all.filter((row) => row[1] === String(id)).flatMap((row) => [row, ...below(row[0])])
  const found = below(parent).find(([, , command]) => /^\S*node\S*\s.*guanxi\S* start$/.test(command))
  ok(found, 'no process serves below npx')
  return Number(found[0])
}

async function ask(url, query, token) {
  const headers = { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) }
  const answer = await fetch(`${url}/graphql`, { method: 'POST', headers, body: JSON.stringify({ query }) })
  const { data, errors } = await answer.json()
  strictEqual(errors, undefined, `${query} was answered by ${JSON.stringify(errors)}`)
  return data
}

async function tryServer({ url }, password) {
  strictEqual((await fetch(`${url}/health`)).status, 200)
  const { signIn } = await ask(url, `mutation { signIn(input: {email: "admin@guanxi.local", password: "${password}"}) { accessToken } }`)
  const { accounts } = await ask(url, '{ accounts(first: 1, orderBy: [{name: ASC}]) { totalCount nodes { name } } }', signIn.accessToken)
  deepStrictEqual(accounts, { totalCount: 120, nodes: [{ name: 'Alfreds Futterkiste' }] })
  holds('it starts, answers /health, signs the administrator in, and answers a query')
  const page = await fetch(`${url}/graphql`, { headers: { accept: 'text/html' } })
  match(page.headers.get('content-type'), /^text\/html/)
  const files = [...(await page.text()).matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path]) => path)
  ok(files.length > 1, 'the page of the explorer names no files')
  for (const path of files) strictEqual((await fetch(new URL(path, `${url}/graphql`))).status, 200, `${path} of the explorer is not there`)
  holds(`/graphql gives browsers the explorer, with all ${files.length} files that its page names`)
}

async function tryPackage(folder) {
  const packed = pack(folder)
  const place = join(folder, 'empty')
  mkdirSync(place)
  writeFileSync(join(place, 'package.json'), '{"private": true}\n')
  const { DATABASE_URL: _, REDIS_URL: __, NODE_OPTIONS: ___, ...rest } = process.env
  run('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error', packed], { cwd: place, env: rest })
  holds('it is installed into an empty folder')
  refusePaths(join(place, 'node_modules', 'guanxi'))
  const environment = { ...rest, PORT: '0', DATA_DIR: 'data', ADMIN_PASSWORD: 'an administrator of tests', LOG_LEVEL: 'warn' }
  const guanxi = (...args) => run('npx', ['guanxi', ...args], { cwd: place, env: environment })
  match(guanxi('--help'), /Usage: guanxi[\s\S]*start[\s\S]*doctor/)
  strictEqual(guanxi('--version').trim(), JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).version)
  holds('npx guanxi --help and --version answer')
  const server = await start(place, environment)
  try {
    await tryServer(server, environment.ADMIN_PASSWORD)
  } finally {
    process.kill(serverOf(server.child.pid), 'SIGTERM')
  }
  deepStrictEqual(await Promise.race([server.ended, delay(60_000, 'still running')]), { code: 0, signal: null })
  holds('SIGTERM ends it with exit code 0')
  ok(statSync(join(place, 'data', 'secret')).isFile())
  match(guanxi('doctor'), /^ok/m)
  holds('npx guanxi doctor finds nothing wrong')
}

const folder = mkdtempSync(join(tmpdir(), 'guanxi-package-'))
// PostgreSQL's user must pass.
chmodSync(folder, 0o755)
try {
  await tryPackage(folder)
} catch (error) {
  process.stderr.write(`\n${error.message}\n`)
  if (error.child?.exitCode === null) error.child.kill('SIGTERM')
  process.exitCode = 1
} finally {
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
}
