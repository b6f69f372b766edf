import '../typescript.mjs'
import { code, table } from './table.mjs'

/** docs/formula-functions.md out of the table of functions. */
export async function formulaFunctionsReference() {
  const { FUNCTIONS } = await import('../../src/records/formula/functions.ts')
  const { EXPRESSION_TYPES } = await import('../../src/records/formula/types.ts')
  const rows = [...FUNCTIONS.values()].map(({ usage, meaning, overloads }) => {
    const results = [...new Set(overloads.map(({ gives }) => gives))].filter((type) => type !== 'null')
    return [code(usage), results.length === EXPRESSION_TYPES.length ? 'as its values' : results.join(' or '), meaning]
  })
  return `# Functions of formulas

Generated from \`src/records/formula/functions.ts\` by \`npm run docs\`. What formulas are says [formulas.md](formulas.md).

A function is null where one of its values is, unless its line says otherwise. Names may be written in any case.

${table(['function', 'result', 'meaning'], rows)}
`
}
