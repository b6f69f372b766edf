import { type AnyNode, type Expression, type Literal, type Program, parse } from 'acorn'
import { simple } from 'acorn-walk'
import { freeNames } from './free-names.ts'
import { GLOBAL_PROBLEMS, importProblem } from './reach-rules.ts'

/** Something in the code of a plugin that goes past the host. */
export interface SourceFinding {
  /** From 1. */
  readonly line: number
  /** In words that follow the name of a file: `imports node:fs: …`. */
  readonly message: string
}

/**
 * Reads a file of JavaScript for what a plugin should not do: modules of Node.js that reach files, processes and the network, packages that go past the host, globals such as `process` and
 * `fetch`, code that is made up at run time. It finds what is written plainly, and not what somebody hides: who runs a plugin trusts its author (docs/plugins/trust.md). Code that does not
 * parse is one finding.
 */
export function checkSource(text: string): readonly SourceFinding[] {
  let program: Program
  try {
    program = parse(text, { ecmaVersion: 'latest', sourceType: 'module', locations: true, allowHashBang: true })
  } catch (error) {
    const { loc } = error as { loc?: { line: number } }
    return [{ line: loc?.line ?? 1, message: `is no JavaScript: ${(error as Error).message}` }]
  }
  const findings: SourceFinding[] = []
  const add = ({ loc }: AnyNode, message: string): void => void findings.push({ line: loc?.start.line ?? 1, message })
  const judge = (node: AnyNode, source: Expression | Literal): void => {
    const specifier = source.type === 'Literal' ? source.value : undefined
    const problem = typeof specifier === 'string' ? importProblem(specifier) : 'imports what is only known at run time, which cannot be checked'
    if (problem !== null) add(node, problem)
  }
  simple(program, {
    ImportDeclaration: (node) => judge(node, node.source),
    ExportAllDeclaration: (node) => judge(node, node.source),
    ExportNamedDeclaration: (node) => node.source && judge(node, node.source),
    ImportExpression: (node) => judge(node, node.source),
  })
  for (const name of freeNames(program)) {
    const problem = GLOBAL_PROBLEMS.get(name.name)
    if (problem !== undefined) add(name, `uses ${name.name}: ${problem}`)
  }
  return findings.sort((one, other) => one.line - other.line)
}
