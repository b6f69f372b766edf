/**
 * Tries `examples/` against a server of its own with the demo data (`npm run examples`, or `npm run examples -- partner` for some of them): installs each from its lock file, compares what is generated
 * with what the server says, checks its types, builds it, and runs its tests; those of front ends in headless Chromium, which CHROMIUM names. Exits 1 where anything does not hold.
 */
import { spawn } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { inFolder } from './live/in-folder.mjs'
import { ADMIN, signIn, startServer } from './live/server.mjs'

const EXAMPLES = fileURLToPath(new URL('../examples/', import.meta.url))
/** Milliseconds that one command may take. */
const LONGEST = 600_000

/** What is done with each example besides `npm ci` and `npm test`. Each is copied alone, so what two of them need stands in both: `shared`. */
const STEPS = {
  partner: [],
  'react-apollo': [{ run: 'codegen', leaves: 'src/generated' }, { run: 'build' }],
  relay: [{ run: 'schema' }, { run: 'relay', leaves: 'src/__generated__' }, { run: 'build' }],
}
const SHARED = ['src/session/session.ts', 'src/session/sign-in-form.tsx', 'src/ui/styles.css']

const wanted = process.argv.slice(2)
const names = Object.keys(STEPS).filter((name) => wanted.length === 0 || wanted.includes(name))
const unknown = wanted.filter((name) => !(name in STEPS))
if (unknown.length > 0) throw new Error(`There is no example ${unknown.join(', ')}; there are ${Object.keys(STEPS).join(', ')}.`)

/** Commands that have not come to their end. */
const running = new Set()
/** Ends a command with all that it has started. */
const kill = (child) => process.kill(-child.pid, 'SIGKILL')

/** A command to its end. Its output is shown as it comes, or where it fails. */
async function run(cwd, args, env, { quiet = false } = {}) {
  const child = spawn('npm', args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true })
  let printed = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => {
      printed += text
      if (!quiet) process.stdout.write(text)
    })
  }
  running.add(child)
  const timer = setTimeout(kill, LONGEST, child)
  const code = await new Promise((resolve) => child.once('close', resolve))
  clearTimeout(timer)
  running.delete(child)
  if (code === 0) return
  if (quiet) process.stdout.write(printed)
  throw new Error(`npm ${args.join(' ')} failed in ${cwd}`)
}

const contents = (folder) => new Map(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), 'utf8')]))

/** Runs a step; what it leaves must be what is there already. */
async function take(folder, env, { run: script, leaves }) {
  const before = leaves && contents(join(folder, leaves))
  await run(folder, ['run', '--silent', script], env, { quiet: true })
  if (!before) return
  const after = contents(join(folder, leaves))
  const changed = [...new Set([...before.keys(), ...after.keys()])].filter((name) => before.get(name) !== after.get(name))
  if (changed.length > 0) throw new Error(`${join(folder, leaves)} was not up to date: ${changed.join(', ')}. It is now; look at it and commit it.`)
}

function compareShared() {
  for (const path of SHARED) {
    const [one, other] = ['react-apollo', 'relay'].map((name) => readFileSync(join(EXAMPLES, name, path), 'utf8'))
    if (one !== other) throw new Error(`${path} of examples/react-apollo and of examples/relay differ.`)
  }
}

await inFolder('examples', async (folder, atEnd) => {
  const began = Date.now()
  const lasted = () => `${Math.round((Date.now() - began) / 1000)} s`
  atEnd(() => running.forEach(kill))
  compareShared()
  const { NODE_OPTIONS: _, NODE_TEST_CONTEXT: __, GUANXI_TOKEN: ___, ...rest } = process.env
  const install = (name) => run(join(EXAMPLES, name), ['ci', '--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund'], rest, { quiet: true })
  const [server] = await Promise.all([startServer(folder, atEnd), ...names.map(install)])
  process.stdout.write(`A server runs, and ${names.length} examples are installed (${lasted()}).\n`)
  // What tests leave behind that are cut off goes with the folder.
  const temporary = join(folder, 'temporary')
  mkdirSync(temporary)
  const access = { GUANXI_URL: server.url, GUANXI_ADMIN_PASSWORD: ADMIN.password, GUANXI_DEMO_PASSWORD: server.password, TMPDIR: temporary }
  for (const name of names) {
    process.stdout.write(`\n${name}\n`)
    const env = { ...rest, ...access, GUANXI_TOKEN: await signIn(server.url, ADMIN.email, ADMIN.password) }
    for (const step of STEPS[name]) await take(join(EXAMPLES, name), env, step)
    await run(join(EXAMPLES, name), ['test', '--silent'], env)
  }
  process.stdout.write(`\n${names.length} examples hold (${lasted()}).\n`)
})
