import { describe, expect, test } from '@jest/globals'
import { metricsOfProcess } from '../../scripts/references/metrics.mjs'
import { ALL_PAGES, codeSpans, namesOf, tableBelow } from '../support/page-names.ts'
import { readPage } from '../support/pages.ts'
import { fileText, nodesOf, type SyntaxNode, sourceFiles, textsOf } from '../support/source-tree.ts'

const PAGE = 'docs/http.md'
const FILES = sourceFiles('src/http')
const nodes = FILES.flatMap((file) => [...nodesOf(file)])
const documented = (heading: string): string[] => tableBelow(PAGE, heading).flatMap(([names = '']) => namesOf(names))

const text = (node: unknown): string | undefined => [...textsOf(node)][0]
const value = (node: unknown): unknown => (node as SyntaxNode | undefined)?.['value']

/** A member of an object: `get` of `app.get`, `accept` of `headers.accept`, `x-cost` of `headers['x-cost']`. */
function memberOf(node: SyntaxNode): string | undefined {
  const property = node['property'] as SyntaxNode
  return (property.type === 'Computed' ? text(property['expression']) : value(property)) as string | undefined
}

function isNamed(node: unknown, name: string): boolean {
  const { type } = node as SyntaxNode
  return type === 'Identifier' ? value(node) === name : type === 'MemberExpression' && memberOf(node as SyntaxNode) === name
}

/** Values of constants of the name: texts, members of lists, keys of objects. */
function constant(name: RegExp): string[] {
  return nodes.flatMap((node) => {
    if (node.type !== 'VariableDeclarator' || !name.test(String(value(node['id'])))) return []
    return textsBelow(node['init'])
  })
}

function textsBelow(node: unknown): string[] {
  const { type, ...rest } = (node ?? {}) as SyntaxNode
  if (type === 'StringLiteral') return [rest['value'] as string]
  if (type === 'ArrayExpression') return (rest['elements'] as { expression: unknown }[]).flatMap(({ expression }) => textsBelow(expression))
  if (type === 'NewExpression') return (rest['arguments'] as { expression: unknown }[]).flatMap(({ expression }) => textsBelow(expression))
  if (type === 'ObjectExpression') return (rest['properties'] as { key: SyntaxNode }[]).map(({ key }) => value(key) as string)
  return []
}

describe('paths', () => {
  const served = new Set([
    ...nodes.flatMap((node) => {
      const isGet =
        node.type === 'CallExpression' && (node['callee'] as SyntaxNode).type === 'MemberExpression' && memberOf(node['callee'] as SyntaxNode) === 'get'
      const first = isGet ? text((node['arguments'] as { expression: unknown }[])[0]?.expression) : undefined
      const url = node.type === 'KeyValueProperty' && value(node['key']) === 'url' ? text(node['value']) : undefined
      return [first, url].filter((path): path is string => path?.startsWith('/') === true)
    }),
    ...constant(/_PATH$/),
  ])

  test('that are served are those of the page', () => {
    expect([...served].sort()).toEqual(documented('## Paths').sort())
  })

  test('that pages name are served', () => {
    const patterns = [...served].map((path) => new RegExp(`^${path.replaceAll(/:\w+/g, '[^/]+').replace('/*', '(/.*)?')}$`))
    const unknown = [...codeSpans()].filter(
      ([page, span]) =>
        /^\/(graphql|health|ready|metrics|plugins)(\/\S+)?$/.test(span) &&
        !page.startsWith('assets/') &&
        !patterns.some((pattern) => pattern.test(span.split('?')[0] as string)),
    )
    expect(unknown).toEqual([])
  })
})

describe('headers', () => {
  const ofRequests = nodes.flatMap((node) => {
    if (node.type === 'MemberExpression' && isNamed(node['object'], 'headers')) return [memberOf(node)]
    // const { origin, 'access-control-request-method': asked } = request.headers
    if (node.type !== 'VariableDeclarator' || (node['id'] as SyntaxNode).type !== 'ObjectPattern' || !node['init'] || !isNamed(node['init'], 'headers'))
      return []
    return ((node['id'] as SyntaxNode)['properties'] as SyntaxNode[]).map((each) => (each.type === 'RestElement' ? undefined : value(each['key']))) as string[]
  })
  const ofAnswers = nodes.flatMap((node) => {
    const isSet =
      node.type === 'CallExpression' && (node['callee'] as SyntaxNode).type === 'MemberExpression' && memberOf(node['callee'] as SyntaxNode) === 'header'
    return isSet ? [text((node['arguments'] as { expression: unknown }[])[0]?.expression)] : []
  })
  const written = [...fileText('src/http/client-errors.ts').matchAll(/\\r\\n([A-Z][A-Za-z-]+):/g)].map(([, name]) => (name as string).toLowerCase())
  const names = (list: readonly (string | undefined)[]) =>
    [...new Set(list.filter((name): name is string => name !== undefined && /^[a-z][a-z-]*$/.test(name)))]
      .filter((name) => !/^(set|get|entries)$/.test(name))
      .sort()

  test('that are read of requests are those of the page', () => {
    expect(names([...ofRequests, ...constant(/^(MIN_SCHEMA_VERSION|PASSED_ON)$/)])).toEqual(names(documented('## Headers of requests')))
  })

  test('that answers have are those of the page', () => {
    const set = [...ofAnswers, ...written, ...constant(/^(READABLE|SETTABLE|PAGE_HEADERS)$/)]
    expect(names(set)).toEqual(names(documented('## Headers of answers')))
  })

  test('that pages name in the way of ours are on the page', () => {
    const known = new Set([...documented('## Headers of requests'), ...documented('## Headers of answers')])
    const unknown = [...codeSpans()].filter(([, span]) => /^x-[a-z-]+(:.*)?$/i.test(span) && !known.has((span.split(':')[0] as string).toLowerCase()))
    expect(unknown).toEqual([])
  })
})

describe('metrics', () => {
  test('are all on their page, and no others', async () => {
    const rows = tableBelow('docs/metrics.md', '# Metrics')
    expect(rows.map(([name = '', type, labels = '', help]) => ({ name: namesOf(name)[0], type, labels: namesOf(labels), help }))).toEqual(
      await metricsOfProcess(),
    )
    expect(rows.length).toBeGreaterThan(12)
  })

  test('that pages name are there', async () => {
    const known = new Set((await metricsOfProcess()).map(({ name }) => name))
    const named = ALL_PAGES.flatMap((page) =>
      [...readPage(page).matchAll(/`(guanxi_[a-z_]+?)(?:_bucket|_sum|_count)?(?:\{[^}`]*\})?`/g)].map(([, name]) => [page, name as string] as const),
    )
    expect(named.filter(([, name]) => !known.has(name))).toEqual([])
    expect(named.length).toBeGreaterThan(15)
  })
})
