import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { codesOf, issuesOf } from '../support/client.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

const CREATE = 'mutation ($input: CreateCustomFieldInput!) { createCustomField(input: $input) { field { id module name type state } schemaVersion } }'

describe('a field made at run time', () => {
  let server: TestServer

  beforeAll(async () => {
    server = await startTestServer()
  })
  afterAll(() => server?.close())

  test('is served at once: written, read, filtered, ordered and grouped by', async () => {
    const { createCustomField } = await server.admin.data(CREATE, {
      input: {
        module: 'account',
        name: 'contractNumber',
        type: 'TEXT',
        label: 'Contract number',
        labels: [{ locale: 'zh-CN', text: '合同编号' }],
        unique: true,
      },
    })
    expect(createCustomField).toEqual({
      field: { id: expect.any(String), module: 'account', name: 'contractNumber', type: 'TEXT', state: 'ready' },
      schemaVersion: 2,
    })
    const { createAccount } = await server.admin.data(
      'mutation { createAccount(input: {name: "华东", type: "customer", contractNumber: "合同-1"}) { account { id contractNumber values } } }',
    )
    expect(createAccount.account).toMatchObject({ contractNumber: '合同-1', values: { contractNumber: '合同-1' } })
    const read = await server.admin.data(`{
      accounts(filter: {contractNumber: {startsWith: "合同"}}, orderBy: [{contractNumber: DESC}]) { nodes { contractNumber } }
      accountBy(by: {contractNumber: "合同-1"}) { name }
      accountsAggregate(groupBy: [{contractNumber: true}]) { key count }
      search: accounts(search: "合同") { totalCount }
      module(name: "account") { fields { name label(locale: "zh-CN") custom unique } }
      schemaVersion }`)
    expect(read.accounts.nodes).toEqual([{ contractNumber: '合同-1' }])
    expect(read.accountBy).toEqual({ name: '华东' })
    expect(read.accountsAggregate).toEqual([{ key: { contractNumber: '合同-1' }, count: 1 }])
    expect(read.search.totalCount).toBe(1)
    expect(read.module.fields).toContainEqual({ name: 'contractNumber', label: '合同编号', custom: true, unique: true })
    expect(read.schemaVersion).toBe(2)
  })

  test('refuses a name that is taken with DUPLICATE, one that nobody may have with its reason', async () => {
    const input = { module: 'account', name: 'contractNumber', type: 'TEXT' }
    expect(codesOf(await server.admin.send(CREATE, { input }))).toEqual(['DUPLICATE'])
    expect(codesOf(await server.admin.send(CREATE, { input: { ...input, name: 'industry' } }))).toEqual(['DUPLICATE'])
    expect(issuesOf(await server.admin.send(CREATE, { input: { ...input, name: 'id' } }))).toEqual(['input.name: RESERVED'])
    expect(issuesOf(await server.admin.send(CREATE, { input: { ...input, name: 'Contract' } }))).toEqual(['input.name: NAME'])
  })

  test('a module is as good as a core one', async () => {
    const { createCustomModule } = await server.admin.data(
      `mutation ($input: CreateCustomModuleInput!) { createCustomModule(input: $input) { module { name pluralName state } schemaVersion } }`,
      {
        input: {
          name: 'vehicle',
          pluralName: 'vehicles',
          label: 'Vehicle',
          fields: [
            { name: 'plate', type: 'TEXT', unique: true, required: true },
            { name: 'price', type: 'MONEY' },
            { name: 'keeper', type: 'REFERENCE', reference: { module: 'account', inverseName: 'fleet' } },
            { name: 'state', type: 'SELECT', options: [{ value: 'new' }, { value: 'used', label: 'Used' }] },
          ],
        },
      },
    )
    expect(createCustomModule).toEqual({ module: { name: 'vehicle', pluralName: 'vehicles', state: 'active' }, schemaVersion: 3 })
    const { createVehicle } = await server.admin.data(
      `mutation { createVehicle(input: {plate: "沪A 12345", price: {amount: "10.5", currency: "USD"}, keeper: {contractNumber: "合同-1"}, state: "new"}) { vehicle { id displayName price { amount currency } keeper { name fleet { nodes { plate } } } } } }`,
    )
    expect(createVehicle.vehicle).toMatchObject({
      displayName: '沪A 12345',
      price: { amount: '10.50', currency: 'USD' },
      keeper: { name: '华东', fleet: { nodes: [{ plate: '沪A 12345' }] } },
    })
  })
})
