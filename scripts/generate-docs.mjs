/**
 * Writes the references that are derived from code (`npm run docs`). With `--check` it writes nothing and exits 1 where a file on
 * disk differs.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import './typescript.mjs'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..')

/** docs/errors.md out of the error catalogue. */
async function errorsReference() {
  const { ERROR_CODES } = await import('../src/errors/codes.ts')
  const rows = Object.entries(ERROR_CODES).map(
    ([code, { status, retryable, meaning }]) => `| \`${code}\` | ${status} | ${retryable ? 'yes' : 'no'} | ${meaning} |`,
  )
  return `# Errors

Generated from \`src/errors/codes.ts\` by \`npm run docs\`.

Every error carries one of these codes in \`extensions.code\`, with \`requestId\` and \`retryable\`. The status applies where the whole
request fails before it is executed; an error of a single field comes with status 200. "Retry" means that the same request may
succeed when it is sent again later.

| code | status | retry | meaning |
|---|---|---|---|
${rows.join('\n')}
`
}

/** docs/configuration.md out of the table of settings. */
async function configurationReference() {
  const { SETTINGS } = await import('../src/config/settings.ts')
  const rows = SETTINGS.map(({ name, meaning, accepts, fallback, secret, requiredInProduction }) => {
    const notes = [secret && 'Never printed.', requiredInProduction && 'Required in production.'].filter(Boolean)
    return `| \`${name}\` | ${[meaning, ...notes].join(' ')} | ${accepts} | ${fallback} |`
  })
  return `# Configuration

Generated from \`src/config/settings.ts\` by \`npm run docs\`.

Every setting is an environment variable, read once at start. An empty variable counts as not set. A value that cannot be used stops the
start with one line that names the variable.

| variable | meaning | accepts | when not set |
|---|---|---|---|
${rows.join('\n')}
`
}

const FILES = { 'docs/configuration.md': configurationReference, 'docs/errors.md': errorsReference }

let stale = 0
for (const [path, make] of Object.entries(FILES)) {
  const file = resolve(root, path)
  const text = await make()
  if (!process.argv.includes('--check')) {
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, text)
  } else if (read(file) !== text) {
    stale += 1
    process.stderr.write(`${path} is out of date; run: npm run docs\n`)
  }
}
process.exitCode = stale > 0 ? 1 : 0

function read(file) {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return null
  }
}
