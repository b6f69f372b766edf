import type fc from 'fast-check'
import {
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputObjectType,
  type GraphQLInputType,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isObjectType,
} from 'graphql'

/** Values that operands are drawn from: those of the data, so that filters match now and then, and strangers. */
export interface ValuePools {
  readonly texts: readonly string[]
  readonly ids: readonly string[]
  readonly numbers: readonly string[]
  readonly instants: readonly string[]
  /** Ids of records by module, for writes. */
  readonly idsOf?: ReadonlyMap<string, readonly string[]>
  /** Texts that fit a field, such as the options of a SELECT, by `account.lifecycle`. */
  readonly fittingTexts?: ReadonlyMap<string, readonly string[]>
  /** Names of fields that a new record needs, by module. */
  readonly requiredOf?: ReadonlyMap<string, readonly string[]>
}

export interface GeneratedOperation {
  readonly source: string
  readonly variables: Readonly<Record<string, unknown>>
  /** Other values for the same variables, for a second execution of the same document. */
  readonly otherVariables: Readonly<Record<string, unknown>>
}

type Draw = fc.GeneratorValue

/** Members of types, as `Account.taxNumber` and `AccountFilter.taxNumber`, that are drawn otherwise than the rest. */
export interface NameChoice {
  /** Every second time that a field is chosen where one of these stands, it is one of these. */
  readonly preferred?: ReadonlySet<string>
  /** Never chosen: so an operation is not refused for them. */
  readonly avoided?: ReadonlySet<string>
}

/** What one operation is drawn with, and what it has come to so far. */
export interface State {
  readonly draw: Draw
  readonly random: typeof fc
  readonly schema: GraphQLSchema
  readonly pools: ValuePools
  readonly names: NameChoice
  readonly definitions: string[]
  readonly variables: Record<string, unknown>
  readonly fragments: string[]
  budget: number
}

/**
 * A random query over the generated part of a schema: aliases, inline and named fragments, skip and include, variables, nested
 * connections with filter, order and page, aggregates. Everything is drawn by fast-check, so failures shrink.
 */
export function generateOperation(draw: Draw, random: typeof fc, schema: GraphQLSchema, pools: ValuePools, names: NameChoice = {}): GeneratedOperation {
  const state = newState(draw, random, schema, pools, names, 40)
  const query = schema.getQueryType() as GraphQLObjectType
  const roots = allowed(state, query.name, Object.values(query.getFields())).filter(({ extensions }) =>
    ['list', 'get', 'aggregate', 'node'].includes(extensions.guanxi?.kind ?? ''),
  )
  const selections = Array.from({ length: int(state, 1, 2) }, (_, index) => `r${index}: ${fieldText(state, pick(state, roots), 0)}`)
  const body = `{ ${selections.join(' ')} }`
  return finished(state, 'query', body)
}

export function newState(draw: Draw, random: typeof fc, schema: GraphQLSchema, pools: ValuePools, names: NameChoice, budget: number): State {
  return { draw, random, schema, pools, names, definitions: [], variables: {}, fragments: [], budget }
}

/** The operation of this body, with the fragments and variables that it uses. */
export function finished(state: State, operation: 'query' | 'mutation', body: string): GeneratedOperation {
  // Some of what was drawn did not make it into the text (a repeated key); unused definitions are not valid.
  const fragments = reachable(body, state.fragments)
  const text = [body, ...fragments].join('\n')
  const definitions = state.definitions.filter((definition) => new RegExp(`\\${definition.slice(0, definition.indexOf(':'))}\\b`).test(text))
  const otherVariables = Object.fromEntries(state.definitions.map((definition) => redrawn(state, definition)))
  return { source: `${operation} Q${definitions.length > 0 ? `(${definitions.join(', ')})` : ''} ${text}`, variables: state.variables, otherVariables }
}

/** A member of a module's types that somebody may not use. */
export interface ProbedMember {
  readonly typeName: string
  readonly pluralName: string
  readonly member: string
}

/**
 * The plainest operation that would tell something of a member: records that it chooses, orders or groups, or its figures. Other than in a long random operation
 * nothing else can fail first. Null where the member has no such place.
 */
export function generateProbe(
  draw: Draw,
  random: typeof fc,
  schema: GraphQLSchema,
  pools: ValuePools,
  members: readonly ProbedMember[],
): GeneratedOperation | null {
  const state = newState(draw, random, schema, pools, {}, 10)
  const { typeName, pluralName, member } = pick(state, members)
  const list = (args: string) => `{ r: ${pluralName}(${args}) { totalCount nodes { id } } }`
  const inputOf = (suffix: string) => {
    const type = schema.getType(`${typeName}${suffix}`)
    const field = isInputObjectType(type) ? type.getFields()[member] : undefined
    return field && inputText(state, field.type, 1)
  }
  const part = pick(state, ['sum', 'avg', 'min', 'max'])
  const texts: (() => string | null | undefined | false)[] = [
    () => inputOf('Filter'),
    () => inputOf('OrderBy'),
    () => inputOf('GroupBy'),
    () => {
      const type = schema.getType(`${typeName}Aggregate${part.charAt(0).toUpperCase()}${part.slice(1)}`)
      const field = isObjectType(type) ? type.getFields()[member] : undefined
      return field && (isObjectType(getNamedType(field.type)) ? `${member} { amount }` : member)
    },
  ]
  const which = int(state, 0, 7)
  const place = which < 4 ? 0 : which < 6 ? 1 : which - 4
  const text = texts[place]?.()
  if (!text) return null
  const given = `{${member}: ${text}}`
  const negated = int(state, 0, 2) === 0 ? `{not: ${given}}` : given
  const bodies = [
    list(`filter: ${negated}, first: 500`),
    list(`orderBy: [${given}], first: 500`),
    `{ r: ${pluralName}Aggregate(groupBy: [${given}], first: 500) { key count } }`,
    `{ r: ${pluralName}Aggregate { ${part} { ${text} } } }`,
  ]
  const source = `query P${state.definitions.length > 0 ? `(${state.definitions.join(', ')})` : ''} ${bodies[place]}`
  return { source, variables: state.variables, otherVariables: state.variables }
}

function reachable(body: string, fragments: readonly string[]): string[] {
  const found = new Set<string>()
  const follow = (text: string): void => {
    for (const fragment of fragments) {
      const name = fragment.split(' ')[1] as string
      if (!found.has(fragment) && new RegExp(`\\.\\.\\.${name}\\b`).test(text)) {
        found.add(fragment)
        follow(fragment)
      }
    }
  }
  follow(body)
  return [...found]
}

function fieldText(state: State, field: GraphQLField<unknown, unknown>, depth: number): string {
  state.budget -= 1
  const type = getNamedType(field.type)
  const args = argumentsText(state, field.args, depth)
  const selection = isObjectType(type) ? ` ${selectionText(state, type, depth)}` : field.name === 'node' ? ` ${nodeSelection(state)}` : ''
  return `${field.name}${args}${selection}`
}

function nodeSelection(state: State): string {
  const record = pick(state, ['Account', 'Contact', 'Order'])
  return `{ __typename id ... on Record { version displayName } ... on ${record} ${selectionText(state, state.schema.getType(record) as GraphQLObjectType, 2)} }`
}

export function selectionText(state: State, type: GraphQLObjectType, depth: number): string {
  const kind = type.extensions.guanxi?.kind
  const fields = allowed(state, type.name, Object.values(type.getFields())).filter((field) => {
    if (['history', 'anyRecord', 'computed'].includes(field.extensions.guanxi?.kind ?? '')) return false
    return depth < 3 || !isObjectType(getNamedType(field.type)) || kind === 'connection' || kind === 'edge' || kind === 'aggregate'
  })
  const wanted = kind === 'connection' ? int(state, 1, 3) : int(state, 1, state.budget > 0 ? 5 : 2)
  const items = Array.from({ length: wanted }, () => selectionItem(state, type, pickMember(state, type.name, fields), depth))
  if (kind === 'record') items.unshift('id')
  return `{ ${items.join(' ')} }`
}

function selectionItem(state: State, type: GraphQLObjectType, field: GraphQLField<unknown, unknown>, depth: number): string {
  if (int(state, 0, 12) === 0) return int(state, 0, 1) === 0 ? '__typename' : `t${int(state, 0, 3)}: __typename`
  const next = type.extensions.guanxi?.kind === 'record' && isObjectType(getNamedType(field.type)) ? depth + 1 : depth
  // Aliases are new names, so that merged fields always agree; a repeated plain leaf is merged as it is.
  const plain = !isObjectType(getNamedType(field.type)) && field.args.length === 0 && int(state, 0, 2) > 0
  const text = plain ? field.name : `a${state.draw(state.random.nat, { max: 1_000_000_000 })}_${field.name}: ${fieldText(state, field, next)}`
  const directive = directiveText(state)
  switch (int(state, 0, 9)) {
    case 0:
      return `... on ${type.name}${directive} { ${text} }`
    case 1:
      return type.extensions.guanxi?.kind === 'record' ? `... on Record { createdAt version } ${text}` : `... { ${text} }`
    case 2: {
      const name = `F${state.fragments.length}_${int(state, 0, 1_000_000)}`
      state.fragments.push(`fragment ${name} on ${type.name} { ${text} }`)
      return `...${name}${directive}`
    }
    default:
      return `${text.includes('{') ? text : `${text}${directive}`}`
  }
}

function directiveText(state: State): string {
  switch (int(state, 0, 11)) {
    case 0:
      return ` @include(if: ${int(state, 0, 1) === 1})`
    case 1:
      return ` @skip(if: ${variable(state, 'Boolean!', int(state, 0, 1) === 1)})`
    default:
      return ''
  }
}

const SKIPPED_ARGUMENTS = new Set(['after', 'before', 'last', 'fields', 'deleted'])

function argumentsText(state: State, args: readonly GraphQLArgument[], depth: number): string {
  const given: string[] = []
  const sizes = new Set(['first', 'last'])
  const backward = args.some(({ name }) => name === 'last') && int(state, 0, 4) === 0
  for (const argument of args) {
    if (isNonNullType(argument.type)) given.push(`${argument.name}: ${requiredValue(state, argument)}`)
    else if (sizes.has(argument.name)) {
      if (argument.name === (backward ? 'last' : 'first')) {
        const size = int(state, 1, depth === 0 ? 6 : 3)
        given.push(`${argument.name}: ${int(state, 0, 3) === 0 ? variable(state, 'Int', size) : size}`)
      }
    } else if (argument.name === 'timeZone') {
      given.push(`timeZone: "${pick(state, ['UTC', 'Asia/Shanghai', 'America/New_York'])}"`)
    } else if (!SKIPPED_ARGUMENTS.has(argument.name) && int(state, 0, 2) === 0) {
      const value = inputText(state, argument.type, 0)
      if (value !== null) given.push(`${argument.name}: ${value}`)
    }
  }
  return given.length > 0 ? `(${given.join(', ')})` : ''
}

function requiredValue(state: State, argument: GraphQLArgument): string {
  const id = pick(state, state.pools.ids)
  if (argument.name === 'id') return int(state, 0, 1) === 0 ? variable(state, 'ID!', id) : JSON.stringify(id)
  return inputText(state, argument.type, 0) ?? JSON.stringify(id)
}

/** Literal (or variable) of an input type; null where nothing sensible can be made. */
export function inputText(state: State, type: GraphQLInputType, depth: number): string | null {
  const inner = getNullableType(type)
  if (isListType(inner)) {
    const items = Array.from({ length: int(state, 1, 2) }, () => inputText(state, inner.ofType, depth)).filter((item) => item !== null)
    const unique = new Set(items)
    return `[${[...unique].join(', ')}]`
  }
  if (isEnumType(inner)) return pick(state, inner.getValues()).name
  if (isInputObjectType(inner)) return objectText(state, inner, depth)
  return scalarText(state, inner.name)
}

function objectText(state: State, type: GraphQLInputObjectType, depth: number): string | null {
  const nested = new Set(['and', 'or', 'not', 'one', 'many', 'through', 'groupKey'])
  const fields = allowed(state, type.name, Object.values(type.getFields())).filter(({ extensions, name }) => {
    const kind = extensions.guanxi?.kind ?? ''
    if (kind === 'groupKey' || name === 'externalId') return false
    return depth < 2 || !nested.has(kind)
  })
  if (fields.length === 0) return null
  const count = type.isOneOf ? 1 : int(state, 1, 2)
  const drawn = Array.from({ length: count }, () => pickMember(state, type.name, fields))
  const chosen = new Map([...fields.filter((field) => isNonNullType(field.type)), ...drawn].map((field) => [field.name, field]))
  const members: string[] = []
  for (const field of chosen.values()) {
    const named = getNamedType(field.type)
    // A Boolean of groupBy is always true; `isNull` and `isEmpty` are either.
    const value = type.isOneOf && named.name === 'Boolean' ? 'true' : inputText(state, field.type, depth + 1)
    if (value !== null) members.push(`${field.name}: ${value}`)
  }
  if (type.isOneOf && members.length === 0) return null
  return `{${members.join(', ')}}`
}

function scalarText(state: State, name: string): string | null {
  const value = scalarValue(state, name)
  if (value === undefined) return null
  return int(state, 0, 3) === 0 && name !== 'Boolean' ? variable(state, `${name}!`, value) : JSON.stringify(value)
}

function scalarValue(state: State, name: string): unknown {
  switch (name) {
    case 'ID':
      return pick(state, state.pools.ids)
    case 'String':
      return pick(state, state.pools.texts)
    case 'Int':
      return int(state, -5, 100)
    case 'Decimal':
      return pick(state, state.pools.numbers)
    case 'Boolean':
      return int(state, 0, 1) === 1
    case 'DateTime':
      return pick(state, state.pools.instants)
    case 'Date':
      return pick(state, state.pools.instants).slice(0, 10)
    default:
      return undefined
  }
}

/** A new value for `$v0: Type!`; page sizes stay small. */
function redrawn(state: State, definition: string): [string, unknown] {
  const [name = '', type = ''] = definition.slice(1).split(': ')
  const given = state.variables[name]
  if (type === 'Int') return [name, int(state, 1, 6)]
  if (type === 'Boolean!') return [name, int(state, 0, 1) === 1]
  return [name, scalarValue(state, type.replace('!', '')) ?? given]
}

function variable(state: State, type: string, value: unknown): string {
  const name = `v${state.definitions.length}`
  state.definitions.push(`$${name}: ${type}`)
  state.variables[name] = value
  return `$${name}`
}

export function int(state: State, min: number, max: number): number {
  return state.draw(state.random.integer, { min, max })
}

/** Those that are not to be avoided, or all where nothing would be left. */
export function allowed<T extends { readonly name: string }>(state: State, typeName: string, members: readonly T[]): readonly T[] {
  const { avoided } = state.names
  const left = avoided ? members.filter(({ name }) => !avoided.has(`${typeName}.${name}`)) : members
  return left.length > 0 ? left : members
}

export function pickMember<T extends { readonly name: string }>(state: State, typeName: string, members: readonly T[]): T {
  const { preferred: names } = state.names
  const preferred = names ? members.filter(({ name }) => names.has(`${typeName}.${name}`)) : []
  return pick(state, preferred.length > 0 && int(state, 0, 1) === 0 ? preferred : members)
}

export function pick<T>(state: State, items: readonly T[]): T {
  return items[int(state, 0, items.length - 1)] as T
}
