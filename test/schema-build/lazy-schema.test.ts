import { describe, expect, test } from '@jest/globals'
import { GraphQLObjectType, GraphQLString, isAbstractType, isObjectType, lexicographicSortSchema, printSchema, validateSchema } from 'graphql'
import { coreModules } from '../../src/entities/index.ts'
import { buildRegistry } from '../../src/records/registry/index.ts'
import { buildSchema } from '../../src/schema/build/index.ts'
import { LazySchema } from '../../src/schema/build/lazy-schema.ts'
import { coreModulesWith } from '../support/run-time-fields.ts'
import { NO_RESOLVERS, NO_STATIC, walked } from './hand-made.ts'

const REGISTRIES = {
  'the core modules': coreModules(),
  'a link between modules': coreModulesWith('account', [{ name: 'partners', type: 'REFERENCES', reference: { module: 'ticketComment', onDelete: 'clear' } }]),
  'references to modules that nothing referred to': coreModulesWith('ticket', [
    { name: 'told', type: 'REFERENCE', reference: { module: 'reminder', onDelete: 'clear', inverseName: 'tickets' } },
    { name: 'rate', type: 'REFERENCE', reference: { module: 'exchangeRate', onDelete: 'clear' } },
  ]),
}

describe.each(Object.entries(REGISTRIES))('with %s', (_name, modules) => {
  const lazy = buildSchema({ registry: buildRegistry(modules, 1), staticSchema: NO_STATIC, resolvers: NO_RESOLVERS })
  const whole = walked(lazy)

  test('the types are those that graphql-js finds by walking over all fields', () => {
    expect(validateSchema(whole)).toEqual([])
    expect(Object.keys(lazy.getTypeMap()).sort()).toEqual(Object.keys(whole.getTypeMap()).sort())
    expect(printSchema(lexicographicSortSchema(lazy))).toBe(printSchema(lexicographicSortSchema(whole)))
  })

  test('abstract types have the same members', () => {
    for (const type of Object.values(whole.getTypeMap()).filter(isAbstractType)) {
      expect(new Set(lazy.getPossibleTypes(type))).toEqual(new Set(whole.getPossibleTypes(type)))
      for (const candidate of Object.values(whole.getTypeMap()).filter(isObjectType)) {
        expect([candidate.name, lazy.isSubType(type, candidate)]).toEqual([candidate.name, whole.isSubType(type, candidate)])
      }
    }
  })
})

test('fields are made when they are asked for, and not before', () => {
  let made = 0
  const fields = () => {
    made += 1
    return { name: { type: GraphQLString } }
  }
  const thing = new GraphQLObjectType({ name: 'Thing', fields })
  const query = new GraphQLObjectType({ name: 'Query', fields: () => ({ thing: { type: thing } }) })
  const schema = new LazySchema({ query, types: [thing, GraphQLString] })
  expect(schema.getType('Thing')).toBe(thing)
  expect(made).toBe(0)
  expect(Object.keys(thing.getFields())).toEqual(['name'])
  expect(made).toBe(1)
})

test('two types of one name are refused', () => {
  const thing = () => new GraphQLObjectType({ name: 'Thing', fields: { name: { type: GraphQLString } } })
  expect(() => new LazySchema({ query: thing(), types: [thing()] })).toThrow('The schema would have two types named Thing.')
})
