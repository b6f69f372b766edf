import '../typescript.mjs'
import { OTHER_VARIABLES } from './other-variables.mjs'
import { code, table } from './table.mjs'

/** docs/configuration.md out of the table of settings. */
export async function configurationReference() {
  const { SETTINGS } = await import('../../src/config/settings.ts')
  const rows = SETTINGS.map(({ name, meaning, accepts, fallback, secret, requiredInProduction }) => {
    const notes = [secret && 'Never printed.', requiredInProduction && 'Required in production.'].filter(Boolean)
    return [code(name), [meaning, ...notes].join(' '), accepts, fallback]
  })
  const others = OTHER_VARIABLES.map(({ name, used, meaning }) => [code(name), used, meaning])
  return `# Configuration

Generated from \`src/config/settings.ts\` and \`scripts/references/other-variables.mjs\` by \`npm run docs\`.

Every setting is an environment variable, read once at start. An empty variable counts as not set. A value that cannot be used stops the
start with one line that names the variable.

${table(['variable', 'meaning', 'accepts', 'when not set'], rows)}

## Other variables

What commands, tests and benchmarks read besides; the server does not.

${table(['variable', 'read by', 'meaning'], others)}
`
}
