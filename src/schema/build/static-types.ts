import {
  defaultFieldResolver,
  GraphQLDirective,
  type GraphQLFieldConfig,
  type GraphQLFieldConfigArgumentMap,
  type GraphQLFieldConfigMap,
  type GraphQLInputFieldConfigMap,
  GraphQLInputObjectType,
  GraphQLInterfaceType,
  GraphQLList,
  type GraphQLNamedType,
  GraphQLNonNull,
  GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  type GraphQLType,
  GraphQLUnionType,
  getNamedType,
  isInputObjectType,
  isInterfaceType,
  isListType,
  isNonNullType,
  isObjectType,
  isSpecifiedDirective,
  isUnionType,
} from 'graphql'
import type { ModuleDefinition } from '../../records/registry/definition.ts'
import type { ResolverContext } from '../operation.ts'
import type { SchemaFieldResolver, SchemaResolvers } from './options.ts'
import { assertStandsIn } from './stand-in.ts'
import type { TypeTable } from './type-table.ts'

type Fields = GraphQLFieldConfigMap<unknown, ResolverContext>
type Field = GraphQLFieldConfig<unknown, ResolverContext>

/**
 * The hand-written schema, made anew over the final types: each type whose name a generated one has is replaced by it, all
 * others are copied with their references led to the final types. Copies are made when first asked for, so types that only
 * replaced ones used never get into the final schema.
 */
export class StaticTypes {
  readonly #schema: GraphQLSchema
  readonly #table: TypeTable
  readonly #resolvers: SchemaResolvers
  readonly #final = new Map<string, GraphQLNamedType>()
  readonly #members = new Map<string, Fields>()

  constructor(schema: GraphQLSchema, table: TypeTable, resolvers: SchemaResolvers) {
    this.#schema = schema
    this.#table = table
    this.#resolvers = resolvers
  }

  /** Root fields of one operation type. Their resolvers are kept, wrapped where they answer with records. */
  rootFields(operation: 'Query' | 'Mutation' | 'Subscription'): Fields {
    const type = { Query: this.#schema.getQueryType(), Mutation: this.#schema.getMutationType(), Subscription: this.#schema.getSubscriptionType() }[operation]
    return type ? this.#fields(operation, type.toConfig().fields) : {}
  }

  /**
   * Members that resolvers add to a record type (`User.roles`). Members without a resolver only describe the entity's columns;
   * which of these the API shows is the registry's affair, so they are left out.
   */
  recordMembers(module: ModuleDefinition): Fields {
    const known = this.#members.get(module.name)
    if (known) return known
    const type = this.#schema.getType(module.typeName)
    const members: Fields = {}
    this.#members.set(module.name, members)
    if (!isObjectType(type)) return members
    for (const [name, member] of Object.entries(type.toConfig().fields)) {
      if (!member.resolve) continue
      const copy = this.#field(module.typeName, name, member)
      const handWritten = copy.resolve
      const descriptor = { kind: 'computed', module: module.name, field: name } as const
      const resolve = this.#resolvers.resolverFor(descriptor, { typeName: module.typeName, fieldName: name, handWritten }) ?? handWritten
      members[name] = { ...copy, resolve, extensions: { ...copy.extensions, guanxi: descriptor } }
    }
    return members
  }

  /**
   * Final types to which these fields lead, through hand-written types alone: what generated ones lead to is left to them. With the copies of types that
   * only their interfaces lead to. The hand-written types themselves are followed, so that their copies need not make their fields yet.
   */
  reached(members: readonly Fields[]): ReadonlySet<GraphQLNamedType> {
    const reached = new Map<string, GraphQLNamedType>()
    const follow = ({ name }: GraphQLNamedType): void => {
      const type = reached.has(name) ? undefined : this.#schema.getType(name)
      if (!type) return
      reached.set(name, this.#finalType(type))
      if (this.#table.find(name)) return
      if (isUnionType(type)) type.getTypes().forEach(follow)
      if (isObjectType(type) || isInterfaceType(type)) type.getInterfaces().forEach(follow)
      if (isInputObjectType(type)) for (const member of Object.values(type.getFields())) follow(getNamedType(member.type))
      else if ('getFields' in type) for (const { type: own, args } of Object.values(type.getFields())) followAll([own, ...args.map((arg) => arg.type)])
    }
    const followAll = (types: readonly GraphQLType[]): void => types.forEach((type) => follow(getNamedType(type)))
    for (const field of members.flatMap((fields) => Object.values(fields))) followAll([field.type, ...Object.values(field.args ?? {}).map((arg) => arg.type)])
    this.implementations().forEach(follow)
    return new Set(reached.values())
  }

  /** Copies of object types that only their interfaces lead to. */
  implementations(): GraphQLNamedType[] {
    return Object.values(this.#schema.getTypeMap())
      .filter((type) => isObjectType(type) && !this.#table.find(type.name) && type.getInterfaces().some(({ name }) => !this.#table.find(name)))
      .map((type) => this.#finalType(type))
  }

  /** Directives that the hand-written part declares. */
  directives(): GraphQLDirective[] {
    return this.#schema
      .getDirectives()
      .filter((directive) => !isSpecifiedDirective(directive))
      .map((directive) => {
        const config = directive.toConfig()
        return new GraphQLDirective({ ...config, args: this.#arguments(config.args) })
      })
  }

  #finalType(type: GraphQLNamedType): GraphQLNamedType {
    const known = this.#final.get(type.name)
    if (known) return known
    const generated = this.#table.find(type.name)
    if (generated) assertStandsIn(type, generated, this.#table.ownerOf(type.name) ?? 'the kernel')
    const final = generated ?? this.#copy(type)
    this.#final.set(type.name, final)
    return final
  }

  /** Scalars and enums refer to no other type and are taken as they are. */
  #copy(type: GraphQLNamedType): GraphQLNamedType {
    if (isObjectType(type)) {
      const config = type.toConfig()
      return new GraphQLObjectType({
        ...config,
        interfaces: () => config.interfaces.map((each) => this.#mapped(each)),
        fields: () => this.#fields(type.name, config.fields),
      })
    }
    if (isInterfaceType(type)) {
      const config = type.toConfig()
      return new GraphQLInterfaceType({
        ...config,
        interfaces: () => config.interfaces.map((each) => this.#mapped(each)),
        fields: () => this.#fields(type.name, config.fields),
      })
    }
    if (isUnionType(type)) {
      const config = type.toConfig()
      return new GraphQLUnionType({ ...config, types: () => config.types.map((each) => this.#mapped(each)) })
    }
    if (isInputObjectType(type)) {
      const config = type.toConfig()
      return new GraphQLInputObjectType({ ...config, fields: () => this.#inputFields(config.fields) })
    }
    return type
  }

  /** A type keeps its kind: `assertStandsIn` has refused replacements of another one. */
  #mapped<T extends GraphQLType>(type: T): T {
    if (isNonNullType(type)) return new GraphQLNonNull(this.#mapped(type.ofType)) as GraphQLType as T
    if (isListType(type)) return new GraphQLList(this.#mapped(type.ofType)) as GraphQLType as T
    return this.#finalType(type as GraphQLNamedType) as T
  }

  #fields(typeName: string, fields: Fields): Fields {
    return Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, this.#field(typeName, name, field)]))
  }

  #field(typeName: string, fieldName: string, field: Field): Field {
    const type = this.#mapped(field.type)
    const copy: Field = { ...field, type, args: this.#arguments(field.args ?? {}) }
    const module = recordModule(type)
    if (module === null) return copy
    const resolver: SchemaFieldResolver = field.resolve ?? defaultFieldResolver
    return {
      ...copy,
      resolve: this.#resolvers.wrapStaticRecordField(resolver, { typeName, fieldName, module, list: isList(type) }),
      extensions: { ...field.extensions, guanxi: { kind: 'handle', module } },
    }
  }

  #arguments(args: GraphQLFieldConfigArgumentMap): GraphQLFieldConfigArgumentMap {
    return Object.fromEntries(Object.entries(args).map(([name, arg]) => [name, { ...arg, type: this.#mapped(arg.type) }]))
  }

  #inputFields(fields: GraphQLInputFieldConfigMap): GraphQLInputFieldConfigMap {
    return Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, { ...field, type: this.#mapped(field.type) }]))
  }
}

/** Module of the records that a type stands for, `*` for the interfaces of all, null for other types. */
function recordModule(type: GraphQLOutputType): string | null {
  const named = getNamedType(type)
  if (isObjectType(named)) return named.extensions.guanxi?.kind === 'record' ? (named.extensions.guanxi.module ?? null) : null
  return isInterfaceType(named) && (named.name === 'Record' || named.name === 'Node') ? '*' : null
}

function isList(type: GraphQLOutputType): boolean {
  return isListType(isNonNullType(type) ? type.ofType : type)
}
