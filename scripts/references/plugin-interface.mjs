import { fileURLToPath } from 'node:url'
import { entryReference } from './entry-point.mjs'

/** docs/plugins/api.md out of the types that plugins and their tests import. */
export function pluginReference() {
  const entry = (path) => entryReference(fileURLToPath(new URL(`../../${path}`, import.meta.url)))
  return `# What plugins import

Generated from \`src/plugins/api\`, \`src/testing\` and \`src/plugins/type-graphql\` by \`npm run docs\`. A way through it is the [tutorial](tutorial.md).

## \`guanxi/plugin\`

${entry('src/plugins/api/index.ts')}

## \`guanxi/testing\`

${entry('src/testing/index.ts')}

## \`guanxi/type-graphql\`

${entry('src/plugins/type-graphql/index.ts')}
`
}
