import 'reflect-metadata'
import { describe, expect, it } from '@jest/globals'
import {
  buildSchema as fromText,
  GraphQLEnumType,
  type GraphQLInputObjectType,
  GraphQLInterfaceType,
  GraphQLList,
  GraphQLNonNull,
  GraphQLObjectType,
  GraphQLScalarType,
  GraphQLSchema,
  GraphQLString,
  getNamedType,
  graphql,
  isInterfaceType,
  isObjectType,
  printType,
  validateSchema,
} from 'graphql'
import { buildSchemaSync, FieldResolver, Mutation, ObjectType, Query, Resolver, Root } from 'type-graphql'
import { coreModules } from '../../src/entities/index.ts'
import { buildRegistry } from '../../src/records/registry/index.ts'
import { DateTimeScalar, type SchemaResolvers } from '../../src/schema/build/index.ts'
import { build, NO_RESOLVERS, registryOf, withoutDescriptions } from './hand-made.ts'

const registry = registryOf({ name: 'account', fields: { name: { type: 'TEXT', required: true } } })
const core = buildRegistry(coreModules(), 1)

/** Stands for the module's records. Of its own: TypeGraphQL keeps what is declared about a class for all schemas of the process. */
@ObjectType('User')
class UserToken {}

@Resolver(() => UserToken)
class UserResolver {
  @Query(() => UserToken, { nullable: true })
  me(): unknown {
    return { module: 'user', id: '7' }
  }

  @Mutation(() => Boolean, { nullable: true })
  signOut(): boolean {
    return true
  }

  @FieldResolver(() => [String], { nullable: true })
  roles(@Root() user: { id: string }): string[] {
    return [`role of ${user.id}`]
  }
}

describe('a schema of TypeGraphQL', () => {
  const staticSchema = buildSchemaSync({ resolvers: [UserResolver], validate: false })

  it('is joined: entity tokens become record types, members with a resolver are added to them', async () => {
    const resolvers: SchemaResolvers = {
      resolverFor: (descriptor, site) => (descriptor.kind === 'computed' ? site.handWritten : undefined),
      wrapStaticRecordField: (resolver) => async (source, args, context, info) => {
        const handle = (await resolver(source, args, context, info)) as { id: string }
        return { id: handle.id, name: 'Ada' }
      },
    }
    const schema = build(core, staticSchema, resolvers)
    expect(validateSchema(schema)).toEqual([])
    const user = schema.getType('User')
    if (!isObjectType(user)) throw new Error('no User')
    expect(String(user.getFields()['roles']?.type)).toBe('[String!]')
    expect(user.getFields()['roles']?.extensions.guanxi).toEqual({ kind: 'computed', module: 'user', field: 'roles' })
    expect(user.getInterfaces().map(String)).toEqual(['Record', 'Node'])
    expect(schema.getQueryType()?.getFields()['me']?.extensions.guanxi).toEqual({ kind: 'handle', module: 'user' })
    expect(await graphql({ schema, source: '{ me { id name roles } }' })).toEqual({ data: { me: { id: '7', name: 'Ada', roles: ['role of 7'] } } })
  })

  it('is not changed, so that it can be joined with the next registry', () => {
    const before = printType(staticSchema.getType('User') as GraphQLObjectType)
    const first = build(core, staticSchema)
    const second = build(core, staticSchema)
    expect(printType(staticSchema.getType('User') as GraphQLObjectType)).toBe(before)
    expect(second.getType('User')).not.toBe(first.getType('User'))
    expect(second.getQueryType()).not.toBe(first.getQueryType())
  })
})

describe('types written by hand', () => {
  it('are copied over the final types, unused ones left out', () => {
    const staticSchema = fromText(`
      type Query { sessions(since: DateTime, kind: Kind = WEB): [Session!]! }
      type Subscription { ticks: Int }
      scalar DateTime
      enum Kind { WEB API }
      type Session { id: ID!, at: DateTime!, user: User, kind: Kind, thing: Thing }
      union Thing = Session | Device
      type Device { name: String }
      type User { id: ID!, secret: Secret }
      enum Secret { A }
      directive @note(at: DateTime) on FIELD
    `)
    const schema = build(registry, staticSchema)
    expect(validateSchema(schema)).toEqual([])
    expect(printType(schema.getType('Session') as GraphQLObjectType)).toBe(
      'type Session {\n  id: ID!\n  at: DateTime!\n  user: User\n  kind: Kind\n  thing: Thing\n}',
    )
    expect(schema.getType('DateTime')).toBe(DateTimeScalar)
    const sessions = schema.getQueryType()?.getFields()['sessions']
    expect(sessions?.args.map((argument) => argument.type)).toEqual([DateTimeScalar, schema.getType('Kind')])
    expect(schema.getSubscriptionType()?.getFields()['ticks']).toBeDefined()
    expect(schema.getDirective('note')?.args[0]?.type).toBe(DateTimeScalar)
    // Only the replaced User token used it.
    expect(schema.getType('Secret')).toBeUndefined()
    expect((schema.getType('User') as GraphQLObjectType).getFields()['secret']).toBeUndefined()
  })

  it('keep implementations that only their interface leads to', () => {
    const animal = new GraphQLInterfaceType({ name: 'Animal', fields: { name: { type: GraphQLString } }, resolveType: () => 'Dog' })
    const dog = new GraphQLObjectType({ name: 'Dog', interfaces: [animal], fields: { name: { type: GraphQLString } } })
    const schema = build(registry, new GraphQLSchema({ query: new GraphQLObjectType({ name: 'Query', fields: { pet: { type: animal } } }), types: [dog] }))
    expect(validateSchema(schema)).toEqual([])
    const copy = schema.getType('Animal')
    expect(isInterfaceType(copy) && schema.getPossibleTypes(copy).map(String)).toEqual(['Dog'])
  })

  it('keep the one-of rule, defaults and descriptions of their inputs', () => {
    const staticSchema = fromText('type Query { find(by: FindInput = {id: "1"}): Int } "How to find." input FindInput @oneOf { id: ID, name: String }')
    const schema = build(registry, staticSchema)
    const input = schema.getType('FindInput') as GraphQLInputObjectType
    expect([input.isOneOf, input.description]).toEqual([true, 'How to find.'])
    expect(schema.getQueryType()?.getFields()['find']?.args[0]?.defaultValue).toEqual({ id: '1' })
  })

  it('have their record fields wrapped, with module and list, others not', () => {
    const record = (name: string) => new GraphQLObjectType({ name, fields: { id: { type: GraphQLString } } })
    const account = record('Account')
    const recordInterface = new GraphQLInterfaceType({ name: 'Record', fields: {} })
    const payload = new GraphQLObjectType({ name: 'ConvertPayload', fields: { account: { type: account }, note: { type: GraphQLString } } })
    const query = new GraphQLObjectType({
      name: 'Query',
      fields: {
        best: { type: account },
        all: { type: new GraphQLNonNull(new GraphQLList(new GraphQLNonNull(account))) },
        any: { type: recordInterface },
        convert: { type: payload },
      },
    })
    const sites: string[] = []
    const schema = build(registry, new GraphQLSchema({ query }), {
      ...NO_RESOLVERS,
      wrapStaticRecordField: (resolver, { typeName, fieldName, module, list }) => {
        sites.push(`${typeName}.${fieldName} ${module}${list ? ' list' : ''}`)
        return resolver
      },
    })
    expect(validateSchema(schema)).toEqual([])
    expect(sites.sort()).toEqual(['ConvertPayload.account account', 'Query.all account list', 'Query.any *', 'Query.best account'])
  })
})

describe('types that stand in for generated ones', () => {
  const queryWith = (type: GraphQLObjectType | GraphQLEnumType | GraphQLScalarType) =>
    new GraphQLSchema({ query: new GraphQLObjectType({ name: 'Query', fields: { value: { type } } }) })

  it('are replaced, so that hand-written operations can name them', () => {
    const schema = build(registry, fromText('type Query { price: Money } type Money { amount: Decimal } scalar Decimal'))
    const price = getNamedType(schema.getQueryType()?.getFields()['price']?.type)
    expect(withoutDescriptions(printType(price as GraphQLObjectType))).toBe('type Money {\n  amount: Decimal\n  currency: String\n}')
    const input = build(registry, fromText('type Query { find(account: AccountRef): Int } input AccountRef { id: ID, ref: String }'))
    expect((input.getType('AccountRef') as GraphQLInputObjectType).isOneOf).toBe(true)
  })

  it('must not promise what the generated one lacks', () => {
    expect(() => build(registry, fromText('type Query { price: Money } type Money { cents: Int }'))).toThrow(
      'The hand-written type Money cannot stand in for the one of the kernel: it has the member cents: Int, which is missing there. Rename it.',
    )
    expect(() => build(registry, fromText('type Query { do(input: CreateAccountInput): Int } input CreateAccountInput { name: Int }'))).toThrow(
      'The hand-written type CreateAccountInput cannot stand in for the one of the module account: it has the member name: Int, which is String there. Rename it.',
    )
    expect(() => build(registry, fromText('type Query { order: SortDirection } enum SortDirection { UP }'))).toThrow(
      'it has the member UP: value, which is missing there',
    )
  })

  it('must be of the same kind', () => {
    expect(() => build(registry, queryWith(new GraphQLEnumType({ name: 'Account', values: { A: {} } })))).toThrow('it is of another kind')
    expect(() => build(registry, queryWith(new GraphQLScalarType({ name: 'Money' })))).toThrow('it is of another kind')
  })
})

describe('clashes', () => {
  it('of root fields name both owners', () => {
    expect(() => build(registry, fromText('type Query { account: Int }'))).toThrow(
      'Query.account of the hand-written operations is already a field of the module account.',
    )
    expect(() => build(registry, fromText('type Query { x: Int } type Mutation { createAccounts: Int }'))).toThrow(
      'Mutation.createAccounts of the hand-written operations is already a field of the module account.',
    )
  })

  it('of a hand-written resolver and a field of the module are refused', () => {
    const account = new GraphQLObjectType({ name: 'Account', fields: { name: { type: GraphQLString, resolve: () => 'mine' } } })
    const query = new GraphQLObjectType({ name: 'Query', fields: { best: { type: account } } })
    expect(() => build(registry, new GraphQLSchema({ query }))).toThrow('Account.name is a field of the module and has a hand-written resolver too.')
  })
})

describe('interfaces', () => {
  it('take the concrete type from __typename', async () => {
    const schema = build(registry, undefined, {
      ...NO_RESOLVERS,
      resolverFor: (descriptor) =>
        descriptor.kind === 'nodes' ? () => [{ __typename: 'Account', id: '1' }, null, { __typename: 'User', id: '2' }] : undefined,
    })
    const source = '{ nodes(ids: []) { __typename id ... on Record { createdAt } ... on Account { name } } }'
    expect(await graphql({ schema, source })).toEqual({
      data: { nodes: [{ __typename: 'Account', id: '1', createdAt: null, name: null }, null, { __typename: 'User', id: '2', createdAt: null }] },
    })
  })
})

describe('resolvers', () => {
  it('are asked once for every generated output field, with its descriptor and place', () => {
    const asked: string[] = []
    const schema = build(registry, undefined, {
      ...NO_RESOLVERS,
      resolverFor: (descriptor, { typeName, fieldName }) => {
        asked.push(`${typeName}.${fieldName} ${descriptor.kind}`)
        return undefined
      },
    })
    expect(new Set(asked).size).toBe(asked.length)
    expect(asked).toEqual(
      expect.arrayContaining([
        'Query.accounts list',
        'Query.account get',
        'Query.accountBy getBy',
        'Query.accountsAggregate aggregate',
        'Query.node node',
        'Mutation.createAccounts write',
        'Account.name field',
        'Account.owner field',
        'Account.displayName displayName',
        'AccountConnection.nodes connectionMember',
        'AccountEdge.node edgeMember',
        'AccountAggregate.count aggregateMember',
        'AccountAggregateMin.createdAt aggregateValue',
        'CreateAccountPayload.account payloadRecord',
        'CreateAccountsPayload.accounts payloadRecords',
        'DeleteAccountPayload.id payloadValue',
        'PageInfo.hasNextPage part',
        'RecordHistoryEntry.version part',
      ]),
    )
    const objects = Object.values(schema.getTypeMap()).filter((type) => isObjectType(type) && !type.name.startsWith('__'))
    const fields = objects.reduce((count, type) => count + Object.keys((type as GraphQLObjectType).getFields()).length, 0)
    expect(asked.length).toBe(fields - 1)
  })
})
