import { describe, expect, test } from '@jest/globals'
import { GraphQLNonNull, type GraphQLObjectType } from 'graphql'
import { buildSchema, Query, Resolver } from 'type-graphql'
import { moduleMetadataOf } from '../src/entities/decorators.ts'
import { moduleEntities } from '../src/entities/index.ts'
import { typeNameOf } from '../src/records/registry/index.ts'

describe('entity classes', () => {
  test('are types that hand-written operations can return', async () => {
    class Operations {}
    Resolver()(Operations)
    for (const entity of moduleEntities) {
      const { name } = moduleMetadataOf(entity)
      Object.defineProperty(Operations.prototype, name, { value: () => null })
      Query(() => entity, { nullable: true })(Operations.prototype, name, { value: () => null })
    }
    const schema = await buildSchema({ resolvers: [Operations], validate: false })
    for (const entity of moduleEntities) {
      const { name } = moduleMetadataOf(entity)
      expect(entity.name).toBe(typeNameOf(name))
      const fields = (schema.getType(entity.name) as GraphQLObjectType).getFields()
      const required = Object.values(fields).filter((field) => field.type instanceof GraphQLNonNull)
      expect(required.map((field) => field.name).sort()).toEqual(['id', 'version'])
    }
  })

  test('a class that is no module has no metadata', () => {
    class Plain {}
    expect(() => moduleMetadataOf(Plain)).toThrow('Plain is not decorated with @Module')
  })
})
