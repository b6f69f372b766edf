/** The reference of the command line, out of the tree of commands that the program itself is made of. */
import '../typescript.mjs'
import { cell, code, table } from './table.mjs'

/** The command and all below it, each with the words that it is called by. */
function* commandsOf(command, words) {
  const calls = command.registeredArguments.map((argument) => {
    const name = `${argument.name()}${argument.variadic ? '...' : ''}`
    return argument.required ? `<${name}>` : `[${name}]`
  })
  if (command.commands.length === 0) yield { usage: [...words, ...calls].join(' '), words, command }
  for (const each of command.commands) yield* commandsOf(each, [...words, each.name()])
}

function optionRow({ flags, description, defaultValue, negate }) {
  const fallback = defaultValue === undefined || negate ? '' : [defaultValue].flat().join(' ')
  return [code(flags), cell(description), fallback]
}

function sectionOf({ usage, command }) {
  const options = command.options.map(optionRow)
  const described = command.description()
  return [`## ${code(usage)}`, `${described.charAt(0).toUpperCase()}${described.slice(1)}.`, table(['option', 'meaning', 'when not given'], options)]
    .filter(Boolean)
    .join('\n\n')
}

/** Every command that does something, with its words and the commander command. */
export async function commandsOfProgram() {
  const { createProgram } = await import('../../src/main.ts')
  return [...commandsOf(createProgram(), ['guanxi'])]
}

/** docs/cli.md. */
export async function commandReference() {
  const commands = await commandsOfProgram()
  return `# Commands

Generated from the tree of commands in \`src/main.ts\` and \`src/cli\` by \`npm run docs\`.

In a clone \`npx guanxi …\` runs them, and so it does where the package is installed. Commands that speak with the database take it from the same
[settings](configuration.md) as the server. \`guanxi --help\`, also behind any command, says what stands here, and \`guanxi --version\` the version. Exit code 0 means done, 1 that something is wrong
that the one line on standard error names, and 70 a defect of the product, with its stack; a command that answers by other codes says so.

${commands.map(sectionOf).join('\n\n')}
`
}
