import { astFromValue, isEnumType, isInputObjectType, isInterfaceType, isNonNullType, isObjectType, isScalarType, isUnionType, print } from 'graphql'
import { cell, code, table } from '../table.mjs'

/** The default of an argument or member as it is written in a document. */
function defaultText({ defaultValue, type }) {
  if (defaultValue === undefined) return ''
  const ast = astFromValue(defaultValue, type)
  return ast ? code(print(ast)) : ''
}

/** Rows of arguments or members of an input: name, type, default, meaning. */
const givenRow = (given) => [code(given.name), `${code(given.type)}${isRequired(given) ? ' (required)' : ''}`, defaultText(given), cell(given.description)]

const isRequired = ({ type, defaultValue }) => isNonNullType(type) && defaultValue === undefined

const argumentsTable = (args) => table(['argument', 'type', 'unless given', 'meaning'], args.map(givenRow))

/** Arguments of a field that stands in a table, within its meaning. */
function inlineArguments(args) {
  if (args.length === 0) return ''
  const spelled = args.map((argument) => {
    const fallback = defaultText(argument)
    return `${code(`${argument.name}: ${argument.type}`)}${fallback && ` (${fallback} unless given)`}${argument.description ? `: ${cell(argument.description)}` : ''}`
  })
  return ` Arguments: ${spelled.join(' ')}`
}

/** What a named type consists of. */
export function typeBody(type) {
  const parts = [type.description ?? '']
  if (isObjectType(type) || isInterfaceType(type)) {
    const bases = type.getInterfaces()
    if (bases.length > 0) parts.push(`Is a ${bases.map(({ name }) => code(name)).join(', ')}.`)
    const fields = Object.values(type.getFields())
    parts.push(
      table(
        ['field', 'type', 'meaning'],
        fields.map((field) => [code(field.name), code(field.type), `${cell(field.description)}${inlineArguments(field.args)}`.trim()]),
      ),
    )
  } else if (isInputObjectType(type)) parts.push(table(['member', 'type', 'unless given', 'meaning'], Object.values(type.getFields()).map(givenRow)))
  else if (isEnumType(type))
    parts.push(
      table(
        ['value', 'meaning'],
        type.getValues().map(({ name, description }) => [code(name), cell(description)]),
      ),
    )
  else if (isUnionType(type))
    parts.push(
      `One of ${type
        .getTypes()
        .map(({ name }) => code(name))
        .join(', ')}.`,
    )
  return parts.filter(Boolean).join('\n\n')
}

export function kindOf(type) {
  if (isInputObjectType(type)) return 'input'
  if (isEnumType(type)) return 'enum'
  if (isInterfaceType(type)) return 'interface'
  if (isUnionType(type)) return 'union'
  return isScalarType(type) ? 'scalar' : 'object'
}

/** A root field: what it does, its arguments, and what it answers. */
export function rootFieldSection(field, note = '') {
  return [`### ${code(field.name)}`, `${cell(field.description)}${note && ` ${note}`}`.trim(), `Answers ${code(field.type)}.`, argumentsTable(field.args)]
    .filter(Boolean)
    .join('\n\n')
}
