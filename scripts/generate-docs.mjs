/**
 * Writes the references that are derived from code (`npm run docs`), each by a file of `references/`. With `--check` it writes nothing and exits 1 where a file on
 * disk differs.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { commandReference } from './references/commands.mjs'
import { configurationReference } from './references/configuration.mjs'
import { errorsReference, errorsReferenceInChinese } from './references/errors.mjs'
import { formulaFunctionsReference } from './references/formula-functions.mjs'
import { metricsReference } from './references/metrics.mjs'
import { pluginReference } from './references/plugin-interface.mjs'
import { reservedNamesReference } from './references/reserved-names.mjs'
import { rolesReference } from './references/roles.mjs'
import { schemaReference } from './references/schema/index.mjs'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..')

const FILES = {
  'docs/cli.md': commandReference,
  'docs/configuration.md': configurationReference,
  'docs/errors.md': errorsReference,
  'docs/errors.zh-CN.md': errorsReferenceInChinese,
  'docs/formula-functions.md': formulaFunctionsReference,
  'docs/metrics.md': metricsReference,
  'docs/plugins/api.md': pluginReference,
  'docs/reserved-names.md': reservedNamesReference,
  'docs/roles.md': rolesReference,
}

/** Folders of which every page is written here. */
const FOLDERS = ['docs/api/modules', 'docs/api/plugins']

const isCheck = process.argv.includes('--check')
const texts = new Map(Object.entries(await schemaReference()))
for (const [path, make] of Object.entries(FILES)) texts.set(path, await make())
const differing = [...texts].filter(([path, text]) => read(path) !== text)
const gone = FOLDERS.flatMap((folder) => readdirSync(resolve(root, folder)).map((name) => `${folder}/${name}`)).filter((path) => !texts.has(path))
if (isCheck) {
  for (const [path] of differing) process.stderr.write(`${path} is out of date; run: npm run docs\n`)
  for (const path of gone) process.stderr.write(`${path} is of something that is gone; run: npm run docs\n`)
  process.exitCode = differing.length + gone.length > 0 ? 1 : 0
} else {
  for (const [path, text] of differing) {
    mkdirSync(dirname(resolve(root, path)), { recursive: true })
    writeFileSync(resolve(root, path), text)
  }
  for (const path of gone) rmSync(resolve(root, path))
}

function read(path) {
  try {
    return readFileSync(resolve(root, path), 'utf8')
  } catch {
    return null
  }
}
