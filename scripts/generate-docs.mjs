/**
 * Writes the references that are derived from code (`npm run docs`). With `--check` it writes nothing and exits 1 where a file on
 * disk differs.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { entryReference } from './api-reference.mjs'
import { commandReference } from './command-reference.mjs'
import { metricsReference } from './metrics-reference.mjs'
import { OTHER_VARIABLES } from './other-variables.mjs'
import { schemaReference } from './schema-reference/index.mjs'
import './typescript.mjs'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..')

/** docs/errors.md out of the error catalogue. */
async function errorsReference() {
  const { ERROR_CODES } = await import('../src/errors/codes.ts')
  const { ISSUE_CODES } = await import('../src/errors/issue-codes.ts')
  const issues = Object.entries(ISSUE_CODES).map(([code, meaning]) => `| \`${code}\` | ${meaning} |`)
  const rows = Object.entries(ERROR_CODES).map(
    ([code, { status, retryable, meaning }]) => `| \`${code}\` | ${status} | ${retryable ? 'yes' : 'no'} | ${meaning} |`,
  )
  return `# Errors

Generated from \`src/errors/codes.ts\` and \`src/errors/issue-codes.ts\` by \`npm run docs\`. What a client does about each code says [handling-errors.md](handling-errors.md). [中文](errors.zh-CN.md)

Every error carries one of these codes in \`extensions.code\`, with \`requestId\` and \`retryable\`. The status applies where the whole
request fails before it is executed; an error of a single field comes with status 200, and so does a document that does not parse or
validate unless the request accepts \`application/graphql-response+json\`. "Retry" means that the same request may
succeed when it is sent again later. \`message\` is for people, in the language of the request ([languages.md](languages.md)); decide by the code.

| code | status | retry | meaning |
|---|---|---|---|
${rows.join('\n')}

## Codes of issues

\`VALIDATION_FAILED\`, and \`DUPLICATE\` where it can, list in \`issues\` what is wrong, each with \`path\` (where in the arguments), \`code\` and \`message\`. The
message names the thing, the limit and the way out. Plugins have further codes of their own: [contracts](plugins/contracts.md#codes-of-issues),
[projects](plugins/projects.md#codes-of-issues).

| code | meaning |
|---|---|
${issues.join('\n')}
`
}

/** docs/errors.zh-CN.md likewise. */
async function errorsReferenceInChinese() {
  const { ERROR_CODES } = await import('../src/errors/codes.ts')
  const { MEANINGS_ZH_CN } = await import('../src/errors/codes-zh-cn.ts')
  const rows = Object.entries(ERROR_CODES).map(
    ([code, { status, retryable }]) => `| \`${code}\` | ${status} | ${retryable ? '是' : '否'} | ${MEANINGS_ZH_CN[code]} |`,
  )
  return `# 错误

由 \`npm run docs\` 根据 \`src/errors/codes-zh-cn.ts\` 生成。[English](errors.md)

每个错误都在 \`extensions.code\` 中带有以下代码之一，并带有 \`requestId\` 和 \`retryable\`。状态码适用于整个请求在执行之前即失败的情形；单个字段的错误以状态码 200
返回；除非请求接受 \`application/graphql-response+json\`，无法解析或不符合 schema 的文档也是如此。“可重试”表示稍后重新发送同一请求可能成功。消息所用的语言见 [languages.md](languages.md)。

| 代码 | 状态码 | 可重试 | 含义 |
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
  const others = OTHER_VARIABLES.map(({ name, used, meaning }) => `| \`${name}\` | ${used} | ${meaning} |`)
  return `# Configuration

Generated from \`src/config/settings.ts\` and \`scripts/other-variables.mjs\` by \`npm run docs\`.

Every setting is an environment variable, read once at start. An empty variable counts as not set. A value that cannot be used stops the
start with one line that names the variable.

| variable | meaning | accepts | when not set |
|---|---|---|---|
${rows.join('\n')}

## Other variables

What commands, tests and benchmarks read besides; the server does not.

| variable | read by | meaning |
|---|---|---|
${others.join('\n')}
`
}

function groupBy(items, keyOf) {
  const groups = new Map()
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item])
  return groups
}

/** docs/roles.md out of the shipped roles. */
async function rolesReference() {
  const { SHIPPED_ROLES, SIGNED_IN } = await import('../src/auth/shipped-roles.ts')
  const letters = { CREATE: 'C', READ: 'R', UPDATE: 'U', DELETE: 'D', RESTORE: 'S', EXPORT: 'X', BULK: 'B' }
  const section = ({ key, name, grants, fields }) => {
    const byRights = groupBy(grants, ({ actions, scope }) => `${actions.map((action) => letters[action]).join('')} | ${scope}`)
    const rows = [...byRights].map(([rights, granted]) => `| ${granted.map(({ module }) => `\`${module}\``).join(', ')} | ${rights} |`)
    const byAccess = groupBy(fields, ({ access }) => access)
    const lines = [...byAccess].map(([access, listed]) => `- ${access}: ${listed.map(({ fieldId }) => `\`${fieldId}\``).join(', ')}`)
    const title = key === SIGNED_IN.key ? name : `${name} (\`${key}\`)`
    return `## ${title}\n\n| modules | actions | scope |\n|---|---|---|\n${rows.join('\n')}\n${lines.length > 0 ? `\nSensitive fields beyond the module's actions:\n\n${lines.join('\n')}\n` : ''}`
  }
  return `# Shipped roles

Generated from \`src/auth/shipped-roles.ts\` by \`npm run docs\`.

Actions: C create, R read, U update, D delete, S restore, X export, B bulk (several records in one call, each by the action that fits). Scope: OWN the user's own records, TEAM those that members of the user's teams own (records without an owner: those of the teams),
TEAM_TREE also of the teams below, ALL every record. \`*\` stands for every module or field. Fields that are not sensitive follow the
actions of their module; sensitive ones are hidden unless they are listed. Who has several roles has all that each of them gives.

${[SIGNED_IN, ...SHIPPED_ROLES].map(section).join('\n')}`
}

/** docs/reserved-names.md out of the names that are kept for the product. */
async function reservedNamesReference() {
  const { OBJECT_NAMES, PRODUCT_MODULE_NAMES, RESERVED_FIELD_NAMES, RESERVED_MODULE_NAMES } = await import('../src/records/registry/reserved-names.ts')
  const list = (...sets) =>
    [...new Set(sets.flatMap((names) => [...names]))]
      .sort()
      .map((name) => `\`${name}\``)
      .join(' ')
  return `# Reserved names

Generated from \`src/records/registry/reserved-names.ts\` by \`npm run docs\`.

A name has 1 to 48 letters a–z, A–Z and digits and begins with a small letter; labels may be in any script. Names that the product has, or will have, cannot
be taken at run time (the answer is \`RESERVED\`). A prefix of your own, such as \`acmeInvoice\`, is never in the way. Neither may a module's names make a type or
root field that is somebody else's (\`TAKEN\`, which names the owner).

## Fields and lists

${list(RESERVED_FIELD_NAMES, OBJECT_NAMES)}

## Modules, by name or plural

${list(RESERVED_MODULE_NAMES, PRODUCT_MODULE_NAMES, OBJECT_NAMES)}
`
}

/** docs/formula-functions.md out of the table of functions. */
async function formulaFunctionsReference() {
  const { FUNCTIONS } = await import('../src/records/formula/functions.ts')
  const { EXPRESSION_TYPES } = await import('../src/records/formula/types.ts')
  const rows = [...FUNCTIONS.values()].map(({ usage, meaning, overloads }) => {
    const results = [...new Set(overloads.map(({ gives }) => gives))].filter((type) => type !== 'null')
    return `| \`${usage}\` | ${results.length === EXPRESSION_TYPES.length ? 'as its values' : results.join(' or ')} | ${meaning} |`
  })
  return `# Functions of formulas

Generated from \`src/records/formula/functions.ts\` by \`npm run docs\`. What formulas are says [formulas.md](formulas.md).

A function is null where one of its values is, unless its line says otherwise. Names may be written in any case.

| function | result | meaning |
|---|---|---|
${rows.join('\n')}
`
}

/** docs/plugins/api.md out of the types that plugins and their tests import. */
async function pluginReference() {
  const entry = (path) => entryReference(resolve(root, path))
  return `# What plugins import

Generated from \`src/plugins/api\`, \`src/testing\` and \`src/plugins/type-graphql\` by \`npm run docs\`. A way through it is the [tutorial](tutorial.md).

## \`guanxi/plugin\`

${entry('src/plugins/api/index.ts')}

## \`guanxi/testing\`

${entry('src/testing/index.ts')}

## \`guanxi/type-graphql\`

${entry('src/plugins/type-graphql/index.ts')}
`
}

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

let stale = 0
const texts = { ...(await schemaReference()) }
for (const [path, make] of Object.entries(FILES)) texts[path] = await make()
for (const [path, text] of Object.entries(texts)) {
  const file = resolve(root, path)
  if (!process.argv.includes('--check')) {
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, text)
  } else if (read(file) !== text) {
    stale += 1
    process.stderr.write(`${path} is out of date; run: npm run docs\n`)
  }
}
// Pages of modules that are gone.
for (const name of readdirSync(resolve(root, 'docs/api/modules'))) {
  const path = `docs/api/modules/${name}`
  if (path in texts) continue
  if (process.argv.includes('--check')) {
    stale += 1
    process.stderr.write(`${path} is of a module that is gone; run: npm run docs\n`)
  } else rmSync(resolve(root, path))
}
process.exitCode = stale > 0 ? 1 : 0

function read(file) {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return null
  }
}
