import { readdirSync, readFileSync } from 'node:fs'
import { parseSync } from '@swc/core'

/** A node of a syntax tree, with what its type has. */
export interface SyntaxNode {
  readonly type: string
  // Each type of node has members of its own.
  readonly [member: string]: unknown
}

/** TypeScript and JavaScript files below a folder of the repository, by their path from its root. */
export function sourceFiles(folder: string): string[] {
  return readdirSync(new URL(`../../${folder}/`, import.meta.url), { recursive: true, encoding: 'utf8' })
    .filter((path) => /\.(ts|tsx|mts|mjs|js)$/.test(path) && !/(^|\/)(dist|node_modules)\//.test(path))
    .map((path) => `${folder}/${path}`)
    .sort()
}

/** Text of a file of the repository, by its path from the root. */
export function fileText(path: string): string {
  return readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')
}

/** Every node of a file, from the outside in. */
export function* nodesOf(path: string): Generator<SyntaxNode> {
  const syntax =
    /\.[jm]+s$/.test(path) && !path.endsWith('.mts')
      ? ({ syntax: 'ecmascript' } as const)
      : ({ syntax: 'typescript', decorators: true, tsx: path.endsWith('.tsx') } as const)
  yield* below(parseSync(fileText(path), { ...syntax, target: 'es2022' }))
}

function* below(value: unknown): Generator<SyntaxNode> {
  if (Array.isArray(value)) for (const each of value) yield* below(each)
  else if (isNode(value)) {
    yield value
    for (const [member, inner] of Object.entries(value)) if (member !== 'span') yield* below(inner)
  } else if (typeof value === 'object' && value !== null) for (const [member, inner] of Object.entries(value)) if (member !== 'span') yield* below(inner)
}

function isNode(value: unknown): value is SyntaxNode {
  return typeof value === 'object' && value !== null && typeof (value as { type?: unknown }).type === 'string'
}

/** The texts that an expression can be: itself, or the branches of a choice. */
export function* textsOf(value: unknown): Generator<string> {
  if (!isNode(value)) return
  if (value.type === 'StringLiteral') yield value['value'] as string
  else if (value.type === 'ConditionalExpression') {
    yield* textsOf(value['consequent'])
    yield* textsOf(value['alternate'])
  } else if (value.type === 'BinaryExpression' && ['??', '||', '&&'].includes(value['operator'] as string)) {
    yield* textsOf(value['left'])
    yield* textsOf(value['right'])
  } else if (['ParenthesisExpression', 'TsAsExpression', 'TsConstAssertion', 'TsSatisfiesExpression'].includes(value.type)) yield* textsOf(value['expression'])
}

/** The last name of what is called: `refuse` of `change.refuse(…)`; empty where it has none. */
export function calledName(callee: unknown): string {
  if (!isNode(callee)) return ''
  if (callee.type === 'Identifier') return callee['value'] as string
  if (callee.type === 'MemberExpression') return nameOf(callee['property'])
  return callee.type === 'ParenthesisExpression' ? calledName(callee['expression']) : ''
}

function nameOf(property: unknown): string {
  if (!isNode(property)) return ''
  const { id, value } = property as { id?: { value?: string } | string; value?: string }
  return (typeof id === 'object' ? id.value : id) ?? value ?? ''
}
