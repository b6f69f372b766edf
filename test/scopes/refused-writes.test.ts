import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { ModuleDefinition } from '../../src/records/registry/index.ts'
import { codesOf, TRANSPORTS } from '../support/client.ts'
import { contentOf } from '../support/content.ts'
import { ReadModel } from '../support/read-model.ts'
import { DEMO_USERS, type DemoUser, type Letter, scopeOf } from '../support/scope-oracle.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

/** Writes that a role does not have are refused before anything is written (others answered 403 with the row already changed). */
let server: TestServer
let model: ReadModel

beforeAll(async () => {
  server = await startTestServer({ template: 'demo' })
  model = await ReadModel.load(server.database.url)
}, 90_000)

afterAll(() => server?.close())

/** One user of each role. */
const USERS = ['nancy', 'steven', 'service', 'finance', 'marketing', 'viewer'] as const satisfies readonly DemoUser[]

/** All writes of a module on an existing record, each with what it needs; an upsert needs one of two. */
function writesOf({ typeName, pluralName }: ModuleDefinition): readonly (readonly [letters: readonly Letter[], source: string])[] {
  const many = pluralName.replace(/^./, (letter) => letter.toUpperCase())
  const one = (letters: readonly Letter[], call: string) => [letters, `mutation ($id: ID!) { node: ${call} { changeSetId } }`] as const
  return [
    [['c'], `mutation { create${typeName}(input: { source: "attack" }) { changeSetId } }`],
    [['c'], `mutation { create${many}(input: [{ source: "attack" }, { source: "attack" }]) { changeSetId } }`],
    one(['u'], `update${typeName}(id: $id, input: { source: "attack" })`),
    one(['u'], `update${many}(updates: [{ id: $id, input: { source: "attack" } }])`),
    one(['c', 'u'], `upsert${typeName}(by: { id: $id }, input: { source: "attack" })`),
    one(['c', 'u'], `upsert${many}(upserts: [{ by: { id: $id }, input: { source: "attack" } }])`),
    one(['d'], `delete${typeName}(id: $id)`),
    one(['d'], `delete${many}(ids: [$id])`),
    one(['s'], `restore${typeName}(id: $id)`),
    one(['s'], `restore${many}(ids: [$id])`),
  ]
}

describe('writes that a role does not have are FORBIDDEN and leave no trace', () => {
  for (const user of USERS) {
    test(`for ${user} (${DEMO_USERS[user]}), module by module`, async () => {
      const client = await server.signIn(`${user}@demo.guanxi.local`)
      const before = await contentOf(server.database.url)
      let refused = 0
      for (const module of model.registry.modules.values()) {
        if (module.name === 'opportunityStageChange' || module.name === 'ticketStatusChange' || module.name === 'timer') continue
        const id = model.rows(module.name)[0]?.id ?? '00000000-0000-7000-8000-00000000ffff'
        for (const [letters, source] of writesOf(module)) {
          if (letters.some((letter) => scopeOf(DEMO_USERS[user], module.name, letter) !== undefined)) continue
          refused += 1
          const transport = TRANSPORTS[refused % TRANSPORTS.length] as (typeof TRANSPORTS)[number]
          const answer = await client.send(source, source.includes('$id') ? { id } : {}, { transport })
          expect([source, codesOf(answer), answer.data]).toEqual([source, ['FORBIDDEN'], null])
        }
      }
      expect(refused).toBeGreaterThan(40)
      expect(await contentOf(server.database.url)).toEqual(before)
    })
  }

  test('however they are wrapped: aliases, fragments, behind an allowed write, dry', async () => {
    const client = await server.signIn('viewer@demo.guanxi.local')
    const rep = await server.signIn('nancy@demo.guanxi.local')
    const [account] = model.rows('account')
    const [product] = model.rows('product')
    const before = await contentOf(server.database.url)
    for (const source of [
      'mutation ($id: ID!) { a: updateAccount(id: $id, input: { name: "x" }) { changeSetId } b: updateAccount(id: $id, input: { name: "y" }) { changeSetId } }',
      'mutation ($id: ID!) { ...Write } fragment Write on Mutation { updateAccount(id: $id, input: { name: "x" }) { account { name } } }',
      'mutation ($id: ID!) { ... on Mutation @include(if: true) { deleteAccount(id: $id) { id } } }',
      'mutation ($id: ID!) { updateAccount(id: $id, input: { name: "x" }, dryRun: true) { account { name } } }',
    ])
      expect([source, new Set(codesOf(await client.send(source, { id: account?.id })))]).toEqual([source, new Set(['FORBIDDEN'])])
    const behind = 'mutation ($id: ID!) { createLead(input: { name: "x" }) { changeSetId } updateProduct(id: $id, input: { name: "x" }) { changeSetId } }'
    const answer = await rep.send(behind, { id: product?.id })
    expect([codesOf(answer), answer.data]).toEqual([['FORBIDDEN'], null])
    expect(await contentOf(server.database.url)).toEqual(before)
  })

  test('and a module that nobody writes has no mutations', () => {
    const names = Object.keys(server.app.engine.runtime.schema.getMutationType()?.getFields() ?? {})
    expect(names.filter((name) => name.includes('OpportunityStageChange'))).toEqual([])
    expect(names).toContain('createOpportunity')
  })
})
