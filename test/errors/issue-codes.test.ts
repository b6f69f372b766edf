import { describe, expect, test } from '@jest/globals'
import { ERROR_CODES, ISSUE_CODES } from '../../src/errors/index.ts'
import { BUILT_IN } from '../../src/plugins/built-in.ts'
import { calledName, fileText, nodesOf, type SyntaxNode, sourceFiles, textsOf } from '../support/source-tree.ts'

const CODE = /^[A-Z][A-Z_]+$/
/** Functions that make an issue of a code that they are given. */
const REFUSING = new Set(['fail', 'refuse', 'refusal', 'invalid', 'invalidKey', 'checkedText', 'RegistryConflict'])

/** Codes that a node of the tree says of an issue. */
function* codesOf(node: SyntaxNode): Generator<string> {
  if (node.type === 'KeyValueProperty' && (node['key'] as SyntaxNode)['value'] === 'code') yield* textsOf(node['value'])
  if ((node.type === 'CallExpression' || node.type === 'NewExpression') && REFUSING.has(calledName(node['callee'])))
    for (const { expression } of (node['arguments'] as { expression: unknown }[] | undefined) ?? []) yield* textsOf(expression)
  // [field, code, message], handed on to `refuse`.
  if (node.type === 'ArrayExpression') {
    const elements = (node['elements'] as ({ expression: SyntaxNode } | null)[]).map((element) => element?.expression)
    if (elements.length === 3 && (/Template/.test(elements[2]?.type ?? '') || [...textsOf(elements[2])].some((text) => text.endsWith('.'))))
      yield* textsOf(elements[1])
  }
}

/** Every code that the files produce, with those that make it. */
function produced(files: readonly string[]): Map<string, string[]> {
  const found = new Map<string, string[]>()
  for (const file of files)
    for (const node of nodesOf(file)) for (const code of codesOf(node)) if (CODE.test(code)) found.set(code, [...(found.get(code) ?? []), file])
  return found
}

/** `code` of other things than issues: operations and statements that failed, and an order by a field that is named so. */
const OTHER = new Set([...Object.keys(ERROR_CODES), 'ETIMEDOUT', 'ASC'])
/** Given by the name of a rule, or by what a text is found to be. */
const BY_RULE: Readonly<Record<string, readonly [file: string, text: string]>> = {
  METADATA: ['src/records/registry/conflict.ts', "= 'METADATA'"],
  NUL: ['src/lib/text-checks.ts', "return 'NUL'"],
  SURROGATE: ['src/lib/text-checks.ts', "'SURROGATE'"],
  JSON: ['src/records/write/values.ts', ": 'JSON'"],
  LIMIT_EXCEEDED: ['src/records/metadata/refusals.ts', 'code: error.code'],
}
const plugins = BUILT_IN.map(({ manifest }) => manifest.name)
const isPlugin = (file: string) => plugins.some((name) => file.startsWith(`src/plugins/${name}/`))

describe('the codes of issues', () => {
  const files = sourceFiles('src').filter((file) => file !== 'src/errors/issue-codes.ts')
  const own = produced(files.filter((file) => !isPlugin(file)))
  const reference = fileText('docs/errors.md')
  const tests = sourceFiles('test')
    .filter((file) => file !== 'test/errors/issue-codes.test.ts')
    .map(fileText)
    .join('\n')

  test('that the source produces are all in the catalogue', () => {
    expect([...own].filter(([code]) => !(code in ISSUE_CODES) && !OTHER.has(code))).toEqual([])
  })

  for (const [code, meaning] of Object.entries(ISSUE_CODES)) {
    test(`${code} is produced, documented, expected by a test, and says what it means`, () => {
      const rule = BY_RULE[code]
      // Answers of yes and no: the texts that are searched are long.
      expect({
        produced: own.has(code) || (rule !== undefined && fileText(rule[0]).includes(rule[1])),
        documented: reference.includes(`| \`${code}\` | ${meaning} |`),
        tested: new RegExp(`\\b${code}\\b`).test(tests),
        said: /^[A-Z`].*\.$/.test(meaning),
      }).toEqual({ produced: true, documented: true, tested: true, said: true })
    })
  }

  for (const plugin of plugins)
    test(`of the plugin ${plugin} that the catalogue does not have are all on its page, and no others`, () => {
      const further = [...produced(files.filter((file) => file.startsWith(`src/plugins/${plugin}/`))).keys()].filter(
        (code) => !(code in ISSUE_CODES) && !OTHER.has(code),
      )
      const [, table = ''] = fileText(`docs/plugins/${plugin}.md`).split('## Codes of issues')
      expect([...table.matchAll(/^\| `([A-Z_]+)` \|/gm)].map(([, code]) => code).sort()).toEqual(further.sort())
    })
})
