import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { issuesOf, type TestClient } from '../support/client.ts'
import { METADATA } from '../support/metadata.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

const CREATE = 'mutation ($input: [CreateFeatInput!]!) { createFeats(input: $input) { nodes: feats { id } } }'
const NEED = 'mutation ($id: ID!, $needs: [ID!]!) { a: updateFeat(id: $id, input: {needs: {add: [{id: $on}]}}) { changeSetId } }'.replace(
  '$needs: [ID!]!',
  '$on: ID!',
)

/** What depends on what: many to many, and never round to itself. */
describe('lists of records that lead in no circle', () => {
  let server: TestServer
  let admin: TestClient

  const steps = async (count: number): Promise<string[]> => {
    const input = Array.from({ length: count }, (_, index) => ({ name: `Step ${index}` }))
    return (await admin.data(CREATE, { input })).createFeats.nodes.map(({ id }: { id: string }) => id)
  }
  const need = (id: string, on: string) => admin.send(NEED, { id, on })
  const chain = async (length: number): Promise<string[]> => {
    const ids = await steps(length)
    for (let index = 1; index < length; index += 1) expect((await need(ids[index] as string, ids[index - 1] as string)).errors).toEqual([])
    return ids
  }

  beforeAll(async () => {
    server = await startTestServer()
    admin = server.admin
    const needs = { name: 'needs', type: 'REFERENCES', reference: { module: 'feat', inverseName: 'neededBy', acyclic: true } }
    await admin.data(METADATA.createModule, { input: { name: 'feat', pluralName: 'feats', fields: [{ name: 'name', type: 'TEXT', required: true }, needs] } })
  })
  afterAll(() => server?.close())

  test('refuses what closes a circle, of whatever length, in one statement, and changes nothing', async () => {
    const [short, long] = [await chain(2), await chain(30)]
    const closing = async (ids: readonly string[]) => {
      let answer: Awaited<ReturnType<TestClient['send']>> | undefined
      const statements = await server.statementsOf(async () => {
        answer = await need(ids[0] as string, ids.at(-1) as string)
      })
      expect(answer && issuesOf(answer)).toEqual(['input.needs: CYCLE'])
      expect(await admin.data('query ($id: ID!) { feat(id: $id) { version needs { totalCount } } }', { id: ids[0] })).toEqual({
        feat: { version: 1, needs: { totalCount: 0 } },
      })
      return statements.length
    }
    expect(await closing(long)).toBe(await closing(short))
    expect(issuesOf(await need(short[0] as string, short[0] as string))).toEqual(['input.needs: CYCLE'])
    // Two ways to one record are no circle.
    expect((await need(short[1] as string, long[3] as string)).errors).toEqual([])
    expect((await need(short[0] as string, long[3] as string)).errors).toEqual([])
  }, 60_000)

  test('finds circles that one operation makes, among records that it creates too', async () => {
    const [a, b] = await steps(2)
    const both = await admin.send(
      'mutation ($a: ID!, $b: ID!) { x: updateFeat(id: $a, input: {needs: {set: [{id: $b}]}}) { changeSetId } y: updateFeat(id: $b, input: {needs: {set: [{id: $a}]}}) { changeSetId } }',
      { a, b },
    )
    expect(issuesOf(both).sort()).toEqual(['input.needs: CYCLE', 'input.needs: CYCLE'])
    const turned = await admin.send(
      `mutation ($a: ID!, $b: ID!) { x: updateFeat(id: $a, input: {needs: {set: [{id: $b}]}}) { changeSetId } y: updateFeat(id: $a, input: {needs: {set: []}}) { changeSetId }
        z: updateFeat(id: $b, input: {needs: {set: [{id: $a}]}}) { changeSetId } }`,
      { a, b },
    )
    expect(turned.errors).toEqual([])
  })

  test('never lets two requests that meet close one between them', async () => {
    for (let round = 0; round < 15; round += 1) {
      const [a, b, c] = (await steps(3)) as [string, string, string]
      const answers = await Promise.all([need(a, b), need(b, c), need(c, a)])
      const refused = answers.flatMap((answer) => issuesOf(answer))
      expect(refused).toEqual(['input.needs: CYCLE'])
    }
  }, 60_000)

  test('is said of the own module alone', async () => {
    const field = { module: 'feat', name: 'accounts', type: 'REFERENCES', reference: { module: 'account', acyclic: true } }
    expect(issuesOf(await admin.send(METADATA.createField, { input: field }))).toEqual(['input.reference.acyclic: NOT_APPLICABLE'])
  })
})
