import { cell, code, table } from '../table.mjs'
import { modulePage } from './modules.mjs'
import { operationsPage } from './operations.mjs'
import { patternPage } from './pattern.mjs'
import { pluginPages } from './plugins.mjs'
import { coreSchema } from './schema.mjs'
import { kindOf, typeBody } from './text.mjs'

/** Types that belong to no module: values, operators, and those of hand-written operations. */
function typesPage({ registry, schema, typeNames }) {
  const ofModules = new Set([...registry.modules.values()].flatMap((module) => Object.values(typeNames(module))))
  const types = Object.values(schema.getTypeMap())
    .filter(({ name }) => !name.startsWith('__') && !ofModules.has(name) && !['Query', 'Mutation', 'Subscription'].includes(name))
    .sort((a, b) => a.name.localeCompare(b.name))
  const sections = [
    ['scalar', 'Scalars'],
    ['interface', 'Interfaces'],
    ['object', 'Objects'],
    ['input', 'Inputs'],
    ['enum', 'Enums'],
    ['union', 'Unions'],
  ].flatMap(([kind, heading]) => {
    const listed = types.filter((type) => kindOf(type) === kind)
    return listed.length === 0 ? [] : [`## ${heading}`, ...listed.map((type) => `### ${code(type.name)}\n\n${typeBody(type)}`)]
  })
  return ['# Types of no module', 'Generated from the schema by `npm run docs`.', ...sections].join('\n\n').concat('\n')
}

function indexPage({ registry }) {
  const rows = [...registry.modules.values()].map((module) => [
    `[${cell(module.pluralLabel.en)}](modules/${module.name}.md)`,
    cell(module.pluralLabel['zh-CN']),
    code(module.name),
    code(module.pluralName),
  ])
  return `# The API

Generated from the schema by \`npm run docs\`: what a server without plugins and custom fields serves to an administrator. Others see the part of it that their roles open; \`roleSchema\` shows which, and introspection answers
each by their own rights.

- [What every module has](pattern.md): queries, mutations, the subscription and types, told of accounts.
- [Operations of no module](operations.md): sessions, roles, sharing, audit, metadata, plugins.
- [Types of no module](types.md): values, operators of filters, and types of those operations.
- What the plugins add that come with the product: [contracts](plugins/contracts.md), [projects](plugins/projects.md).
- [HTTP and WebSocket](../http.md), [errors](../errors.md), [limits](../limits.md).

A type with \`!\` is never null; without it, it can be: since the value may be missing, or hidden from the caller. An argument or member is required where its type has \`!\` and nothing stands for it.

## Modules

${table(['module', '模块', 'name', 'plural'], rows)}
`
}

/** Pages of docs/api, by path. */
export async function schemaReference() {
  const served = await coreSchema()
  return {
    'docs/api/README.md': indexPage(served),
    'docs/api/operations.md': operationsPage(served),
    'docs/api/pattern.md': patternPage(served),
    'docs/api/types.md': typesPage(served),
    ...(await pluginPages(served)),
    ...Object.fromEntries([...served.registry.modules.values()].map((module) => [`docs/api/modules/${module.name}.md`, modulePage(module, served)])),
  }
}
