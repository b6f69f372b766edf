import type { Expression } from '../../entities/expression.ts'
import { BINARY, KEYWORDS, RANK } from './syntax.ts'

/**
 * The text of an expression, which parses back to the same tree. A field that `nameOf` does not know is written `[?]`, which does not
 * parse.
 */
export function printExpression(expression: Expression, nameOf: (fieldId: string) => string | undefined): string {
  const print = (node: Expression, lowest: number): string => {
    const text = printNode(node)
    return rankOf(node) < lowest ? `(${text})` : text
  }
  const list = (nodes: readonly Expression[]): string => nodes.map((node) => print(node, RANK.or)).join(', ')
  const printNode = (node: Expression): string => {
    if (node.kind === 'literal') return printLiteral(node)
    if (node.kind === 'field') return printName(nameOf(node.field))
    const [first, second] = node.arguments
    const rank = rankOf(node)
    if (rank === RANK.operand || first === undefined) return `${node.name}(${list(node.arguments)})`
    if (rank === RANK.not) return `not ${print(first, RANK.not)}`
    if (rank === RANK.minus) return `-${print(first, RANK.minus)}`
    // A comparison cannot be a bare operand of another one.
    const left = print(first, rank === RANK.comparison ? rank + 1 : rank)
    return node.name === 'in' ? `${left} in (${list(node.arguments.slice(1))})` : `${left} ${node.name} ${print(second as Expression, rank + 1)}`
  }
  return print(expression, RANK.or)
}

function rankOf(node: Expression): number {
  if (node.kind !== 'call') return RANK.operand
  if (node.name === 'not') return RANK.not
  if (node.name === '-' && node.arguments.length === 1) return RANK.minus
  return BINARY.get(node.name) ?? RANK.operand
}

function printLiteral(node: Expression & { kind: 'literal' }): string {
  if (node.type === 'null') return 'null'
  return node.type === 'text' ? printText(node.value) : String(node.value)
}

function printText(value: string): string {
  const escaped = value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n').replaceAll('\r', '\\r').replaceAll('\t', '\\t')
  return `"${escaped}"`
}

function printName(name: string | undefined): string {
  if (name === undefined) return '[?]'
  return KEYWORDS.has(name.toLowerCase()) ? `[${name}]` : name
}
