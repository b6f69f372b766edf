import { expect, test } from '@jest/globals'
import { fileText, sourceFiles } from '../support/source-tree.ts'

/** Every command of the page of performance is one that there is, and runs what there is. */
const COMMANDS = [...fileText('docs/performance.md').matchAll(/`npm ([^`]+)`/g)].map(([, command]) => command as string)

test('each row of the tables of what is measured names its command', () => {
  const rows = fileText('docs/performance.md')
    .split('\n')
    .filter((line) => line.startsWith('| ') && !line.startsWith('| what |'))
  expect(rows.filter((row) => !/`npm |\| the same \|$/.test(row))).toEqual([])
  expect(rows.length).toBeGreaterThan(15)
})

test('the scripts are those of the package', () => {
  const { scripts } = JSON.parse(fileText('package.json')) as { readonly scripts: object }
  expect(COMMANDS.map((command) => command.replace(/^run /, '').split(' ')[0]).filter((name) => !Object.hasOwn(scripts, name as string))).toEqual([])
})

test('the tests are there, and the options are read by their benchmark', () => {
  const files = sourceFiles('test')
  const paths = COMMANDS.flatMap((command) => [...command.matchAll(/ -- (test\/\S+)/g)].map(([, path]) => path as string))
  expect(paths.filter((path) => !files.some((file) => file.startsWith(path)))).toEqual([])
  expect(paths.length).toBeGreaterThan(8)
  const { scripts } = JSON.parse(fileText('package.json')) as { readonly scripts: Readonly<Record<string, string>> }
  for (const command of COMMANDS)
    for (const [, option] of command.matchAll(/ --([a-z]+[\w-]*)/g)) {
      const script = scripts[command.replace(/^run /, '').split(' ')[0] as string] as string
      expect([command, fileText(script.split(' ').at(-1) as string)]).toEqual([command, expect.stringMatching(new RegExp(`\\b${option}\\b`))])
    }
})
