/**
 * Regular expressions that a chosen text makes slow, as a lint: `node scripts/lint-regular-expressions.mjs [folder with src] [--all]`. Prints each literal below src/ whose time grows faster than the
 * length of the text, and exits 1 where there is one. Those that were found safe before are listed in linear-expressions.json and not judged again (judging takes a second each); `--all`
 * judges all of them and writes the list. Expressions that are put together while the program runs are listed in PUT_TOGETHER with what goes into them.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseSync } from '@swc/core'

process.env.RECHECK_SYNC_BACKEND = 'pure'
const { checkSync } = await import('recheck')

const LEDGER = fileURLToPath(new URL('./linear-expressions.json', import.meta.url))
/** Milliseconds. Bounded repetitions take long to judge. */
const PATIENCE = 60_000

/** Files that make expressions, and what of. Patterns of people are matched by RE2 (lib/linear-pattern.ts), never by these. */
const PUT_TOGETHER = {
  'cli/plugin/lint-rights.ts': 'names of a plugin under check',
  'cli/plugin/names.ts': 'prefix of a plugin under check',
  'lib/email-address.ts': 'constants of the same file',
  'plugins/host/check-definition.ts': 'prefix of a manifest, a plain name',
  'records/database-loss.ts': 'constants of the same file',
  'records/read/page.ts': 'aliases that the planner makes',
  'schema/execute/read-records.ts': 'constants of the same file',
  'schema/execute/sensitive-reads.ts': 'constants of the same file',
  'schema/push/prepare-changes.ts': 'names of GraphQL variables',
}

const args = process.argv.slice(2)
const all = args.includes('--all')
const source = join(resolve(args.find((arg) => arg !== '--all') ?? fileURLToPath(new URL('..', import.meta.url))), 'src')
const ledger = new Set(JSON.parse(readFileSync(LEDGER, 'utf8')))

const problems = []
/** Where each expression stands first. */
const found = new Map()
for (const path of readdirSync(source, { recursive: true }).map((name) => name.replaceAll('\\', '/'))) {
  if (!/\.[cm]?ts$/.test(path)) continue
  const text = readFileSync(join(source, path), 'utf8')
  if (!/[/]|RegExp/.test(text)) continue
  visit(parseSync(text, { syntax: 'typescript', decorators: true, target: 'es2022' }), (node) => {
    if (node.type === 'RegExpLiteral') {
      const literal = `/${node.pattern}/${node.flags}`
      if (!found.has(literal)) found.set(literal, { path, pattern: node.pattern, flags: node.flags })
    }
    const isMade = (node.type === 'NewExpression' || node.type === 'CallExpression') && node.callee.value === 'RegExp'
    if (isMade && !(path in PUT_TOGETHER))
      problems.push(`src/${path}: makes a regular expression while it runs; say in scripts/lint-regular-expressions.mjs of what`)
  })
}

const safe = []
for (const [literal, { path, pattern, flags }] of [...found].sort(([a], [b]) => (a < b ? -1 : 1))) {
  if (!all && ledger.has(literal)) {
    safe.push(literal)
    continue
  }
  const { status, complexity, error } = checkSync(pattern, flags.replaceAll('v', 'u'), { timeout: PATIENCE })
  if (status === 'safe') safe.push(literal)
  else problems.push(`src/${path}: ${literal} is ${status === 'vulnerable' ? `slow for some texts (${complexity.summary})` : `not judged (${error?.kind})`}`)
  if (status === 'safe' && !all) console.log(`${literal} is safe; --all adds it to the list`)
}
if (all) writeFileSync(LEDGER, `${JSON.stringify(safe, null, 2)}\n`)

for (const problem of problems) console.error(problem)
if (problems.length > 0) process.exit(1)
console.log(`${found.size} regular expressions are linear.`)

function visit(node, look) {
  if (Array.isArray(node)) for (const each of node) visit(each, look)
  else if (typeof node === 'object' && node !== null) {
    if (typeof node.type === 'string') look(node)
    for (const value of Object.values(node)) if (typeof value === 'object' && value !== null) visit(value, look)
  }
}
