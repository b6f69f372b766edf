import {
  type GraphQLAbstractType,
  type GraphQLInterfaceType,
  type GraphQLNamedType,
  type GraphQLObjectType,
  GraphQLSchema,
  type GraphQLSchemaConfig,
  isInterfaceType,
  isObjectType,
  isUnionType,
} from 'graphql'
import { DefectError } from '../../errors/index.ts'

type Maybe<T> = T | null | undefined
type Implementations = { objects: GraphQLObjectType[]; interfaces: GraphQLInterfaceType[] }

export interface LazySchemaConfig extends Pick<GraphQLSchemaConfig, 'description' | 'directives' | 'extensions' | 'query' | 'mutation' | 'subscription'> {
  /** Every type that the roots lead to, except those of introspection and of the directives. */
  readonly types: Iterable<GraphQLNamedType>
}

/**
 * A schema whose types make their fields when somebody asks for them. The constructor of graphql-js finds the types by walking over every field of every
 * type, which made a new version take five times as long to be served while a request touches a few of them; here the builder tells the types. It is taken
 * to be valid. Throws DefectError for two types of one name.
 */
export class LazySchema extends GraphQLSchema {
  readonly #query: Maybe<GraphQLObjectType>
  readonly #mutation: Maybe<GraphQLObjectType>
  readonly #subscription: Maybe<GraphQLObjectType>
  readonly #types: Record<string, GraphQLNamedType>
  readonly #implementations = new Map<string, Implementations>()
  readonly #subTypes = new Map<GraphQLAbstractType, ReadonlySet<GraphQLNamedType>>()

  constructor({ query, mutation, subscription, types, ...rest }: LazySchemaConfig) {
    super({ ...rest, assumeValid: true })
    this.#query = query
    this.#mutation = mutation
    this.#subscription = subscription
    this.#types = Object.assign(Object.create(null), super.getTypeMap())
    for (const type of [query, mutation, subscription]) if (type) this.#add(type)
    for (const type of types) this.#add(type)
  }

  #add(type: GraphQLNamedType): void {
    const known = this.#types[type.name]
    if (known === type) return
    if (known) throw new DefectError(`The schema would have two types named ${type.name}.`)
    this.#types[type.name] = type
    if (!isObjectType(type) && !isInterfaceType(type)) return
    for (const { name } of type.getInterfaces()) {
      const implementations = this.#implementations.get(name) ?? { objects: [], interfaces: [] }
      this.#implementations.set(name, implementations)
      if (isObjectType(type)) implementations.objects.push(type)
      else implementations.interfaces.push(type)
    }
  }

  override getQueryType(): Maybe<GraphQLObjectType> {
    return this.#query
  }

  override getMutationType(): Maybe<GraphQLObjectType> {
    return this.#mutation
  }

  override getSubscriptionType(): Maybe<GraphQLObjectType> {
    return this.#subscription
  }

  override getTypeMap(): Record<string, GraphQLNamedType> {
    return this.#types
  }

  override getImplementations({ name }: GraphQLInterfaceType): Implementations {
    return this.#implementations.get(name) ?? { objects: [], interfaces: [] }
  }

  override getPossibleTypes(type: GraphQLAbstractType): readonly GraphQLObjectType[] {
    return isUnionType(type) ? type.getTypes() : this.getImplementations(type).objects
  }

  override isSubType(type: GraphQLAbstractType, candidate: GraphQLObjectType | GraphQLInterfaceType): boolean {
    let subTypes = this.#subTypes.get(type)
    if (!subTypes) {
      subTypes = new Set<GraphQLNamedType>(isUnionType(type) ? type.getTypes() : Object.values(this.getImplementations(type)).flat())
      this.#subTypes.set(type, subTypes)
    }
    return subTypes.has(candidate)
  }
}
