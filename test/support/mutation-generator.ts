import type fc from 'fast-check'
import {
  type GraphQLField,
  type GraphQLInputField,
  type GraphQLInputObjectType,
  type GraphQLInputType,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isInputObjectType,
  isListType,
  isNonNullType,
} from 'graphql'
import {
  allowed,
  finished,
  type GeneratedOperation,
  inputText,
  int,
  type NameChoice,
  newState,
  pick,
  type State,
  selectionText,
  type ValuePools,
} from './operation-generator.ts'

/**
 * A random mutation of records: one or two root fields, often of records that exist, with a few members of their inputs. Every eighth member is one of the preferred
 * names (`UpdateAccountInput.taxNumber`). Most are of the `modules`. `always`: an argument that each root field gets.
 */
export function generateMutation(
  draw: fc.GeneratorValue,
  random: typeof fc,
  schema: GraphQLSchema,
  pools: ValuePools,
  names: NameChoice = {},
  modules: ReadonlySet<string> = new Set(),
  always = '',
): GeneratedOperation {
  const state = newState(draw, random, schema, pools, names, 20)
  const mutation = schema.getMutationType() as GraphQLObjectType
  const roots = Object.values(mutation.getFields()).filter(({ extensions }) => extensions.guanxi?.kind === 'write')
  const wanted = int(state, 0, 3) === 0 ? 2 : 1
  const promising = roots.filter(({ extensions }) => extensions.guanxi?.kind === 'write' && modules.has(extensions.guanxi.module))
  const anyRoot = () => {
    const root = pick(state, promising.length > 0 && int(state, 0, 5) > 0 ? promising : roots)
    // What is deleted is soon used up, and little can be restored.
    return /^(?:delete|restore)/.test(root.name) && int(state, 0, 3) > 0 ? pick(state, promising.length > 0 ? promising : roots) : root
  }
  const selections = Array.from({ length: wanted }, (_, index) => rootText(state, anyRoot(), index, always))
  return finished(state, 'mutation', `{ ${selections.join(' ')} }`)
}

function rootText(state: State, field: GraphQLField<unknown, unknown>, index: number, always: string): string {
  const drawn = field.args.flatMap((argument) => {
    if (!isNonNullType(argument.type) && (argument.name === 'dryRun' || int(state, 0, 7) > 0)) return []
    const inner = getNullableType(argument.type)
    if (argument.name === 'id') return [`id: ${JSON.stringify(recordId(state, field))}`]
    if (argument.name === 'ids') return [`ids: [${JSON.stringify(recordId(state, field))}]`]
    const input = isListType(inner) ? getNullableType(inner.ofType) : inner
    if (!isInputObjectType(input)) {
      const text = inputText(state, argument.type, 0)
      return text === null ? [] : [`${argument.name}: ${text}`]
    }
    const text = writeInput(state, input, field)
    return [`${argument.name}: ${isListType(inner) ? `[${text}]` : text}`]
  })
  const args = always === '' ? drawn : [...drawn, always]
  const payload = getNamedType(field.type) as GraphQLObjectType
  return `r${index}: ${field.name}${args.length > 0 ? `(${args.join(', ')})` : ''} ${selectionText(state, payload, 0)}`
}

/** More often than not a record of the module that is written; the number of the module is the end of an id. */
function recordId(state: State, field: GraphQLField<unknown, unknown>): string {
  return idOf(state, moduleOf(field))
}

function moduleOf({ extensions: { guanxi } }: GraphQLField<unknown, unknown>): string {
  return guanxi?.kind === 'write' ? guanxi.module : ''
}

function idOf(state: State, module: string): string {
  const own = state.pools.idsOf?.get(module) ?? []
  return own.length > 0 && int(state, 0, 15) > 0 ? pick(state, own) : pick(state, state.pools.ids)
}

const SKIPPED = new Set(['externalIds', 'ref', 'ifVersion', 'tags'])

/** The members that must be there, and a few others. */
function writeInput(state: State, type: GraphQLInputObjectType, field: GraphQLField<unknown, unknown>): string {
  const fields = allowed(
    state,
    type.name,
    Object.values(type.getFields()).filter(({ name }) => !SKIPPED.has(name)),
  )
  const liked = fields.filter(({ name }) => state.names.preferred?.has(`${type.name}.${name}`))
  // One of these refuses all of the operation, so that most have none.
  const plain = fields.filter((each) => !liked.includes(each))
  const needed = /^Create|^Upsert/.test(type.name) ? (state.pools.requiredOf?.get(moduleOf(field)) ?? ['name', 'subject', 'lastName']) : []
  const wanted = new Map(fields.filter((each) => isNonNullType(each.type) || needed.includes(each.name)).map((each) => [each.name, each]))
  for (let count = int(state, 1, 3); count > 0; count -= 1) {
    const each = pick(state, plain.length === 0 || (liked.length > 0 && int(state, 0, 7) === 0) ? liked : plain)
    wanted.set(each.name, each)
  }
  if (type.isOneOf) for (const name of [...wanted.keys()].slice(1)) wanted.delete(name)
  const members = [...wanted.values()].flatMap((each) => {
    const inner = getNullableType(each.type)
    const text =
      each.name === 'id'
        ? JSON.stringify(recordId(state, field))
        : isInputObjectType(inner) && !inner.isOneOf && each.extensions.guanxi === undefined
          ? writeInput(state, inner, field)
          : valueText(state, each, field)
    return text === null ? [] : [`${each.name}: ${text}`]
  })
  return `{${members.join(', ')}}`
}

/** A value that fits more often than one drawn for a filter. */
function valueText(state: State, { name: member, type }: GraphQLInputField, root: GraphQLField<unknown, unknown>): string | null {
  const { name } = getNamedType(type as GraphQLInputType)
  if (int(state, 0, 23) === 0) return inputText(state, type, 1)
  const texts = state.pools.fittingTexts?.get(`${moduleOf(root)}.${member}`)
  if (texts && name === 'String') return isListType(getNullableType(type)) ? `[${JSON.stringify(pick(state, texts))}]` : JSON.stringify(pick(state, texts))
  if (name === 'MoneyInput') return `{amount: ${JSON.stringify(pick(state, ['12.50', '0', '99000']))}, currency: "USD"}`
  // References are by the id of a record; the type is named after its module. By a name of the operation there is rarely one.
  const module = name.endsWith('Ref') ? `${name.charAt(0).toLowerCase()}${name.slice(1, -3)}` : ''
  if (state.pools.idsOf?.has(module)) {
    const reference = `{id: ${JSON.stringify(idOf(state, module))}}`
    return isListType(getNullableType(type)) ? `[${reference}]` : reference
  }
  return inputText(state, type, 1)
}
