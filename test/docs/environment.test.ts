import { describe, expect, test } from '@jest/globals'
import { OTHER_VARIABLES } from '../../scripts/references/other-variables.mjs'
import { SETTINGS } from '../../src/config/settings.ts'
import { namesOf, tableBelow } from '../support/page-names.ts'
import { readPage } from '../support/pages.ts'
import { fileText, nodesOf, type SyntaxNode, sourceFiles } from '../support/source-tree.ts'

/** Those of every system, and those that processes of tests give to each other. */
const NOT_DOCUMENTED = new Set([
  'PATH',
  'GUANXI_TEST_RUN',
  'GUANXI_TEST_SERVER',
  'RECHECK_SYNC_BACKEND',
  'DEAF',
  'COUNT_HELD',
  'RETRY_DELAYS',
  'BEGINS_AT_ONCE',
])
const NAME = /^[A-Z][A-Z0-9_]+$/

const FILES = [...['bin', 'src', 'scripts', '.ci', 'bench', 'test', 'examples'].flatMap(sourceFiles), 'jest.config.mjs', 'ormconfig.ts'].filter(
  (file) => !file.startsWith('src/demo/generated/') && file !== 'test/docs/environment.test.ts',
)

/** What is read of the environment: a member of `process.env`, or of a variable that is named for it. */
function* readBy(file: string): Generator<string> {
  for (const node of nodesOf(file)) {
    if (node.type === 'MemberExpression' && isEnvironment(node['object'] as SyntaxNode)) yield memberName(node['property'] as SyntaxNode)
    // Some are read by a list of their names.
    if (node.type === 'StringLiteral' && /^(TEST|GUANXI|BENCH)_[A-Z0-9_]+$/.test(node['value'] as string)) yield node['value'] as string
  }
}

function isEnvironment(object: SyntaxNode): boolean {
  if (object.type === 'Identifier') return object['value'] === 'environment' || object['value'] === 'env'
  return object.type === 'MemberExpression' && memberName(object['property'] as SyntaxNode) === 'env'
}

function memberName(property: SyntaxNode): string {
  const inner = property.type === 'Computed' ? (property['expression'] as SyntaxNode) : property
  return inner.type === 'Identifier' || inner.type === 'StringLiteral' ? (inner['value'] as string) : ''
}

/** In scripts of a shell: `${CHROMIUM:-}`, `env NAME=value`, `export NAME`. */
const inShell = ['.ci/run'].flatMap((file) =>
  [...fileText(file).matchAll(/\b((?:TEST|GUANXI|BENCH)_[A-Z0-9_]+)\b|\$\{([A-Z][A-Z0-9_]+)[:}-]/g)].map(([, one, other]) => (one ?? other) as string),
)

describe('environment variables', () => {
  const settings = new Set(SETTINGS.map(({ name }) => name))
  const others = new Set(OTHER_VARIABLES.map(({ name }) => name))
  const read = new Map([
    ...FILES.flatMap((file) => [...readBy(file)].map((name) => [name, file] as const)),
    ...inShell.map((name) => [name, '.ci/run'] as const),
  ])
  const documented = new Set(
    ['# Configuration', '## Other variables'].flatMap((heading) => tableBelow('docs/configuration.md', heading).flatMap(([name = '']) => namesOf(name))),
  )

  /** Settings that an example has for itself. */
  const ofExample = (name: string, file: string): boolean => {
    const [page] = /^examples\/[\w-]+\//.exec(file) ?? []
    return page !== undefined && readPage(`${page}README.md`).includes(`\`${name}\``)
  }

  test('that anything reads are all documented', () => {
    expect([...read].filter(([name, file]) => NAME.test(name) && !documented.has(name) && !NOT_DOCUMENTED.has(name) && !ofExample(name, file))).toEqual([])
  })

  test('that are documented are all read, and settings by the server', () => {
    expect([...documented].filter((name) => !settings.has(name) && !read.has(name))).toEqual([])
    expect([...documented].sort()).toEqual([...settings, ...others].sort())
    expect(settings.size).toBeGreaterThan(40)
    expect([...others].filter((name) => settings.has(name))).toEqual([])
  })
})
