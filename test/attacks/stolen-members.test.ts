import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { getNamedType, isInputObjectType, isListType, isNonNullType } from 'graphql'
import { isComputed } from '../../src/records/registry/index.ts'
import { codesOf, TRANSPORTS } from '../support/client.ts'
import { contentOf } from '../support/content.ts'
import { METADATA } from '../support/metadata.ts'
import { enablePlugins } from '../support/plugin-world.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { literalOf } from '../support/smallest-call.ts'

/** Members that somebody adds to an input because the table has such a column: every input of every mutation. */
let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
  await enablePlugins(server)
  await server.admin.data(METADATA.createModule, {
    input: {
      name: 'gadget',
      pluralName: 'gadgets',
      fields: [
        { name: 'title', type: 'TEXT' },
        { name: 'at', type: 'REFERENCE', reference: { module: 'account', inverseName: 'gadgets' } },
      ],
    },
  })
  await server.admin.data('mutation { createAccount(input: {name: "x"}) { changeSetId } createGadget(input: {title: "x"}) { changeSetId } }')
}, 60_000)
afterAll(() => server?.close())

/** What belongs to everybody's record and may be given with it. */
const GIVEN = new Set(['owner', 'team', 'tags', 'source', 'externalIds', 'ref'])

/** Columns and members of stored rows that are nobody's to set. */
const STOLEN = [
  'version',
  'createdAt',
  'created_at',
  'createdBy',
  'updatedAt',
  'deletedAt',
  'deleted_at',
  'ownerId',
  'owner_id',
  'scopeId',
  'scope_id',
  'tenantId',
  'organisationId',
  'passwordHash',
  'secretHash',
  'isAdmin',
  'roles',
  'c_1',
  '__typename',
]

describe('inputs of records', () => {
  test('have a member for each field that people write, and for nothing else', () => {
    const { schema, registry } = server.app.engine.runtime
    let members = 0
    for (const module of registry.modules.values()) {
      for (const verb of ['Create', 'Update', 'Upsert']) {
        const type = schema.getType(`${verb}${module.typeName}Input`)
        if (!isInputObjectType(type)) continue
        for (const name of Object.keys(type.getFields())) {
          members += 1
          if (GIVEN.has(name)) continue
          const field = module.fields.get(name) ?? module.linkFields.find((link) => link.name === name)
          const inverse = module.inverses.get(name)
          const isWritten =
            (field !== undefined && !field.system && !isComputed(field) && field.readOnly !== true && field.maintained !== true) || inverse !== undefined
          expect([type.name, name, isWritten]).toEqual([type.name, name, true])
        }
      }
    }
    expect(members).toBeGreaterThan(300)
  })
})

test('a member of the stored row is unknown in every input of every mutation, over both transports, and nothing is written', async () => {
  const { schema } = server.app.engine.runtime
  const before = await contentOf(server.database.url)
  let tried = 0
  for (const mutation of Object.values(schema.getMutationType()?.getFields() ?? {})) {
    for (const argument of mutation.args) {
      const type = getNamedType(argument.type)
      if (!isInputObjectType(type) || type.isOneOf) continue
      const stolen = STOLEN.filter((name) => !Object.hasOwn(type.getFields(), name))
      const member = stolen[tried % stolen.length] as string
      const listed = isListType(isNonNullType(argument.type) ? argument.type.ofType : argument.type)
      const others = mutation.args.filter((other) => other !== argument && isNonNullType(other.type) && other.defaultValue === undefined)
      const args = [`${argument.name}: $given`, ...others.map((other) => `${other.name}: ${literalOf(other.type)}`)]
      const value = { [member]: 'x' }
      tried += 1
      const transport = TRANSPORTS[tried % TRANSPORTS.length] as (typeof TRANSPORTS)[number]
      const source = `mutation ($given: ${argument.type}) { ${mutation.name}(${args.join(', ')}) { __typename } }`
      const answer = await server.admin.send(source, { given: listed ? [value] : value }, { transport })
      expect([source, member, new Set(codesOf(answer)), answer.data ?? null]).toEqual([source, member, new Set(['GRAPHQL_VALIDATION_FAILED']), null])
      expect(JSON.stringify(answer.errors)).toContain(member)
    }
  }
  expect(tried).toBeGreaterThan(120)
  expect(await contentOf(server.database.url)).toEqual(before)
})

test('nor is it in what a record refers to, or in what is created in passing', async () => {
  const before = await contentOf(server.database.url)
  for (const member of STOLEN) {
    for (const input of [
      { title: 'x', at: { [member]: 'x' } },
      { title: 'x', at: { id: 'x', [member]: 'x' } },
      { title: 'x', externalIds: [{ system: 's', key: 'k', [member]: 'x' }] },
    ]) {
      const answer = await server.admin.send('mutation ($input: CreateGadgetInput!) { createGadget(input: $input) { changeSetId } }', { input })
      expect([input, answer.data ?? null, new Set(codesOf(answer))]).toEqual([input, null, new Set(['GRAPHQL_VALIDATION_FAILED'])])
    }
  }
  expect(await contentOf(server.database.url)).toEqual(before)
})
