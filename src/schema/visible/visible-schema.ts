import {
  type GraphQLFieldConfigArgumentMap,
  type GraphQLInputField,
  GraphQLInputObjectType,
  GraphQLInterfaceType,
  GraphQLList,
  type GraphQLNamedType,
  GraphQLNonNull,
  GraphQLObjectType,
  GraphQLSchema,
  type GraphQLType,
  GraphQLUnionType,
  getNamedType,
  isInputObjectType,
  isInterfaceType,
  isIntrospectionType,
  isListType,
  isNonNullType,
  isObjectType,
  isUnionType,
} from 'graphql'
import type { ResolverContext } from '../operation.ts'
import type { Visibility } from './visibility.ts'

type ObjectField = ReturnType<GraphQLObjectType<unknown, ResolverContext>['getFields']>[string]

/** A type's members that stay, and whether anything does. */
interface Kept {
  readonly outputs: Map<string, ObjectField>
  readonly inputs: Map<string, GraphQLInputField>
}

/**
 * The schema as somebody may see it: without the members that are of no use, the types that are left without any, and the types to which nothing leads.
 * For introspection and printing alone: nothing is executed by it but that. What the interface Record promises stays on every record type, whose
 * members are the same everywhere and tell nothing. Answers the schema itself where all of it is visible.
 */
export function visibleSchema(schema: GraphQLSchema, visibility: Visibility): GraphQLSchema {
  const types = Object.values(schema.getTypeMap()).filter((type) => !isIntrospectionType(type))
  const kept = new Map(types.filter(hasMembers).map((type) => [type.name, membersOf(type, visibility)]))
  const isWhole = types.filter(hasMembers).every((type) => countMembers(type) === sizeOf(kept.get(type.name)))
  if (isWhole) return schema
  dropDead(kept)
  const copies = new Copies(kept)
  const root = (type: GraphQLObjectType | null | undefined) => (type && copies.isAlive(type) ? copies.of(type) : undefined)
  return new GraphQLSchema({
    ...schema.toConfig(),
    query: root(schema.getQueryType()),
    mutation: root(schema.getMutationType()),
    subscription: root(schema.getSubscriptionType()),
    // Those that interfaces alone lead to; the constructor finds all others.
    types: types.filter((type) => isObjectType(type) && type.getInterfaces().length > 0 && copies.isAlive(type)).map((type) => copies.of(type)),
    assumeValid: true,
  })
}

function hasMembers(type: GraphQLNamedType): type is GraphQLObjectType | GraphQLInterfaceType | GraphQLInputObjectType {
  return isObjectType(type) || isInterfaceType(type) || isInputObjectType(type)
}

function countMembers(type: GraphQLObjectType | GraphQLInterfaceType | GraphQLInputObjectType): number {
  return Object.keys(type.getFields()).length
}

function sizeOf({ outputs, inputs }: Kept = { outputs: new Map(), inputs: new Map() }): number {
  return outputs.size + inputs.size
}

function membersOf(type: GraphQLObjectType | GraphQLInterfaceType | GraphQLInputObjectType, visibility: Visibility): Kept {
  if (isInputObjectType(type)) {
    const inputs = Object.values(type.getFields()).filter((field) => visibility.input(type.name, field))
    return { outputs: new Map(), inputs: new Map(inputs.map((field) => [field.name, field])) }
  }
  const fields = Object.values(type.getFields())
  const visible = fields.filter((field) => visibility.output(type.name, field))
  const promised = new Set(type.getInterfaces().flatMap((each) => Object.keys(each.getFields())))
  const descriptor = isObjectType(type) ? type.extensions.guanxi : undefined
  const isClosed = descriptor?.kind === 'record' && descriptor.module !== undefined && !visibility.reads(descriptor.module)
  const outputs = isClosed ? [] : fields.filter((field) => promised.has(field.name) || visible.includes(field))
  return { outputs: new Map(outputs.map((field) => [field.name, field])), inputs: new Map() }
}

/** Takes members away whose types have none left, until all that stay lead to something. */
function dropDead(kept: Map<string, Kept>): void {
  const isDead = (type: GraphQLType): boolean => {
    const members = kept.get(getNamedType(type).name)
    return members !== undefined && members.outputs.size === 0 && members.inputs.size === 0
  }
  for (let changed = true; changed; ) {
    changed = false
    for (const { outputs, inputs } of kept.values()) {
      for (const field of outputs.values()) {
        if (!isDead(field.type) && !field.args.some(({ type }) => isNonNullType(type) && isDead(type))) continue
        outputs.delete(field.name)
        changed = true
      }
      for (const field of inputs.values()) if (isDead(field.type) && inputs.delete(field.name)) changed = true
      // An input that cannot be filled in is none.
      if (inputs.size > 0 && [...inputs.values()].every(({ type }) => isDead(type))) inputs.clear()
    }
  }
}

/** Copies of the types that stay, each made once. */
class Copies {
  readonly #kept: ReadonlyMap<string, Kept>
  readonly #made = new Map<string, GraphQLNamedType>()

  constructor(kept: ReadonlyMap<string, Kept>) {
    this.#kept = kept
  }

  isAlive(type: GraphQLType): boolean {
    const members = this.#kept.get(getNamedType(type).name)
    return members === undefined || members.outputs.size > 0 || members.inputs.size > 0
  }

  of<T extends GraphQLType>(type: T): T {
    if (isNonNullType(type)) return new GraphQLNonNull(this.of(type.ofType)) as GraphQLType as T
    if (isListType(type)) return new GraphQLList(this.of(type.ofType)) as GraphQLType as T
    const named = type as GraphQLNamedType
    const copy = this.#made.get(named.name) ?? this.#copy(named)
    this.#made.set(named.name, copy)
    return copy as GraphQLType as T
  }

  #copy(type: GraphQLNamedType): GraphQLNamedType {
    if (isObjectType(type)) {
      return new GraphQLObjectType({
        ...type.toConfig(),
        interfaces: () => type.getInterfaces().map((each) => this.of(each)),
        fields: () => this.#outputs(type),
      })
    }
    if (isInterfaceType(type)) {
      return new GraphQLInterfaceType({
        ...type.toConfig(),
        interfaces: () => type.getInterfaces().map((each) => this.of(each)),
        fields: () => this.#outputs(type),
      })
    }
    if (isUnionType(type)) {
      const members = type.getTypes().filter((member) => this.isAlive(member))
      return new GraphQLUnionType({ ...type.toConfig(), types: () => members.map((member) => this.of(member)) })
    }
    if (isInputObjectType(type)) {
      const config = type.toConfig()
      const names = [...(this.#kept.get(type.name)?.inputs.keys() ?? [])]
      const fields = () => Object.fromEntries(names.map((name) => [name, { ...config.fields[name], type: this.of(config.fields[name]?.type as never) }]))
      return new GraphQLInputObjectType({ ...config, fields })
    }
    return type
  }

  #outputs(type: GraphQLObjectType | GraphQLInterfaceType) {
    const { fields } = type.toConfig()
    return Object.fromEntries(
      [...(this.#kept.get(type.name)?.outputs.keys() ?? [])].map((name) => {
        const field = fields[name] as (typeof fields)[string]
        const args: GraphQLFieldConfigArgumentMap = {}
        for (const [arg, config] of Object.entries(field.args ?? {})) if (this.isAlive(config.type)) args[arg] = { ...config, type: this.of(config.type) }
        return [name, { ...field, type: this.of(field.type), args }]
      }),
    )
  }
}
