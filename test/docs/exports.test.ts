import { describe, expect, test } from '@jest/globals'
import { readPage } from '../support/pages.ts'
import { nodesOf, type SyntaxNode } from '../support/source-tree.ts'

const ENTRIES = {
  'guanxi/plugin': 'src/plugins/api/index.ts',
  'guanxi/testing': 'src/testing/index.ts',
  'guanxi/type-graphql': 'src/plugins/type-graphql/index.ts',
} as const
const value = (node: unknown): string => (node as SyntaxNode)['value'] as string

/** Names that a file exports. */
function exportsOf(file: string): string[] {
  return [...nodesOf(file)].flatMap((node) => {
    if (node.type === 'ExportNamedDeclaration') return (node['specifiers'] as SyntaxNode[]).map((each) => value(each['exported'] ?? each['orig']))
    if (node.type !== 'ExportDeclaration') return []
    const declaration = node['declaration'] as SyntaxNode
    if (declaration.type === 'VariableDeclaration') return (declaration['declarations'] as SyntaxNode[]).map((each) => value(each['id']))
    return [value(declaration['identifier'] ?? declaration['id'])]
  })
}

describe('docs/plugins/api.md', () => {
  const page = readPage('docs/plugins/api.md')
  for (const [entry, file] of Object.entries(ENTRIES))
    test(`has each export of ${entry}, and no others`, () => {
      const [, below = ''] = page.split(`\n## \`${entry}\`\n`)
      const section = below.split('\n## ')[0] as string
      const handedOn = [...section.matchAll(/^From the package .*: (.*)\.$/gm)].flatMap(([, list]) =>
        (list as string).split(', ').map((name) => name.replaceAll('`', '')),
      )
      const named = [...section.matchAll(/^### `(\w+)`$/gm)].map(([, name]) => name as string)
      expect([...named, ...handedOn].sort()).toEqual(exportsOf(file).sort())
      expect(named.length).toBeGreaterThan(3)
    })

  test('speaks of each entry point of the package', () => {
    const { exports } = JSON.parse(readPage('package.json')) as { readonly exports: object }
    const entries = Object.keys(exports).filter((entry) => entry !== './package.json')
    expect(entries.map((entry) => entry.replace('.', 'guanxi')).sort()).toEqual(Object.keys(ENTRIES).sort())
    expect([...page.matchAll(/^## `([^`]+)`$/gm)].map(([, entry]) => entry)).toEqual(Object.keys(ENTRIES))
  })
})

test('imports from the package that pages show are exports', () => {
  const known = Object.fromEntries(Object.entries(ENTRIES).map(([entry, file]) => [entry, new Set(exportsOf(file))]))
  const missing: string[] = []
  for (const name of ['tutorial', 'recipes', 'graphql-classes', 'compatibility', 'trust']) {
    for (const [, list, entry] of readPage(`docs/plugins/${name}.md`).matchAll(/import (?:type )?\{([^}]+)\} from '(guanxi\/[\w-]+)'/g))
      for (const each of (list as string).split(',').map(
        (part) =>
          part
            .trim()
            .replace(/^type /, '')
            .split(' as ')[0] as string,
      ))
        if (each !== '' && !known[entry as string]?.has(each)) missing.push(`${name}.md: ${each} of ${entry}`)
  }
  expect(missing).toEqual([])
})
