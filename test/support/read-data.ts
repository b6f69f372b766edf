import pg from 'pg'
import type { TestServer } from './server.ts'

/**
 * The data set of the read tests: about 60 accounts, 150 contacts, 12 products, 40 orders with their lines, 30 tickets and 30 reminders,
 * made through the API. Values are few, so that they tie; every optional field is empty now and then; texts come in several
 * cases, widths and scripts; some related records lie in the recycle bin.
 */
export async function loadReadData(server: TestServer): Promise<void> {
  const random = createRandom(20_240_229)
  const { pick, maybe, chance, some } = random
  const create = async (module: string, plural: string, input: readonly object[]): Promise<string[]> => {
    const name = `create${plural}`
    const data = await server.admin.data(`mutation ($input: [Create${module}Input!]!) { ${name}(input: $input) { records: ${lowerFirst(plural)} { id } } }`, {
      input,
    })
    return data[name].records.map(({ id }: { id: string }) => id)
  }
  const reference = (ids: readonly string[]) => ({ id: pick(ids) })
  const money = () => ({ amount: pick(['0.00', '10.00', '99.99', '1000.10', '12345.6789']), currency: pick(['CNY', 'CNY', 'USD', 'EUR']) })

  await create('ExchangeRate', 'ExchangeRates', [
    { currency: 'USD', rate: '7.25', validFrom: '2020-01-01' },
    { currency: 'EUR', rate: '8', validFrom: '2020-01-01' },
  ])
  const teams = await create('Team', 'Teams', [{ name: 'East' }, { name: '华东' }])
  const users = await create(
    'User',
    'Users',
    ['Ann Lee', '王芳', 'ann lee', 'Gone'].map((name, index) => ({ name, email: `u${index}@test.guanxi.local`, team: maybe(reference(teams)) })),
  )
  const ownership = () => ({
    owner: maybe(reference(users)),
    team: maybe(reference(teams)),
    tags: some(TAGS),
    source: maybe(pick(['web', 'Import', 'import'])),
  })

  const accounts: string[] = []
  for (let batch = 0; batch < 4; batch += 1) {
    const input = Array.from({ length: 15 }, (_, index) => ({
      ...ownership(),
      name: pick(NAMES),
      code: maybe(`C-${batch}${index}`),
      legalName: maybe(pick(NAMES)),
      type: pick(['prospect', 'customer', 'partner']),
      industry: maybe(pick(['retail', 'technology', 'finance'])),
      size: maybe(pick([0, 1, 5, 250, 2_147_483_647])),
      annualRevenue: maybe(money()),
      region: maybe(pick(['CN', 'CN-31', 'DE'])),
      phone: maybe(pick(PHONES)),
      website: maybe(pick(['https://example.com', 'HTTPS://EXAMPLE.COM/A_B', 'https://例子.测试/'])),
      parent: accounts.length > 0 ? maybe(reference(accounts)) : null,
      satisfaction: maybe(pick(['0', '0.5', '4.99', '5'])),
      lastContactedAt: maybe(pick(INSTANTS)),
      nextContactAt: maybe(pick(INSTANTS)),
      description: maybe(pick(NAMES)),
      ...(chance(0.3) ? { externalIds: [{ system: 'erp', key: `A${batch}${index}` }] } : {}),
    }))
    accounts.push(...(await create('Account', 'Accounts', input)))
  }
  const contacts = await create(
    'Contact',
    'Contacts',
    Array.from({ length: 150 }, (_, index) => ({
      ...ownership(),
      name: pick(NAMES),
      familyName: maybe(pick(['Lee', 'lee', '王'])),
      gender: maybe(pick(['female', 'male'])),
      birthday: maybe(pick(['1970-01-01', '1984-02-29', '2000-12-31'])),
      account: maybe(reference(accounts)),
      email: maybe(pick([`c${index}@example.com`, 'Shared@Example.com'])),
      mobile: maybe(pick(PHONES)),
      decisionRole: maybe(pick(['champion', 'user'])),
    })),
  )
  const products = await create(
    'Product',
    'Products',
    Array.from({ length: 12 }, (_, index) => ({
      name: pick(NAMES),
      sku: maybe(`S${index}`),
      active: chance(0.6),
      price: maybe(money()),
      stock: maybe(pick([-3, 0, 7])),
    })),
  )
  const orders = await create(
    'Order',
    'Orders',
    Array.from({ length: 40 }, () => ({
      ...ownership(),
      account: reference(accounts),
      contact: maybe(reference(contacts)),
      status: pick(['draft', 'confirmed', 'completed']),
      orderedAt: maybe(pick(INSTANTS)),
      shippedAt: maybe(pick(INSTANTS)),
      freight: maybe(money()),
    })),
  )
  const currencies = new Map(orders.map((id) => [id, pick(['CNY', 'USD'])]))
  await create(
    'OrderLine',
    'OrderLines',
    Array.from({ length: 70 }, () => {
      const order = pick(orders.slice(8))
      return {
        order: { id: order },
        product: reference(products),
        description: maybe(pick(NAMES)),
        quantity: pick(['1', '2.5', '1000']),
        unitPrice: { amount: pick(['0.00', '9.99', '100.00']), currency: currencies.get(order) },
        discount: pick(['0', '0.1', '0.333']),
      }
    }),
  )
  await create(
    'Ticket',
    'Tickets',
    Array.from({ length: 30 }, () => ({
      ...ownership(),
      subject: pick(NAMES),
      priority: pick(['low', 'urgent']),
      account: maybe(reference(accounts)),
      contact: maybe(reference(contacts)),
      assignee: maybe(reference(users)),
      satisfaction: maybe(pick([1, 3, 5])),
    })).map((input) => ({ ...input, status: input.satisfaction ? 'closed' : 'open' })),
  )
  await create(
    'Reminder',
    'Reminders',
    Array.from({ length: 30 }, () => ({
      subject: pick(NAMES),
      dueAt: pick(INSTANTS),
      record: maybe(reference(pick([accounts, contacts, orders]))),
      recipient: maybe(reference(users)),
    })),
  )
  await age(server.database.url, users[3] as string)
}

/** Spreads times of creation, with ties, and puts some records into the recycle bin that others still refer to. */
async function age(url: string, gone: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  for (const table of ['accounts', 'contacts', 'orders', 'order_lines', 'tickets', 'reminders']) {
    await client.query(
      `UPDATE ${table} t SET created_at = timestamptz '2024-03-31 00:30:00Z' - make_interval(hours => (n.n % 9)::int * 500), version = 1 + n.n % 3
       FROM (SELECT id, row_number() OVER (ORDER BY id) AS n FROM ${table}) n WHERE n.id = t.id`,
    )
    await client.query(
      `UPDATE ${table} t SET deleted_at = now() FROM (SELECT id, row_number() OVER (ORDER BY id) AS n FROM ${table}) n WHERE n.id = t.id AND n.n % 7 = 3`,
    )
  }
  await client.query('UPDATE users SET deleted_at = now() WHERE id = $1', [gone])
  await client.query(`UPDATE tags SET deleted_at = now() WHERE name = 'old'`)
  await client.query('ANALYZE')
  await client.end()
}

/** Texts that an ordinary comparison gets wrong: cases, widths, ligatures, wildcards of LIKE, quotes, scripts. */
export const NAMES = [
  'Acme',
  'ACME',
  'ａｃｍｅ',
  'Acme Trading',
  'acme trading',
  '华为技术有限公司',
  '華為技術',
  '北京 饭店',
  'ＡＢＣ　公司',
  'Ünïcode',
  'ünïcode',
  '100% cotton',
  '1000 cotton',
  'a_b',
  'O\'Hara "&" Sons',
  'back\\slash',
  ' leading',
  'ﬁne',
  'Fine',
  '㈱山本',
  'ﾔﾏﾓﾄ',
  'Z',
  '🦆 ducks',
]
const TAGS = ['vip', 'VIP', '重点', 'old']
const PHONES = ['+86 10 6234 5678', '+861062345678', '+86 138 0013 8000', '+44 20 7946 0958', '+49 (30) 123456']
const INSTANTS = [
  '2023-12-31T23:30:00.000Z',
  '2024-01-01T00:00:00.000Z',
  '2024-01-01T00:00:00.001Z',
  '2024-03-10T09:59:59.999Z',
  '2024-03-31T01:30:00.000Z',
  '2024-10-27T00:30:00.000Z',
  '2024-10-27T01:30:00.000Z',
]

interface Random {
  pick<T>(from: readonly T[]): T
  chance(share: number): boolean
  /** The value, or null one time in three. */
  maybe<T>(value: T): T | null
  some<T>(from: readonly T[]): T[]
}

/** A small seeded generator (mulberry32), so that a failure is the same tomorrow. */
function createRandom(seed: number): Random {
  let state = seed
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
  const chance = (share: number) => next() < share
  return {
    chance,
    pick: <T>(from: readonly T[]) => from[Math.floor(next() * from.length)] as T,
    maybe: (value) => (chance(1 / 3) ? null : value),
    some: (from) => from.filter(() => chance(0.3)),
  }
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1)
}
