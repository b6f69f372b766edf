import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import pg from 'pg'
import { codesOf } from '../support/client.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

/** Search over Chinese and other names: what is found, and that a term of two characters is found by an index. */
let server: TestServer

beforeAll(async () => {
  server = await startTestServer()
  await server.admin.data(
    `mutation ($accounts: [CreateAccountInput!]!, $contacts: [CreateContactInput!]!) {
      createAccounts(input: $accounts) { changeSetId }
      createContacts(input: $contacts) { changeSetId }
    }`,
    { accounts: ACCOUNTS, contacts: CONTACTS },
  )
}, 60_000)

afterAll(() => server?.close())

const ACCOUNTS = [
  { ref: 'huawei', name: '华为技术有限公司', code: 'HW-1', legalName: 'Huawei Technologies Co., Ltd.' },
  { name: '華為電子', code: 'HW-2' },
  { name: '北京饭店', code: 'BJ-1', legalName: '北京 飯店 有限公司' },
  { name: 'ＡＣＭＥ　Trading', code: 'AC-1' },
  { name: 'acme 北京 office', code: 'AC-2', description: '华为' },
  { name: 'Straße & Söhne', code: 'ST-1' },
  { name: '100% cotton_wool', code: 'CO-1' },
  { name: '1000 cottonXwool', code: 'CO-2' },
  { name: 'café', code: 'CA-1' },
  { name: '🦆🦢 birds', code: 'BI-1' },
  { name: '㈱山本ﾃﾞﾝｷ', code: 'YA-1' },
  { name: '为华', code: 'XX-1' },
]
const CONTACTS = [
  { name: '王芳', email: 'fang.wang@example.com', mobile: '+86 138 0013 8000', account: { ref: 'huawei' } },
  { name: '王小芳', email: 'xf@example.com', account: { ref: 'huawei' } },
  { name: 'Wang Fang', email: 'WF@Example.com' },
]

async function found(search: string): Promise<string[]> {
  const { accounts } = await server.admin.data(
    'query ($search: String) { accounts(search: $search, orderBy: [{ code: ASC }], first: 500) { nodes { code } totalCount } }',
    {
      search,
    },
  )
  expect(accounts.totalCount).toBe(accounts.nodes.length)
  return accounts.nodes.map(({ code }: { code: string }) => code)
}

describe('a search', () => {
  const TABLE: readonly [about: string, search: string, codes: readonly string[]][] = [
    ['two Chinese characters', '华为', ['HW-1', 'HW-2']],
    ['the same in traditional characters', '華為', ['HW-1', 'HW-2']],
    ['one traditional, one simplified', '华為', ['HW-1', 'HW-2']],
    ['two characters the other way round', '为华', ['XX-1']],
    ['one character', '华', ['HW-1', 'HW-2', 'XX-1']],
    ['one traditional character', '飯', ['BJ-1']],
    ['characters from within a word', '技术有限', ['HW-1']],
    ['characters with a blank between, which are no neighbours', '京o', []],
    ['several words in any order', '饭店 北京', ['BJ-1']],
    ['several words in several fields', 'huawei 华为', ['HW-1']],
    ['a word that is nowhere', '华为 nowhere', []],
    ['words with an ideographic blank between', '北京　office', ['AC-2']],
    ['another case', 'ACME', ['AC-1', 'AC-2']],
    ['full width', 'ａｃｍｅ', ['AC-1', 'AC-2']],
    ['half-width katakana for full-width', 'デンキ', ['YA-1']],
    ['one character that folds to several', '㈱', ['YA-1']],
    ['what that one folds to', '(株)', ['YA-1']],
    ['accents composed otherwise', 'cafe\u0301', ['CA-1']],
    ['wildcards as themselves', '100%', ['CO-1']],
    ['underscores as themselves', 'cotton_wool', ['CO-1']],
    ['characters beyond the basic plane', '🦆🦢', ['BI-1']],
    ['a key', 'hw-', ['HW-1', 'HW-2']],
    ['punctuation alone', '&', ['ST-1']],
    ['fields that are not searchable', 'description', []],
    ['quotes and statements', `'; DROP TABLE accounts; --`, []],
    ['a backslash', '\\', []],
  ]
  for (const [about, search, codes] of TABLE) test(`for ${about}`, async () => expect(await found(search)).toEqual(codes))

  test('for nothing but blanks asks for everything', async () => {
    for (const search of ['', ' ', '　\t\n']) expect(await found(search)).toHaveLength(ACCOUNTS.length)
  })

  test('works as a literal, in aggregates, with a filter and below a record', async () => {
    const data = await server.admin.data(`{
      literal: accounts(search: "華為", orderBy: [{ code: ASC }]) { nodes { code } }
      accountsAggregate(search: "華為") { count }
      filtered: accounts(search: "华为", filter: { legalName: { isNull: true } }) { nodes { code } }
      accounts(search: "HW-1") { nodes { contacts(search: "小芳") { totalCount nodes { name } } } }
    }`)
    expect(data).toEqual({
      literal: { nodes: [{ code: 'HW-1' }, { code: 'HW-2' }] },
      accountsAggregate: [{ count: 2 }],
      filtered: { nodes: [{ code: 'HW-2' }] },
      accounts: { nodes: [{ contacts: { totalCount: 1, nodes: [{ name: '王小芳' }] } }] },
    })
  })

  test('finds people by their address, whatever its case', async () => {
    const { contacts } = await server.admin.data('{ contacts(search: "wf@example.COM") { nodes { name } } }')
    expect(contacts.nodes).toEqual([{ name: 'Wang Fang' }])
  })

  test('is limited in length and words, and refuses what no text can hold', async () => {
    for (const [search, code] of [
      ['x'.repeat(201), 'LIMIT_EXCEEDED'],
      ['a b c d e f g h i', 'LIMIT_EXCEEDED'],
      ['a\u0000b', 'VALIDATION_FAILED'],
    ] as const) {
      const answer = await server.admin.send('query ($search: String) { accounts(search: $search) { totalCount } }', { search })
      expect([codesOf(answer), answer.data?.accounts ?? null]).toEqual([[code], null])
    }
    for (const search of ['🦆'.repeat(200), 'a b c d e f g h']) expect(await found(search)).toEqual([])
  })
})

describe('on a large table', () => {
  beforeAll(async () => {
    await run(async (client) => {
      // Names of six characters out of 2,000, as many as everyday Chinese has.
      await client.query(
        `INSERT INTO accounts (id, version, created_at, updated_at, name, type, code)
         SELECT gen_random_uuid(), 1, now() - make_interval(secs => n), now(),
                (SELECT string_agg(chr(19968 + ((n * 7919 + i * 104729 + n * i * 31) % 2000)), '') FROM generate_series(1, 6) i), 'prospect', 'L-' || n
           FROM generate_series(1, 20000) n`,
      )
      await client.query(`UPDATE accounts SET name = '麒麟' || code WHERE code IN ('L-1', 'L-5000', 'L-10000', 'L-15000', 'L-20000')`)
      await client.query('ANALYZE accounts')
    })
  }, 60_000)

  async function run<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
    const client = new pg.Client({ connectionString: server.database.url })
    await client.connect()
    try {
      return await work(client)
    } finally {
      await client.end()
    }
  }

  /** Plan of the statement that the server runs for an operation, for no values in particular, as the server has it planned. */
  async function planOf(source: string): Promise<string> {
    const statements = (await server.statementsOf(() => server.admin.data(source))).filter(({ purpose }) => purpose === 'record')
    expect(statements).toHaveLength(1)
    const text = statements[0]?.text as string
    return run(async (client) => {
      await client.query('SET plan_cache_mode = force_generic_plan')
      await client.query(`PREPARE searched AS ${text}`)
      const parameters = new Set(text.match(/\$\d+/g)).size
      const { rows } = await client.query<{ 'QUERY PLAN': string }>(`EXPLAIN EXECUTE searched (${Array.from({ length: parameters }, () => 'NULL').join(', ')})`)
      return rows.map((row) => row['QUERY PLAN']).join('\n')
    })
  }

  const INDEXES = ['accounts_name_search', 'accounts_code_search', 'accounts_legal_name_search']

  for (const [about, source] of [
    ['a page', '{ accounts(search: "麒麟") { nodes { code } } }'],
    ['a count', '{ accounts(search: "麒麟") { totalCount } }'],
    ['an aggregate', '{ accountsAggregate(search: "麒麟", groupBy: [{ type: true }]) { key count } }'],
    ['two words', '{ accounts(search: "麒麟 L-5000") { nodes { code } } }'],
  ] as const) {
    test(`${about} of a two-character term comes from the bigram indexes of all searchable fields`, async () => {
      const plan = await planOf(source)
      for (const index of INDEXES) expect(plan).toContain(`Bitmap Index Scan on ${index}`)
      expect(plan).not.toContain('Seq Scan on accounts')
    })
  }

  test('a filter by contained text uses the index of its field', async () => {
    const plan = await planOf('{ accounts(filter: { name: { contains: "麒麟" } }) { totalCount } }')
    expect(plan).toContain('Bitmap Index Scan on accounts_name_search')
  })

  test('finds all and only what holds the term', async () => {
    expect(await found('麒麟')).toEqual(['L-1', 'L-10000', 'L-15000', 'L-20000', 'L-5000'])
    expect(await found('麟麒')).toEqual([])
    expect(await found('麒麟L-5000')).toHaveLength(1)
  })
})
