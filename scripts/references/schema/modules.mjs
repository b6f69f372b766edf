import { cell, code, table } from '../table.mjs'

const label = (text) => cell(text?.en)
const chinese = (text) => cell(text?.['zh-CN'])

/** What can be said of a field besides its type. */
function notesOf(field, module) {
  return [
    field.required && 'required',
    field.requiredWhen && 'required in some cases',
    field.unique && 'unique',
    field.readOnly && 'set by the system',
    field.createOnly && 'on create alone',
    field.sensitivity && field.sensitivity !== 'none' && `sensitive: ${field.sensitivity}`,
    field.name === module.nameField && 'name of the record',
    field.default !== undefined && `${code(JSON.stringify(field.default))} unless given`,
  ]
    .filter(Boolean)
    .join(', ')
}

/** Where a field can stand in arguments of lists. */
function usesOf(field, fieldsOf, names) {
  return [
    fieldsOf(names.filter)?.[field.name] && 'filter',
    fieldsOf(names.orderBy)?.[field.name] && 'order',
    fieldsOf(names.groupBy)?.[field.name] && 'group',
    field.searchable && 'search',
  ]
    .filter(Boolean)
    .join(', ')
}

function optionsOf(field) {
  const options = field.options.map(
    ({ value, label: text, retired }) => `${code(value)} ${[label(text), chinese(text)].filter(Boolean).join(' ')}${retired ? ' (retired)' : ''}`,
  )
  const from = [...new Set((field.transitions ?? []).map((step) => step.from))]
  const steps = from.map(
    (value) =>
      `${code(value)} → ${field.transitions
        .filter((step) => step.from === value)
        .map(({ to }) => code(to))
        .join(', ')}`,
  )
  return `- ${code(field.name)}: ${options.join('; ')}.${steps.length > 0 ? ` Steps: ${steps.join('; ')}.` : ''}`
}

/** Shipped roles that may do something with records of the module, each with the scope. */
function rolesThat(action, module, roles) {
  const scopes = roles.flatMap(({ key, grants }) => {
    const found = grants.filter((grant) => (grant.module === module.name || grant.module === '*') && grant.actions.includes(action))
    return found.length === 0
      ? []
      : [`${key === 'signed_in' ? 'whoever is signed in' : code(key)} ${[...new Set(found.map(({ scope }) => scope))].join(' and ')}`]
  })
  return scopes.join(', ') || 'none'
}

/** The page of one module. */
export function modulePage(module, { schema, typeNames, rootFieldNames, roles }) {
  const names = typeNames(module)
  const fieldsOf = (type) => schema.getType(type)?.getFields()
  const record = fieldsOf(names.record)
  const own = [...module.fields.values()].filter(({ system }) => !system)
  const system = [...module.fields.values()].filter((field) => field.system).map(({ name }) => code(name))
  const roots = rootFieldNames(module)
  const ofRoot = (type, fields) =>
    Object.values(fields)
      .filter((name) => type.getFields()[name])
      .map(code)
      .join(', ')
  const mutations = ofRoot(schema.getMutationType(), roots.mutation)
  const rows = own.map((field) => [
    code(field.name),
    code(record[field.name]?.type ?? ''),
    field.type,
    notesOf(field, module),
    usesOf(field, fieldsOf, names),
    label(field.label),
    chinese(field.label),
  ])
  const options = own.filter((field) => field.options?.length > 0).map(optionsOf)
  const lists = [...module.inverses.values()].map(({ name, module: of, field }) => [code(name), code(record[name].type), `${code(of)}, by its ${code(field)}`])
  const known = new Set([...module.fields.keys(), ...module.inverses.keys(), 'displayName', 'values', 'externalIds', 'viewerAccess', 'history'])
  const further = Object.values(record).filter(({ name }) => !known.has(name))
  const rights = module.accessParent ? ` Who may read or write a record of it may so by its ${code(module.accessParent)}.` : ''
  return [
    `# ${label(module.pluralLabel)} (${code(module.name)})`,
    `Generated from the schema by \`npm run docs\`. ${label(module.label)}, ${chinese(module.label)}; several: ${label(module.pluralLabel)}, ${chinese(module.pluralLabel)}.${rights} What its operations take and answer is as [for every module](../pattern.md); [which roles may what](../../roles.md).`,
    table(
      ['', ''],
      [
        ['queries', ofRoot(schema.getQueryType(), roots.query)],
        ['mutations', mutations || 'none: the system writes its records'],
        ['subscription', ofRoot(schema.getSubscriptionType(), roots.subscription)],
        ['fields that others have, too', system.join(', ')],
        ['shipped roles that read it', rolesThat('READ', module, roles)],
        ...(mutations ? [['that change it', rolesThat('UPDATE', module, roles)]] : []),
      ],
    ),
    '## Fields',
    table(['field', 'type', 'kind', '', 'may stand in', 'label', '标签'], rows),
    ...(options.length > 0 ? ['## Options', options.join('\n')] : []),
    ...(lists.length > 0 ? ['## Lists', table(['list', 'type', 'records'], lists)] : []),
    ...(further.length > 0
      ? [
          '## Further members',
          table(
            ['field', 'type', 'meaning'],
            further.map((field) => [code(field.name), code(field.type), cell(field.description)]),
          ),
        ]
      : []),
    '## Types',
    Object.values(names)
      .filter((name) => schema.getType(name))
      .map(code)
      .join(', '),
  ]
    .filter(Boolean)
    .join('\n\n')
    .concat('\n')
}
