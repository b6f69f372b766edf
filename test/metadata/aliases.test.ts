import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { codesOf, issuesOf } from '../support/client.ts'
import { changeField, type MadeField, makeField } from '../support/metadata.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

describe('a field that was renamed', () => {
  let server: TestServer
  let rank: MadeField
  let code: MadeField
  beforeAll(async () => {
    server = await startTestServer()
    rank = await makeField(server.admin, { module: 'account', name: 'grade', type: 'INTEGER' })
    code = await makeField(server.admin, { module: 'account', name: 'plate', type: 'TEXT', unique: true })
    await server.admin.data(
      'mutation { createAccounts(input: [{name: "One", type: "customer", grade: 1, plate: "甲"}, {name: "Two", type: "customer", grade: 2, plate: "乙"}]) { changeSetId } }',
    )
    await changeField(server.admin, rank.id, { name: 'rank' })
    await changeField(server.admin, code.id, { name: 'mark' })
  })
  afterAll(() => server?.close())

  test('is read, filtered, ordered, grouped and counted by both names, and says which one is old', async () => {
    const answer = await server.admin.data(`{
      accounts(filter: {grade: {gte: 1}, rank: {lte: 2}}, orderBy: [{grade: DESC}]) { nodes { grade rank old: grade values(fields: ["grade", "rank"]) } }
      groups: accountsAggregate(groupBy: [{grade: true}], orderBy: [{max: {grade: ASC}}]) { key max { grade rank } }
      by: accountBy(by: {plate: "甲"}) { mark plate }
      type: __type(name: "Account") { fields(includeDeprecated: true) { name isDeprecated deprecationReason } }
      filter: __type(name: "AccountFilter") { inputFields(includeDeprecated: true) { name isDeprecated } }
    }`)
    expect(answer.accounts.nodes).toEqual([2, 1].map((n) => ({ grade: n, rank: n, old: n, values: { grade: n, rank: n } })))
    expect(answer.groups).toEqual([1, 2].map((n) => ({ key: { grade: n }, max: { grade: n, rank: n } })))
    expect(answer.by).toEqual({ mark: '甲', plate: '甲' })
    expect(answer.type.fields).toContainEqual({ name: 'grade', isDeprecated: true, deprecationReason: 'Renamed to rank.' })
    expect(answer.type.fields).toContainEqual({ name: 'rank', isDeprecated: false, deprecationReason: null })
    expect(answer.filter.inputFields).toContainEqual({ name: 'grade', isDeprecated: true })
  })

  test('is written by both names, never by two at once', async () => {
    const { createAccount } = await server.admin.data(
      'mutation { createAccount(input: {name: "Three", type: "customer", grade: 3, plate: "丙"}) { account { id rank mark } } }',
    )
    expect(createAccount.account).toMatchObject({ rank: 3, mark: '丙' })
    const { upsertAccount } = await server.admin.data(
      'mutation { upsertAccount(by: {plate: "丙"}, input: {grade: 4}) { created account { rank history(first: 1) { nodes { changes { field before after } } } } } }',
    )
    expect(upsertAccount).toEqual({ created: false, account: { rank: 4, history: { nodes: [{ changes: [{ field: 'rank', before: 3, after: 4 }] }] } } })
    await server.admin.data('mutation { createContact(input: {name: "Li", account: {plate: "丙"}}) { contact { id } } }')
    const both = await server.admin.send(`mutation { updateAccount(id: "${createAccount.account.id}", input: {grade: 5, rank: 6}) { account { id } } }`)
    expect(issuesOf(both)).toEqual(['input.grade: REPEATED'])
    expect((await server.admin.data('{ accountBy(by: {mark: "丙"}) { rank } }')).accountBy).toEqual({ rank: 4 })
  })

  test('has one name again when the old one is removed', async () => {
    await changeField(server.admin, rank.id, { aliases: [] })
    expect(codesOf(await server.admin.send('{ accounts { nodes { grade } } }'))).toEqual(['GRAPHQL_VALIDATION_FAILED'])
    expect(codesOf(await server.admin.send('{ accounts(orderBy: [{grade: ASC}]) { nodes { rank } } }'))).toEqual(['GRAPHQL_VALIDATION_FAILED'])
  })
})
