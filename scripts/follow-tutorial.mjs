/**
 * Follows docs/plugins/tutorial.md to the letter, from a packed product in an empty folder: runs its commands, writes its files, compares its answers. Exits 1 at the first difference. The page's
 * fenced blocks say by their first line what they are: `sh` is run, `sh background` runs to the end, `text prints` must be among what the last one has printed, `json answers` must be all of it, and
 * any other with a path is a file. `…` stands for anything.
 *
 * `node scripts/follow-tutorial.mjs [folder]`: uses the folder, which must be empty, and leaves it there.
 */
import { spawn, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const PAGE = join(ROOT, 'docs', 'plugins', 'tutorial.md')
const PORT = '4000'
/** Milliseconds that what runs in the background gets to print what the page says, and that one command may take. */
const PATIENCE = 120_000
const LONGEST = 600_000

/** Blocks of the page: `{kind, path, text, line}`. */
function blocksOf(page) {
  const blocks = []
  for (const match of page.matchAll(/^```(\w+)(?: (\S+))?\n([\s\S]*?)^```$/gm)) {
    const [, language, word, text] = match
    const line = page.slice(0, match.index).split('\n').length
    blocks.push({ language, word, text, line })
  }
  return blocks
}

/** One bash that all commands are typed into, so that its folder and variables stay. */
function openShell(folder, environment) {
  const shell = spawn('bash', ['--noprofile', '--norc'], { cwd: folder, env: environment, stdio: ['pipe', 'pipe', 'pipe'], detached: true })
  let output = ''
  const hear = (data) => {
    output += data
    process.stdout.write(data)
  }
  shell.stdout.setEncoding('utf8').on('data', hear)
  shell.stderr.setEncoding('utf8').on('data', (data) => process.stderr.write(data))
  let count = 0
  return {
    /** What the commands have printed. Throws where one of them fails. */
    run: async (text) => {
      count += 1
      const mark = `--tutorial-${process.pid}-${count}--`
      output = ''
      shell.stdin.write(`set -e\n${text}set +e\nprintf '\\n%s\\n%s\\n' '${mark}' "$PWD"\n`)
      const end = new RegExp(`\\n${mark}\\n(.*)\\n`)
      for (const deadline = Date.now() + LONGEST; !end.test(output); await delay(20)) {
        if (shell.exitCode !== null) throw new Error('a command failed; see above')
        if (Date.now() > deadline) throw new Error(`a command takes longer than ${LONGEST / 1000} s`)
      }
      const [whole, directory] = end.exec(output)
      return { printed: output.replace(whole, ''), directory }
    },
    close: () => {
      if (shell.exitCode === null) process.kill(-shell.pid, 'SIGKILL')
    },
  }
}

/** A command that runs until the end, in the folder that the others have come to. */
function runBeside(text, directory, environment) {
  const child = spawn('bash', ['--noprofile', '--norc', '-c', `exec ${text.trim()}`], {
    cwd: directory,
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  const state = { output: '', over: false }
  const hear = (data) => {
    state.output += data
    process.stdout.write(data)
  }
  child.stdout.setEncoding('utf8').on('data', hear)
  child.stderr.setEncoding('utf8').on('data', hear)
  const ended = new Promise((resolve) => child.once('exit', resolve))
  ended.then(() => {
    state.over = true
  })
  return {
    state,
    stop: async () => {
      // As Ctrl-C does it: to all that the terminal runs.
      if (!state.over) process.kill(-child.pid, 'SIGINT')
      await Promise.race([ended, delay(20_000, undefined, { ref: false })])
    },
  }
}

const escaped = (text) => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&').replaceAll('…', '.*')

/** The first line that is not among what was printed, in their order; undefined where all are. Test runners mark their lines each in its own way. */
function missingLine(expected, printed) {
  let rest = printed
  for (const line of expected.split('\n').filter(Boolean)) {
    const pattern = new RegExp(`${escaped(line).replace(/^# (pass|fail)/, '(?:#|ℹ) $1')}[ \\t]*$`, 'm')
    const match = pattern.exec(rest)
    if (!match) return line
    rest = rest.slice(match.index + match[0].length)
  }
  return undefined
}

/** Where two values differ, as a path; undefined where they are the same. */
function difference(expected, actual, path = 'answer') {
  if (expected === '…') return actual === undefined ? path : undefined
  if (typeof expected !== 'object' || expected === null || typeof actual !== 'object' || actual === null) return Object.is(expected, actual) ? undefined : path
  for (const key of new Set([...Object.keys(expected), ...Object.keys(actual)])) {
    const found = difference(expected[key], actual[key], `${path}.${key}`)
    if (found !== undefined) return found
  }
  return undefined
}

async function isFree(port) {
  const server = createServer()
  return new Promise((answer) => {
    server.once('error', () => answer(false))
    server.listen(port, '127.0.0.1', () => server.close(() => answer(true)))
  })
}

async function freePort() {
  const server = createServer()
  return new Promise((answer) => {
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address()
      server.close(() => answer(String(port)))
    })
  })
}

async function follow(folder) {
  // Where the page's port is taken on this machine, another one stands for it.
  const port = (await isFree(Number(PORT))) ? PORT : await freePort()
  const page = readFileSync(PAGE, 'utf8').replaceAll(`127.0.0.1:${PORT}`, `127.0.0.1:${port}`)
  const { NODE_OPTIONS: _, NODE_TEST_CONTEXT: __, ...rest } = process.env
  const environment = { ...rest, FORCE_COLOR: '0', NO_COLOR: '1', ...(port !== PORT && { PORT: port }) }
  for (const name of ['DATABASE_URL', 'TEST_DATABASE_URL', 'REDIS_URL']) delete environment[name]
  const packed = spawnSync('npm', ['pack', '--silent', '--pack-destination', folder], { cwd: ROOT, stdio: ['ignore', 'ignore', 'inherit'] })
  if (packed.status !== 0) throw new Error('the product could not be packed')
  const shell = openShell(folder, environment)
  const beside = []
  let directory = folder
  let printed = ''
  let background
  try {
    for (const { language, word, text, line } of blocksOf(page)) {
      try {
        if (language === 'sh' && word === 'background') {
          background = runBeside(text, directory, environment)
          beside.push(background)
        } else if (language === 'sh') {
          background = undefined
          ;({ printed, directory } = await shell.run(text))
        } else if (word === 'prints') await compareText(text, background, printed)
        else if (word === 'answers') {
          const where = difference(JSON.parse(text), JSON.parse(printed))
          if (where !== undefined) throw new Error(`the answer differs at ${where}: ${printed}`)
        } else if (word !== undefined) {
          mkdirSync(dirname(join(directory, word)), { recursive: true })
          writeFileSync(join(directory, word), text)
        }
      } catch (error) {
        throw new Error(`docs/plugins/tutorial.md:${line}: ${error.message}`)
      }
    }
  } finally {
    for (const each of beside) await each.stop()
    shell.close()
  }
}

async function compareText(text, background, printed) {
  if (!background) {
    const missing = missingLine(text, printed)
    if (missing !== undefined) throw new Error(`nothing was printed like: ${missing}`)
    return
  }
  for (const deadline = Date.now() + PATIENCE; missingLine(text, background.state.output) !== undefined; await delay(50)) {
    if (background.state.over || Date.now() > deadline) throw new Error(`nothing was printed like: ${missingLine(text, background.state.output)}`)
  }
}

const [given] = process.argv.slice(2)
const folder = given ? resolve(given) : mkdtempSync(join(tmpdir(), 'guanxi-tutorial-'))
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
