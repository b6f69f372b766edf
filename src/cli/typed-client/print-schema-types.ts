import {
  type GraphQLInputType,
  type GraphQLNamedType,
  type GraphQLOutputType,
  type GraphQLSchema,
  type GraphQLType,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isIntrospectionType,
  isListType,
  isNonNullType,
  isObjectType,
  isRequiredInputField,
  isUnionType,
} from 'graphql'
import type { Choice, Facts } from './facts.ts'

/** TypeScript of the scalars, as they are written in JSON; of others nothing is known. */
const SCALARS: Readonly<Record<string, string>> = {
  ID: 'string',
  String: 'string',
  Int: 'number',
  Float: 'number',
  Boolean: 'boolean',
  DateTime: 'string',
  Date: 'string',
  Decimal: 'string',
}

/** `string` for `ID`; `unknown` for what may be any JSON. */
export function scalarText(name: string): string {
  return SCALARS[name] ?? 'unknown'
}

/** The union of a field's values. */
export function choiceText({ values }: Pick<Choice, 'values'>): string {
  return values.map(quoted).join(' | ')
}

/** A string as TypeScript writes it. */
export function quoted(text: string): string {
  return JSON.stringify(text)
}

/**
 * `schema.ts`: TypeScript of all types of the schema. Members that are never null for this reader, but in an answer with errors, are told so; fields with choices are unions of them.
 */
export function printSchemaTypes(schema: GraphQLSchema, facts: Facts): string {
  const types = Object.values(schema.getTypeMap()).filter((type) => !isIntrospectionType(type))
  const unions = facts.choices.map(
    (choice) => `/** Values of \`${choice.field}\`${retiredText(choice)}. */\nexport type ${choice.typeName} = ${choiceText(choice)}\n`,
  )
  return [OPTION_FILTERS, ...unions, ...types.flatMap((type) => printType(type, schema, facts))].join('\n')
}

const OPTION_FILTERS = `/** Conditions on a field with choices. */
type OptionFilter$<Filter, Option> = Omit<Filter, 'eq' | 'ne' | 'in' | 'notIn'> & {
  readonly eq?: Option | null
  readonly ne?: Option | null
  readonly in?: readonly Option[] | null
  readonly notIn?: readonly Option[] | null
}

/** Conditions on a field with several choices. */
type OptionListFilter$<Filter, Option> = Omit<Filter, 'hasAny' | 'hasAll' | 'hasNone'> & {
  readonly hasAny?: readonly Option[] | null
  readonly hasAll?: readonly Option[] | null
  readonly hasNone?: readonly Option[] | null
}
`

function retiredText({ values, chosen }: Choice): string {
  const retired = values.filter((value) => !chosen.includes(value))
  return retired.length > 0 ? `, ${retired.join(', ')} of old records alone`.replaceAll('*/', '* /') : ''
}

function printType(type: GraphQLNamedType, schema: GraphQLSchema, facts: Facts): string[] {
  if (isEnumType(type)) {
    const values = type.getValues().map(({ name }) => quoted(name))
    return [`${commentOf(type.description)}export type ${type.name} = ${values.join(' | ')}\n`]
  }
  if (isUnionType(type) || isInterfaceType(type)) {
    const members = schema.getPossibleTypes(type).map(({ name }) => name)
    return [`${commentOf(type.description)}export type ${type.name} = ${members.join(' | ') || 'never'}\n`]
  }
  if (isInputObjectType(type)) return [printInput(type.name, type.description, Object.values(type.getFields()), type.isOneOf, facts)]
  if (!isObjectType(type) || isRoot(type, schema)) return []
  const members = Object.values(type.getFields()).map(
    (field) =>
      `${commentOf(field.description, '  ', field.deprecationReason)}  readonly ${field.name}: ${outputText(field.type, facts.isFilled(type.name, field.name), facts.output(type.name, field.name))}`,
  )
  return [`${commentOf(type.description)}export interface ${type.name} {\n  readonly __typename: ${quoted(type.name)}\n${members.join('\n')}\n}\n`]
}

function isRoot(type: GraphQLNamedType, schema: GraphQLSchema): boolean {
  return type === schema.getQueryType() || type === schema.getMutationType() || type === schema.getSubscriptionType()
}

interface InputMember {
  readonly name: string
  readonly type: GraphQLInputType
  readonly description?: string | null | undefined
  readonly deprecationReason?: string | null | undefined
  readonly defaultValue?: unknown
}

function printInput(name: string, description: string | null | undefined, fields: readonly InputMember[], isOneOf: boolean, facts: Facts): string {
  const textOf = (field: InputMember): string => inputMemberText(name, field, facts)
  if (isOneOf) {
    // Exactly one: the others may be left out alone.
    const one = fields.map((field) => {
      const others = fields.filter((each) => each !== field).map((each) => `readonly ${each.name}?: never`)
      return `  | { ${[`readonly ${field.name}: NonNullable<${textOf(field)}>`, ...others].join('; ')} }`
    })
    return `${commentOf(description)}export type ${name} =\n${one.join('\n')}\n`
  }
  const members = fields.map((field) => {
    const optional = isRequiredInputField(field as never) ? '' : '?'
    return `${commentOf(field.description, '  ', field.deprecationReason)}  readonly ${field.name}${optional}: ${textOf(field)}`
  })
  return `${commentOf(description)}export interface ${name} {\n${members.join('\n')}\n}\n`
}

function inputMemberText(typeName: string, { name, type }: InputMember, facts: Facts): string {
  const filtered = facts.filter(typeName, name)
  if (filtered) return `${filtered.isList ? 'OptionListFilter$' : 'OptionFilter$'}<${getNamedType(type).name}, ${filtered.typeName}> | null`
  const choice = facts.input(typeName, name)
  if (!choice) return inputText(type)
  // Retired values are refused.
  const chosen = choice.chosen.length === choice.values.length ? choice.typeName : `Exclude<${choice.typeName}, ${retiredUnion(choice)}>`
  return inputText(type, chosen)
}

function retiredUnion({ values, chosen }: Choice): string {
  return choiceText({ values: values.filter((value) => !chosen.includes(value)) })
}

/** An input type; `leaf` in the place of its named type. Lists may be given as one value, as everywhere in GraphQL, but types ask for lists. */
export function inputText(type: GraphQLInputType, leaf?: string): string {
  if (isNonNullType(type)) return withoutNull(type.ofType as GraphQLInputType, leaf)
  return `${withoutNull(type, leaf)} | null`
}

function withoutNull(type: GraphQLInputType, leaf: string | undefined): string {
  if (isListType(type)) return `readonly ${grouped(inputText(type.ofType as GraphQLInputType, leaf))}[]`
  return leaf ?? leafText(type)
}

/** An output type: `isFilled` is not null whatever the schema says, `choice` are its values. */
export function outputText(
  type: GraphQLOutputType,
  isFilled: boolean,
  choice: Choice | undefined,
  named: (type: GraphQLNamedType) => string = leafText,
): string {
  if (isNonNullType(type)) return outputText(type.ofType as GraphQLOutputType, true, choice, named)
  const text = isListType(type)
    ? `readonly ${grouped(outputText(type.ofType as GraphQLOutputType, false, choice, named))}[]`
    : (choice?.typeName ?? named(type as GraphQLNamedType))
  return isFilled ? text : `${text} | null`
}

function grouped(text: string): string {
  return / [|&] |^readonly /.test(text) ? `(${text})` : text
}

function leafText(type: GraphQLType): string {
  const { name } = getNamedType(type)
  return isObjectType(type) || isInterfaceType(type) || isUnionType(type) || isInputObjectType(type) || isEnumType(type) ? name : scalarText(name)
}

function commentOf(description: string | null | undefined, indent = '', deprecated?: string | null): string {
  const text = [description ?? '', deprecated ? `@deprecated ${deprecated}` : ''].filter((part) => part !== '').join('\n')
  if (text === '') return ''
  const lines = text.replaceAll('*/', '* /').split(/\r\n|\n|\r/)
  return lines.length === 1 ? `${indent}/** ${lines[0]} */\n` : `${indent}/**\n${lines.map((line) => `${indent} * ${line}`).join('\n')}\n${indent} */\n`
}
