import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { codesOf, type Issue, type TestClient } from '../support/client.ts'
import { changeField, METADATA, makeField } from '../support/metadata.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

/** What may be said in the condition of a grant, and what becomes of it when fields change. */
let server: TestServer
let admin: TestClient
let zone: string

const ROLE = '{ role { key grants { module actions scope where } } }'
const CREATE = `mutation ($input: CreateRoleInput!) { createRole(input: $input) ${ROLE} }`
const UPDATE = `mutation ($key: String!, $input: UpdateRoleInput!) { updateRole(key: $key, input: $input) ${ROLE} }`
const grant = (where: unknown, module = 'account') => ({ module, actions: ['READ'], scope: 'ALL', where })
const create = async (key: string, ...grants: readonly object[]) => (await admin.data(CREATE, { input: { key, name: key, grants } })).createRole.role
const grantsOf = async (key: string) =>
  (await admin.data('{ roles { key grants { module actions scope where } } }')).roles.find((role: { key: string }) => role.key === key).grants
const count = async (client: TestClient) => (await client.data('{ accounts { totalCount } }')).accounts.totalCount

beforeAll(async () => {
  server = await startTestServer()
  admin = server.admin
  zone = (await makeField(admin, { module: 'account', name: 'zone', type: 'TEXT', label: 'Zone' })).id
  await makeField(admin, { module: 'user', name: 'zones', type: 'MULTI_SELECT', label: 'Zones', options: [{ value: 'north' }] })
  await makeField(admin, { module: 'account', name: 'double', type: 'FORMULA', label: 'Double', formula: 'upper(name)' })
  for (const [name, value] of [
    ['one', 'north'],
    ['two', 'south'],
  ])
    await admin.data('mutation ($input: CreateAccountInput!) { createAccount(input: $input) { account { id } } }', {
      input: { name, type: 'customer', zone: value },
    })
}, 60_000)
afterAll(() => server?.close())

test('what is given is told again, by names', async () => {
  const wheres = [
    { zone: { in: ['north'] } },
    { account: { zone: { eq: 'x' } } },
    { contacts: { some: { name: { contains: 'a' } }, none: { name: { eq: 'b' } } } },
    { and: [{ or: [{ owner: { id: { eq: { viewer: 'id' } } } }] }, { not: { zone: { in: { viewer: 'zones' } } } }] },
    { annualRevenue: { gt: '10.50', currency: { eq: 'USD' } }, createdAt: { gte: '2026-01-01T00:00:00Z' }, tags: { hasAny: ['vip'] } },
    { externalId: { system: 'erp', key: '1' } },
    { parent: {}, contacts: { some: {} } },
  ]
  const modules = ['account', 'contact', 'account', 'account', 'account', 'account', 'account']
  const given = wheres.map((where, index) => grant(where, modules[index]))
  const role = await create('telling', ...given, grant(null))
  expect(role.grants).toHaveLength(8)
  for (const each of [...given, grant(null)]) expect(role.grants).toContainEqual(each)
})

test('what no filter could say is refused, each with its place', async () => {
  const deep = (depth: number): object => (depth === 0 ? { name: { eq: 'a' } } : { not: deep(depth - 1) })
  const cases: [unknown, string, string, string?][] = [
    [{ nothing: { eq: 1 } }, 'nothing', 'UNKNOWN'],
    [{ zone: { like: 'x' } }, 'zone.like', 'UNKNOWN'],
    [{ zone: { eq: 5 } }, 'zone.eq', 'TYPE'],
    [{ zone: { eq: null } }, 'zone.eq', 'NULL'],
    [{ zone: { in: 'x' } }, 'zone.in', 'TYPE'],
    [{ zone: { in: ['x', 7] } }, 'zone.in.1', 'TYPE'],
    [{ zone: 'north' }, 'zone', 'TYPE'],
    [{ zone: { isNull: 'yes' } }, 'zone.isNull', 'TYPE'],
    [{ lastContactedAt: { gt: 'yesterday' } }, 'lastContactedAt.gt', 'TYPE'],
    [{ size: { gt: 2.5 } }, 'size.gt', 'TYPE'],
    [{ annualRevenue: { gt: 'much' } }, 'annualRevenue.gt', 'TYPE'],
    [{ id: { eq: 'x' } }, 'id.eq', 'TYPE'],
    [{ address: { eq: 'x' } }, 'address', 'NOT_APPLICABLE'],
    [{ double: { eq: 'x' } }, 'double', 'NOT_APPLICABLE'],
    [{ contacts: { name: { eq: 'x' } } }, 'contacts.name', 'UNKNOWN'],
    [{ and: { zone: { eq: 'x' } } }, 'and', 'TYPE'],
    [{ zone: { eq: { viewer: 'nothing' } } }, 'zone.eq.viewer', 'UNKNOWN'],
    [{ zone: { eq: { viewer: 'zones' } } }, 'zone.eq', 'TYPE'],
    [{ zone: { eq: { viewer: 'id' } } }, 'zone.eq', 'TYPE'],
    [{ owner: { id: { in: { viewer: 'teams' } } } }, 'owner.id.in', 'TYPE'],
    [{ zone: { eq: { viewer: 'name', or: 1 } } }, 'zone.eq', 'TYPE'],
    [{}, '', 'REQUIRED'],
    [{ zone: {} }, 'zone', 'REQUIRED'],
    [{ zone: { notIn: [] } }, 'zone.notIn', 'REQUIRED'],
    [{ annualRevenue: { currency: {} } }, 'annualRevenue.currency', 'REQUIRED'],
    [{ contacts: {} }, 'contacts', 'REQUIRED'],
    [{ contacts: { every: {} } }, 'contacts.every', 'REQUIRED'],
    [{ and: [] }, 'and', 'REQUIRED'],
    [{ not: { or: [] } }, 'not.or', 'REQUIRED'],
    [{ or: [{ zone: { eq: 'x' } }, {}] }, 'or.1', 'REQUIRED'],
    [{ not: {} }, 'not', 'REQUIRED'],
    ['zone', '', 'TYPE'],
    [deep(10), Array(10).fill('not').join('.'), 'TOO_DEEP'],
    [{ zone: { in: Array(501).fill('x') } }, 'zone.in', 'TOO_LARGE'],
    [{ zone: { eq: 'x'.repeat(501) } }, 'zone.eq', 'TYPE'],
    [{ or: Array.from({ length: 100 }, () => ({ zone: { eq: 'x' } })) }, 'or.99.zone', 'TOO_LARGE'],
    [{ or: Array.from({ length: 9 }, () => ({ contacts: { some: {} } })) }, 'or.8.contacts', 'TOO_LARGE'],
    [{ zone: { eq: 'x' } }, '', 'NOT_APPLICABLE', '*'],
  ]
  const before = await admin.data('{ roles { key } }')
  for (const [where, path, code, module] of cases) {
    const answer = await admin.send(CREATE, { input: { key: 'bad', name: 'Bad', grants: [grant(where, module)] } })
    const issues = (answer.errors[0]?.extensions['issues'] ?? []) as Issue[]
    const found = issues.map((issue) => [issue.path.slice(0, 4).join('.'), issue.path.slice(4).join('.'), issue.code])
    expect([where, codesOf(answer), found]).toEqual([where, ['VALIDATION_FAILED'], [['input.grants.0.where', path, code]]])
  }
  expect(await admin.data('{ roles { key } }')).toEqual(before)
})

test('a name that no module or field has is told once, and not at length', async () => {
  const long = 'x'.repeat(500)
  const input = { key: 'bad', name: 'Bad', grants: [grant({ zone: { eq: 'x' } }, long)], fields: [{ module: 'account', field: long, access: 'READ' }] }
  const answer = await admin.send(CREATE, { input })
  expect(answer.errors[0]?.extensions['issues']).toEqual([
    { path: ['input', 'grants', 0, 'module'], code: 'UNKNOWN', message: `There is no module named "${'x'.repeat(60)}".` },
    { path: ['input', 'fields', 0, 'field'], code: 'UNKNOWN', message: `The module account has no field named "${'x'.repeat(60)}".` },
  ])
})

describe('a field that a condition names', () => {
  let client: TestClient
  const where = { zone: { eq: 'north' } }

  beforeAll(async () => {
    await create('zoned', grant(where), { module: 'contact', actions: ['READ'], scope: 'ALL' })
    client = (await server.addUser('Zoned', 'zoned')).client
  })

  test('may be renamed', async () => {
    expect(await count(client)).toBe(1)
    await changeField(admin, zone, { name: 'district' })
    expect(await count(client)).toBe(1)
    expect((await grantsOf('zoned'))[0]).toEqual(grant({ district: { eq: 'north' } }))
    const twice = await admin.send(UPDATE, { key: 'zoned', input: { grants: [grant({ zone: { eq: 'north' }, district: { isNull: false } })] } })
    expect(twice.errors[0]?.extensions['issues']).toMatchObject([{ path: ['input', 'grants', 0, 'where', 'district'], code: 'DUPLICATE' }])
    expect((await grantsOf('zoned'))[0]).toEqual(grant({ district: { eq: 'north' } }))
    await changeField(admin, zone, { name: 'zone' })
  })

  test('tells of the role before it is deleted; then the grant reaches nothing, and is told to nobody, until it comes back', async () => {
    const { dependents } = (await admin.data(METADATA.deleteField, { id: zone, dryRun: true })).answer
    expect(dependents).toContainEqual({ kind: 'role', name: 'zoned', detail: 'decides about READ', blocking: false })
    await admin.data(METADATA.deleteField, { id: zone })
    expect(codesOf(await client.send('{ accounts { totalCount } }'))).toEqual(['FORBIDDEN'])
    expect(await grantsOf('zoned')).toEqual([{ module: 'contact', actions: ['READ'], scope: 'ALL', where: null }])
    // Who saves what he was told does not widen anything by it, nor loses it.
    await admin.data(UPDATE, { key: 'zoned', input: { grants: (await grantsOf('zoned')).map((each: object) => ({ ...each })) } })
    expect(codesOf(await client.send('{ accounts { totalCount } }'))).toEqual(['FORBIDDEN'])
    await admin.data(METADATA.restoreField, { id: zone })
    expect(await count(client)).toBe(1)
  })

  test('whose type changes so that it compares no more reaches nothing', async () => {
    const number = (await makeField(admin, { module: 'account', name: 'number', type: 'TEXT', label: 'Number' })).id
    await create('numbered', grant({ number: { contains: '1' } }))
    const numbered = (await server.addUser('Numbered', 'numbered')).client
    expect(await count(numbered)).toBe(0)
    await changeField(admin, number, { type: 'INTEGER' })
    expect(codesOf(await numbered.send('{ accounts { totalCount } }'))).toEqual(['FORBIDDEN'])
    expect(codesOf(await admin.send(UPDATE, { key: 'numbered', input: { grants: await grantsOf('numbered') } }))).toEqual(['VALIDATION_FAILED'])
  })

  test('is part of what a change would do', async () => {
    const { diffRole } = await admin.data(
      `query ($input: UpdateRoleInput!) { diffRole(roleKey: "zoned", input: $input) { actions { module action before after gains loses reachBefore { scope where } reachAfter { scope where } } } }`,
      { input: { grants: [grant({ zone: { eq: 'south' } }), { module: 'contact', actions: ['READ'], scope: 'ALL' }] } },
    )
    expect(diffRole.actions).toEqual([
      {
        module: 'account',
        action: 'READ',
        before: 'ALL',
        after: 'ALL',
        gains: true,
        loses: true,
        reachBefore: [{ scope: 'ALL', where }],
        reachAfter: [{ scope: 'ALL', where: { zone: { eq: 'south' } } }],
      },
    ])
    const { unusedGrants } = await admin.data('{ unusedGrants(since: "2100-01-01T00:00:00Z") { grants { role { key } module scope where } } }')
    expect(unusedGrants.grants).toContainEqual({ role: { key: 'zoned' }, module: 'account', scope: 'ALL', where })
  })
})
