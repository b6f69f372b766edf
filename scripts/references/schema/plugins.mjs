import '../../typescript.mjs'
import { cell, code, table } from '../table.mjs'

const textIn = (labels, locale) => cell(labels?.find((each) => each.locale === locale)?.text)

/** Where a reference leads, and the kind of all others. */
const kindOf = ({ type, reference }) =>
  reference ? `${type} ${code(reference.module)}${reference.inverseName ? `, whose list is ${code(reference.inverseName)}` : ''}` : type

function notesOf({ required, unique, readOnly, sensitivity, default: fallback, searchable, indexed, whenPlugin }) {
  return [
    required && 'required',
    unique && 'unique',
    readOnly && 'set by the plugin',
    sensitivity && sensitivity !== 'none' && `sensitive: ${sensitivity}`,
    fallback !== undefined && `${code(JSON.stringify(fallback))} unless given`,
    searchable && 'searched',
    indexed && 'indexed',
    whenPlugin && `while ${code(whenPlugin)} is enabled`,
  ]
    .filter(Boolean)
    .join(', ')
}

const fieldRow = (field) => [code(field.name), kindOf(field), notesOf(field), textIn(field.labels, 'en'), textIn(field.labels, 'zh-CN')]
const FIELD_HEADS = ['field', 'kind', '', 'label', '标签']

function optionLines(fields) {
  return fields
    .filter(({ options }) => options?.length > 0)
    .map(
      ({ name, options }) =>
        `- ${code(name)}: ${options.map(({ value, labels }) => `${code(value)} ${textIn(labels, 'en')} ${textIn(labels, 'zh-CN')}`.trim()).join('; ')}.`,
    )
    .join('\n')
}

function moduleSection(module, { rootFieldNames }) {
  const { query, mutation, subscription } = rootFieldNames({ ...module, typeName: module.name.charAt(0).toUpperCase() + module.name.slice(1) })
  const roots = [query, mutation, subscription].flatMap((group) => Object.values(group).map(code)).join(', ')
  return [
    `## ${textIn(module.labels, 'en')} (${code(module.name)})`,
    `${textIn(module.labels, 'zh-CN')}; several: ${textIn(module.pluralLabels, 'en')}, ${textIn(module.pluralLabels, 'zh-CN')}. Root fields: ${roots}.`,
    table(FIELD_HEADS, module.fields.map(fieldRow)),
    optionLines(module.fields),
  ].filter(Boolean)
}

function pluginPage({ name, modules, fields = [], computed = [], graphql }, served) {
  const added = fields.map((field) => [code(field.module), ...fieldRow(field)])
  const members = computed.map((member) => [code(member.module), code(member.name), code(member.type), cell(member.description)])
  return [
    `# What the plugin ${code(name)} adds`,
    `Generated from the plugin's definition by \`npm run docs\`. What it does says [its page](../../plugins/${name}.md); what operations of its modules take and answer is as [for every module](../pattern.md).`,
    ...modules.flatMap((module) => moduleSection(module, served)),
    ...(added.length > 0 ? ['## Fields in other modules', table(['module', ...FIELD_HEADS], added)] : []),
    ...(members.length > 0 ? ['## Computed members', table(['module', 'member', 'type', 'meaning'], members)] : []),
    ...(graphql?.types
      ? ['## Further operations and types', `\`\`\`graphql\n${graphql.types.replace(/^\n+|\s+$/g, '').replaceAll(/^ {4}/gm, '')}\n\`\`\``]
      : []),
  ]
    .join('\n\n')
    .concat('\n')
}

/** Pages of the plugins that come with the product, by path. */
export async function pluginPages(served) {
  const { BUILT_IN } = await import('../../../src/plugins/built-in.ts')
  const definitions = await Promise.all(BUILT_IN.map(async ({ load }) => (await load()).default))
  return Object.fromEntries(definitions.map((definition) => [`docs/api/plugins/${definition.name}.md`, pluginPage(definition, served)]))
}
