/**
 * Compiles src, joins the outcome to the few files of dist (bundle.mjs), and packs explorer to dist/explorer, when something changed since the last time: `node scripts/build.mjs`. Nothing to do
 * costs some milliseconds.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { canBuildExplorer } from './build-explorer.mjs'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const STAMP = join(ROOT, 'dist', '.built')
/** What the compiler writes, a file for each source; declarations alone go to dist at once. */
const COMPILED = join(ROOT, '.guanxi', 'build')
/** What decides about the outcome, besides the sources. */
const SETTINGS = ['tsconfig.json', 'package.json', 'scripts/build.mjs', 'scripts/bundle.mjs'].map((file) => join(ROOT, file))
const EXPLORER_STAMP = join(ROOT, 'dist', 'explorer', 'index.html')
/** Holds the id of the process that builds; beside `dist`, which is removed as a whole before packing. */
const LOCK = join(ROOT, '.guanxi', 'building')

/** Newest change below a folder, folders included, so that removed files count too. Milliseconds since the epoch. */
function newest(folder) {
  let latest = statSync(folder).mtimeMs
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    latest = Math.max(latest, entry.isDirectory() ? newest(path) : statSync(path).mtimeMs)
  }
  return latest
}

function isCurrent() {
  return !existsSync(join(ROOT, 'src')) || (isCompiled() && isPacked())
}

function isCompiled() {
  return existsSync(join(ROOT, 'dist', 'main.js')) && isNewer(STAMP, ...SETTINGS, join(ROOT, 'src'))
}

/** Where the explorer's packages are not installed there is nothing to do. */
function isPacked() {
  const sources = [join(ROOT, 'explorer'), join(ROOT, 'package.json'), join(ROOT, 'scripts', 'build-explorer.mjs')]
  return sources.some((path) => !existsSync(path)) || isNewer(EXPLORER_STAMP, ...sources) || !canBuildExplorer()
}

/** Whether the file is there, and younger than each of the sources. */
function isNewer(file, ...sources) {
  if (!existsSync(file)) return false
  const built = statSync(file).mtimeMs
  return sources.every((path) => (statSync(path).isDirectory() ? newest(path) : statSync(path).mtimeMs) < built)
}

/** Compiles where needed. Ends the process with the compiler's messages where that fails. */
export function buildIfNeeded() {
  if (isCurrent()) return
  const compiler = findCompiler()
  if (compiler === undefined) {
    // Installed without development packages: what was built before is used.
    if (existsSync(join(ROOT, 'dist', 'main.js'))) return
    process.stderr.write('guanxi: the sources are not built and the compiler is not installed; run npm ci and npm run build.\n')
    process.exit(1)
  }
  // Half a minute without a word looks like a fault to who waits at a terminal; what programs read stays as it is.
  if (process.stderr.isTTY) process.stderr.write('Building the server …\n')
  alone(() => {
    if (!isCurrent()) build(compiler)
  })
}

/** Another process that builds at the same time is waited for: half a file must not be loaded by anybody. */
function alone(work) {
  mkdirSync(dirname(LOCK), { recursive: true })
  for (;;) {
    try {
      writeFileSync(LOCK, String(process.pid), { flag: 'wx' })
      break
    } catch (error) {
      if (error.code !== 'EEXIST') throw error
      if (isHeld()) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100)
      else rmSync(LOCK, { force: true })
    }
  }
  try {
    work()
  } finally {
    rmSync(LOCK, { force: true })
  }
}

/** False where whoever holds the lock has ended without letting it go. */
function isHeld() {
  try {
    const pid = Number(readFileSync(LOCK, 'utf8'))
    // It has not been written yet.
    if (pid === 0) return Date.now() - statSync(LOCK).mtimeMs < 1_000
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error.code === 'EPERM'
  }
}

function build(compiler) {
  if (!isCompiled()) compile(compiler)
  // In a process of its own: what packs leaves a helper running for as long as this one lives, and this one may go on to serve.
  if (!isPacked()) run([join(ROOT, 'scripts', 'build-explorer.mjs')])
}

function compile(compiler) {
  const started = new Date()
  // The compiler skips what it has written before; when that was deleted, it must not.
  if (!existsSync(join(ROOT, 'dist', 'main.d.ts'))) rmSync(join(COMPILED, '.tsbuildinfo'), { force: true })
  run([compiler, '-p', ROOT])
  run([join(ROOT, 'scripts', 'bundle.mjs')])
  mkdirSync(dirname(STAMP), { recursive: true })
  writeFileSync(STAMP, '')
  // A file that was saved while the compiler ran counts as changed.
  utimesSync(STAMP, started, started)
}

/** Runs a step in a process of its own. What it complains of is printed where it fails, and ends this process. */
function run(command) {
  const { status, stdout, stderr } = spawnSync(process.execPath, command, { cwd: ROOT, encoding: 'utf8' })
  if (status === 0) return
  process.stderr.write(`${stdout}${stderr}guanxi: the sources do not compile; see the lines above.\n`)
  rmSync(LOCK, { force: true })
  process.exit(1)
}

function findCompiler() {
  try {
    return join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin', 'tsc')
  } catch {
    return undefined
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  // A package must not hold what removed sources left in dist.
  if (process.argv.includes('--clean')) rmSync(join(ROOT, 'dist'), { recursive: true, force: true })
  buildIfNeeded()
}
