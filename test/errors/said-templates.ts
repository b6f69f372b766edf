import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseSync } from '@swc/core'
import { templateOfParts } from '../../src/errors/message.ts'

/** A sentence of the source. */
export interface SaidTemplate {
  readonly template: string
  readonly file: string
  /** Words that stand in a value, where no table can find them. */
  readonly hidden: readonly string[]
}

interface Node {
  readonly type: string
  readonly [member: string]: unknown
}

/** Each `say` template below a folder, by the syntax tree of its files. */
export function saidTemplates(folder: string): SaidTemplate[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .sort()
    .flatMap((file) => {
      const text = readFileSync(join(folder, file), 'utf8')
      return text.includes('say`') ? templatesIn(text, file) : []
    })
}

/** Those of one text in TypeScript. */
export function templatesIn(text: string, file: string): SaidTemplate[] {
  const found: SaidTemplate[] = []
  walk(parseSync(text, { syntax: 'typescript', decorators: true, target: 'es2022' }), (node) => {
    if (!isSaid(node)) return
    const { quasis, expressions } = node['template'] as { quasis: { cooked: string }[]; expressions: Node[] }
    found.push({ template: templateOfParts(quasis.map(({ cooked }) => cooked)), file, hidden: expressions.flatMap(wordsOf) })
  })
  return found
}

const isSaid = ({ type, tag }: Node): boolean => type === 'TaggedTemplateExpression' && (tag as { value?: string }).value === 'say'

/** English in an expression, but for what is said there: texts of several words, and single ones that stand in for a value. */
function wordsOf(expression: Node): string[] {
  const words: string[] = []
  const note = (text: unknown, pattern: RegExp): void => {
    if (typeof text === 'string' && pattern.test(text.trim())) words.push(text)
  }
  walk(
    expression,
    (node) => {
      if (node.type === 'StringLiteral') note(node['value'], /[a-z]\s+[a-z]/i)
      if (node.type === 'TemplateElement') note(node['cooked'], /[a-z]\s+[a-z]/i)
      const substitutes = node.type === 'ConditionalExpression' ? [node['consequent'], node['alternate']] : node['operator'] === '??' ? [node['right']] : []
      for (const each of substitutes as Node[]) if (each.type === 'StringLiteral') note(each['value'], /^[a-z]+$/i)
    },
    isSaid,
  )
  return words
}

function walk(value: unknown, visit: (node: Node) => void, skips: (node: Node) => boolean = () => false): void {
  if (Array.isArray(value)) {
    for (const item of value) walk(item, visit, skips)
    return
  }
  if (typeof value !== 'object' || value === null) return
  if (typeof (value as Node).type === 'string') {
    if (skips(value as Node)) return
    visit(value as Node)
  }
  for (const member of Object.values(value)) walk(member, visit, skips)
}
