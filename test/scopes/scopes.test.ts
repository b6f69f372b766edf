import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { FieldDefinition, ModuleDefinition } from '../../src/records/registry/index.ts'
import { codesOf, type TestClient } from '../support/client.ts'
import { CARRIERS, carry, type Draw, FilterGenerator } from '../support/read-filter.ts'
import { type ModelRow, ReadModel, targetOf } from '../support/read-model.ts'
import { DEMO_USERS, type DemoUser, dealOut, ScopeOracle, scopeOf } from '../support/scope-oracle.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

/** Every way to read shows each demo user the records that owners, teams and roles give, and nothing of the others. */
let server: TestServer
let model: ReadModel
let oracle: ScopeOracle
const clients = new Map<DemoUser, TestClient>()

const USERS = Object.keys(DEMO_USERS) as DemoUser[]
/** One of each role, a manager in the middle of the tree besides the one at its top. */
const ONE_EACH: readonly DemoUser[] = ['nancy', 'steven', 'andrew', 'service', 'finance', 'marketing', 'viewer']

beforeAll(async () => {
  server = await startTestServer({ template: 'demo' })
  await dealOut(server.database.url)
  model = await ReadModel.load(server.database.url)
  oracle = new ScopeOracle(model)
  for (const user of USERS) clients.set(user, await server.signIn(`${user}@demo.guanxi.local`))
}, 90_000)

afterAll(() => server?.close())

const clientOf = (user: DemoUser) => clients.get(user) as TestClient
const modules = () => [...model.registry.modules.values()]
const readable = (user: DemoUser) => modules().filter(({ name }) => scopeOf(DEMO_USERS[user], name, 'r') !== undefined)
const idsOf = (rows: readonly { readonly id: string }[]) => rows.map(({ id }) => id).sort()

async function listedIds(client: TestClient, { pluralName }: ModuleDefinition): Promise<string[]> {
  const ids: string[] = []
  let after: string | null = null
  do {
    const { list }: { list: { nodes: { id: string }[]; pageInfo: { hasNextPage: boolean; endCursor: string } } } = await client.data(
      `query ($after: String) { list: ${pluralName}(first: 500, after: $after) { nodes { id } pageInfo { hasNextPage endCursor } } }`,
      { after },
    )
    ids.push(...list.nodes.map(({ id }) => id))
    after = list.pageInfo.hasNextPage ? list.pageInfo.endCursor : null
  } while (after !== null)
  return ids.sort()
}

describe('lists, counts and aggregates', () => {
  for (const user of USERS) {
    test(`show ${user} (${DEMO_USERS[user]}) what is theirs`, async () => {
      const own = oracle.modelOf(user)
      for (const module of modules()) {
        const { name, pluralName } = module
        const source = `{ ${pluralName} { totalCount } ${pluralName}Aggregate { count } bin: ${pluralName}(deleted: ONLY, first: 500) { nodes { id } } }`
        const answer = await clientOf(user).send(source)
        if (scopeOf(DEMO_USERS[user], name, 'r') === undefined) {
          expect([name, codesOf(answer)]).toEqual([name, ['FORBIDDEN', 'FORBIDDEN', 'FORBIDDEN']])
          expect(Object.values(answer.data)).toEqual([null, null, null])
          continue
        }
        const rows = own.rows(name)
        expect([name, answer.data[pluralName].totalCount, answer.data[`${pluralName}Aggregate`][0].count]).toEqual([name, rows.length, rows.length])
        expect([name, idsOf(answer.data.bin.nodes)]).toEqual([name, idsOf(own.rows(name, 'ONLY')).slice(0, 500)])
        expect([name, await listedIds(clientOf(user), module)]).toEqual([name, idsOf(rows)])
      }
    })
  }

  test('differ: a rep sees less than the manager above, who sees less than all', async () => {
    const count = (user: DemoUser) => oracle.modelOf(user).rows('account').length
    expect(count('nancy')).toBeGreaterThan(0)
    expect(count('steven')).toBeGreaterThan(count('michael'))
    expect(count('andrew')).toBeGreaterThan(count('steven'))
    expect(count('viewer')).toBeGreaterThan(count('andrew'))
    expect(
      oracle
        .modelOf('steven')
        .rows('account')
        .some((row) => row['owner_id'] === oracle.idOf('nancy')),
    ).toBe(false)
    expect(
      oracle
        .modelOf('andrew')
        .rows('account')
        .some((row) => row['owner_id'] === oracle.idOf('michael')),
    ).toBe(true)
  })
})

describe('relations', () => {
  for (const user of ONE_EACH) {
    test(`show ${user} related records only where they are theirs`, async () => {
      const own = oracle.modelOf(user)
      for (const module of readable(user)) {
        const steps = [...module.fields.values()].filter((field) => targetOf(field) !== undefined)
        const lists = [...module.inverses.values()]
        const selection = [
          ...steps.map(({ name }) => `${name} { id }`),
          ...lists.map(({ name }) => `${name}(first: 60) { totalCount nodes { id } edges { node { id } } }`),
        ].join(' ')
        const answer = await clientOf(user).send(`{ ${module.pluralName}(first: 40) { nodes { id ${selection} } } }`)
        const hidden = lists.filter((relation) => scopeOf(DEMO_USERS[user], relation.module, 'r') === undefined)
        const hiddenSteps = steps.filter((field) => scopeOf(DEMO_USERS[user], targetOf(field) as string, 'r') === undefined)
        expect(answer.errors.map(({ path, extensions }) => [path?.at(-1), extensions.code]).sort()).toEqual(
          [...hidden, ...hiddenSteps].map(({ name }) => [name, 'FORBIDDEN_FIELD']).sort(),
        )
        for (const node of answer.data[module.pluralName].nodes) {
          const row = own.rows(module.name).find(({ id }) => id === node.id) as ModelRow
          for (const field of steps) {
            const related = hiddenSteps.includes(field) ? undefined : own.related(field, row)
            expect([module.name, field.name, node[field.name]]).toEqual([module.name, field.name, related ? { id: related.id } : null])
          }
          for (const relation of lists) {
            const children = idsOf(own.children(relation.module, relation.field, row))
            const shown = node[relation.name]
            if (hidden.includes(relation)) expect(shown).toBeNull()
            else {
              expect([module.name, relation.name, shown.totalCount]).toEqual([module.name, relation.name, children.length])
              if (children.length <= 60) expect(idsOf(shown.nodes)).toEqual(children)
              for (const { id } of shown.nodes) expect(children).toContain(id)
              expect(shown.edges.map((edge: { node: object }) => edge.node)).toEqual(shown.nodes)
            }
          }
        }
      }
    })
  }

  test('of any module are shown only where they are theirs', async () => {
    const field = model.registry.module('reminder').fields.get('record') as FieldDefinition
    for (const user of ['nancy', 'steven', 'marketing'] as const) {
      const own = oracle.modelOf(user)
      const { reminders } = await clientOf(user).data('{ reminders(first: 500) { nodes { id record { id } } } }')
      for (const { id, record } of reminders.nodes) {
        const row = own.rows('reminder').find((each) => each.id === id) as ModelRow
        expect(record?.id ?? null).toBe(own.related(field, row)?.id ?? null)
      }
    }
  })
})

describe('filters, orders and groups', () => {
  /** Own values that the sales roles may not read. */
  const HIDDEN = new Set([
    'account.taxNumber',
    'account.bankAccount',
    'account.creditLimit',
    'account.paymentTerms',
    'product.cost',
    'opportunity.margin',
    'user.phone',
  ])

  for (const user of ['nancy', 'steven'] as const) {
    for (const name of ['account', 'contact', 'order', 'orderLine', 'ticket', 'product', 'user'] as const) {
      test(`a random filter of ${name} sees for ${user} only what ${user} sees`, async () => {
        const module = model.registry.module(name)
        const own = oracle.modelOf(user)
        // Operands come from everybody's data, as those of someone who probes would.
        const generator = new FilterGenerator(model, HIDDEN)
        await fc.assert(
          fc.asyncProperty(fc.gen(), fc.constantFrom(...CARRIERS), async (gen, carrier) => {
            const draw: Draw = (arbitrary) => gen(() => arbitrary)
            const filter = generator.filter(draw, module, 2)
            const { head, argument, variables } = carry(carrier, filter, module, model.registry)
            const source = `${head} { list: ${module.pluralName}(filter: ${argument}, first: 500) { totalCount nodes { id } } ${module.pluralName}Aggregate(filter: ${argument}) { count } }`
            const data = await clientOf(user).data(source, variables)
            const ids = idsOf(own.rows(name).filter((row) => own.matches(filter, row, module)))
            expect({ filter, ids: idsOf(data.list.nodes) }).toEqual({ filter, ids: ids.length > 500 ? idsOf(data.list.nodes) : ids })
            expect([data.list.totalCount, data[`${module.pluralName}Aggregate`][0].count]).toEqual([ids.length, ids.length])
          }),
          { numRuns: 20, seed: 19, interruptAfterTimeLimit: 10_000 },
        )
      })
    }
  }

  test('page by page keep every order, forward and backward', async () => {
    const module = model.registry.module('activity')
    const ORDERS = [
      [],
      [['subject', 'ASC']],
      [
        ['startedAt', 'DESC'],
        ['type', 'ASC'],
      ],
      [['outcome', 'ASC']],
      [['id', 'DESC']],
    ] as const
    for (const user of ['nancy', 'steven', 'andrew'] as const) {
      const own = oracle.modelOf(user)
      for (const order of ORDERS) {
        const keys = order.map(([field, direction]) => ({ steps: [], field, direction }))
        const expected = own.ordered(own.rows('activity'), module, keys).map(({ id }) => id)
        const variables = { orderBy: order.map(([field, direction]) => ({ [field]: direction })) }
        const page = (bounds: string, cursor: string | null) =>
          clientOf(user).data(
            `query ($orderBy: [ActivityOrderBy!], $cursor: String) { list: activities(orderBy: $orderBy, ${bounds}: $cursor) { nodes { id } pageInfo { startCursor endCursor } } }`,
            { ...variables, cursor },
          )
        const first = (await page('first: 17, after', null)).list
        const second = (await page('first: 17, after', first.pageInfo.endCursor)).list
        const back = (await page('last: 9, before', second.pageInfo.startCursor)).list
        const end = (await page('last: 17, before', null)).list
        const ids = ({ nodes }: { nodes: { id: string }[] }) => nodes.map(({ id }) => id)
        expect([user, order, ids(first), ids(second)]).toEqual([user, order, expected.slice(0, 17), expected.slice(17, 34)])
        expect([ids(back), ids(end)]).toEqual([expected.slice(8, 17), expected.slice(-17)])
      }
    }
  })

  test('take a related record that is not theirs for none', async () => {
    const contacts = model.registry.module('contact')
    const account = contacts.fields.get('account') as FieldDefinition
    for (const user of ['nancy', 'steven'] as const) {
      const own = oracle.modelOf(user)
      const foreign = own.rows('contact').filter((row) => model.related(account, row) && !own.related(account, row))
      expect(foreign.length).toBeGreaterThan(0)
      const keys = [{ steps: ['account'], field: 'name', direction: 'ASC' as const }]
      const data = await clientOf(user).data(`{
        contacts(first: 500, orderBy: [{ account: { name: ASC } }]) { nodes { id } }
        contactsAggregate(groupBy: [{ account: { name: true } }]) { key count }
        least: accountsAggregate { min { createdAt } max { size } }
      }`)
      expect(data.contacts.nodes.map(({ id }: { id: string }) => id)).toEqual(own.ordered(own.rows('contact'), contacts, keys).map(({ id }) => id))
      const names = new Set(own.rows('account').map((row) => row['name']))
      for (const { key } of data.contactsAggregate) expect(key.account.name === null || names.has(key.account.name)).toBe(true)
      const unknown = own.rows('contact').filter((row) => !own.related(account, row)).length
      expect(data.contactsAggregate.find(({ key }: { key: { account: { name: string | null } } }) => key.account.name === null).count).toBe(unknown)
    }
  })

  test('and searches find what is theirs', async () => {
    for (const user of ['nancy', 'andrew'] as const) {
      const own = oracle.modelOf(user)
      const found = own.rows('account').filter((row) =>
        [row['name'], row['code'], row['legal_name']].some((text) =>
          String(text ?? '')
            .toLowerCase()
            .includes('an'),
        ),
      )
      const { accounts } = await clientOf(user).data('{ accounts(search: "AN", first: 500) { totalCount nodes { id } } }')
      expect([accounts.totalCount, idsOf(accounts.nodes)]).toEqual([found.length, idsOf(found)])
    }
  })
})
