import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, describe, expect, test } from '@jest/globals'

const roots: string[] = []

/** Runs the lint over a made-up source tree: path below src/ → text. */
function lint(files: Record<string, string>): { problems: string[]; exitCode: number | null } {
  const root = mkdtempSync(join(tmpdir(), 'guanxi-lint-'))
  roots.push(root)
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(root, 'src', dirname(path)), { recursive: true })
    writeFileSync(join(root, 'src', path), text)
  }
  const run = spawnSync(process.execPath, ['scripts/lint-imports.mjs', root], { encoding: 'utf8' })
  return { problems: run.stderr.split('\n').filter(Boolean), exitCode: run.status }
}

afterEach(() => {
  for (const root of roots.splice(0)) rmSync(root, { recursive: true })
})

describe('the import lint', () => {
  test('accepts calls that go down', () => {
    const { exitCode } = lint({
      'records/read/plan.ts': `import { notFound } from '../../errors/index.ts'\nexport const plan = notFound`,
      'errors/index.ts': 'export const notFound = 1',
      'app.ts': `import { plan } from './records/read/plan.ts'\nimport fastify from 'fastify'\nexport const app = [plan, fastify]`,
    })
    expect(exitCode).toBe(0)
  })

  const planted: [string, Record<string, string>, RegExp][] = [
    ['an import that goes up', { 'records/a.ts': `import { b } from '../http/b.ts'`, 'http/b.ts': '' }, /^src\/records\/a\.ts: records may import entities/],
    ['a type that goes up', { 'records/a.ts': `import type { B } from '../http/b.ts'`, 'http/b.ts': '' }, /not http\/b\.ts$/],
    ['a re-export that goes up', { 'lib/a.ts': `export * from '../errors/index.ts'`, 'errors/index.ts': '' }, /lib may import nothing/],
    ['a dynamic import that goes up', { 'lib/a.ts': `const b = await import('../errors/index.ts')`, 'errors/index.ts': '' }, /lib may import nothing/],
    ['an import for its effect', { 'lib/a.ts': `import '../errors/index.ts'`, 'errors/index.ts': '' }, /lib may import nothing/],
    ['an import over several lines', { 'lib/a.ts': `import {\n  b,\n  c,\n} from '../errors/index.ts'`, 'errors/index.ts': '' }, /lib may import nothing/],
    [
      'a value where types alone are allowed',
      { 'plugins/api/a.ts': `import { secured } from '../../records/b.ts'`, 'records/b.ts': '' },
      /and types of records/,
    ],
    [
      'a plugin that reaches past its interface',
      { 'plugins/contracts/a.ts': `import type { B } from '../../records/b.ts'`, 'records/b.ts': '' },
      /^src\/plugins\/contracts/,
    ],
    ['GraphQL inside the record engine', { 'records/a.ts': `import { parse } from 'graphql/language'` }, /never imports the package graphql\/language/],
    ['a web server inside the domain', { 'domain/a.ts': `import type { ApolloServer } from '@apollo/server'` }, /never imports the package @apollo\/server/],
    ['a folder without a row', { 'extras/a.ts': '' }, /extras\/a\.ts: belongs to no floor/],
    ['a way out of src', { 'app.ts': `import x from '../package.json'` }, /leads out of src/],
    ['an import without its ending', { 'lib/a.ts': `import { b } from './b'`, 'lib/b.ts': '' }, /end in \.ts/],
  ]
  test.each(planted)('catches %s', (_what, files, message) => {
    const { problems, exitCode } = lint(files)
    expect(problems).toHaveLength(1)
    expect(problems[0]).toMatch(message)
    expect(exitCode).toBe(1)
  })

  test('catches a circle of files, and lets types go round', () => {
    const circle = lint({ 'lib/a.ts': `import './b.ts'`, 'lib/b.ts': `import './c.ts'`, 'lib/c.ts': `export { a } from './a.ts'` })
    expect(circle.problems).toEqual(['src/lib/a.ts: imports itself in a circle through lib/b.ts, lib/c.ts'])
    const types = lint({ 'lib/a.ts': `import './b.ts'`, 'lib/b.ts': `import type { A } from './a.ts'\nimport { type C } from './a.ts'` })
    expect(types.problems).toEqual([])
  })

  test('reads code, not comments', () => {
    expect(lint({ 'lib/a.ts': `/**\n import { b } from '../http/b.ts'\n */\n// import '../http/b.ts'\nexport {}` }).problems).toEqual([])
  })
})
