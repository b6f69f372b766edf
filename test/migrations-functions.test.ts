import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import pg from 'pg'
import { openTestDatabase, type TestDatabase } from './support/database.ts'

describe('the functions of the schema', () => {
  let database: TestDatabase
  let client: pg.Client

  beforeAll(async () => {
    database = await openTestDatabase()
    client = new pg.Client({ connectionString: database.url })
    await client.connect()
  })

  afterAll(async () => {
    await client?.end()
    await database?.close()
  })

  const call = async (name: string, value: unknown): Promise<unknown> => (await client.query(`SELECT ${name}($1) AS value`, [value])).rows[0].value

  test.each([
    ['Alfreds FUTTERKISTE', 'alfreds futterkiste'],
    ['ＡＢＣ１２３', 'abc123'],
    ['ﾃｽﾄ', 'テスト'],
    ['Ünïcode', 'ünïcode'],
    ['網絡', '網絡'],
    ['', ''],
    [null, null],
  ])('guanxi_fold takes case and width out of %j', async (value, folded) => {
    expect(await call('guanxi_fold', value)).toBe(folded)
  })

  test.each([
    ['臺灣積體電路', '台湾积体电路'],
    ['台湾积体电路', '台湾积体电路'],
    ['ＧＵＡＮＸＩ 關係', 'guanxi 关系'],
    ['東京テスト', '东京テスト'],
    ['Øre', 'øre'],
    ["it's 100% [a-z] \\ 張", "it's 100% [a-z] \\ 张"],
  ])('guanxi_search_fold reads %j as simplified characters', async (value, folded) => {
    expect(await call('guanxi_search_fold', value)).toBe(folded)
  })

  test.each([
    ['关系', ['关系']],
    ['阿里巴巴 中国', ['阿里', '里巴', '巴巴', '中国']],
    ['ab\tc\nde', ['ab', 'de']],
    ['😀😁x', ['😀😁', '😁x']],
    ['a', []],
    ['', []],
  ])('guanxi_bigrams splits %j', async (value, bigrams) => {
    expect(await call('guanxi_bigrams', value)).toEqual(bigrams)
  })

  test('guanxi_time is UTC with milliseconds, whatever the session says', async () => {
    await client.query(`SET TimeZone = 'Asia/Shanghai'; SET DateStyle = 'German'`)
    try {
      expect(await call('guanxi_time', '2024-02-29T23:59:59.5+00:00')).toBe('2024-02-29T23:59:59.500Z')
      expect(await call('guanxi_time', '0001-01-01T00:00:00Z')).toBe('0001-01-01T00:00:00.000Z')
    } finally {
      await client.query('RESET TimeZone; RESET DateStyle')
    }
  })

  test('work under an empty search_path, as a restored dump has it', async () => {
    await client.query(`SET search_path = ''`)
    try {
      expect((await client.query(`SELECT public.guanxi_bigrams(public.guanxi_search_fold('關係')) AS value`)).rows).toEqual([{ value: ['关系'] }])
    } finally {
      await client.query('RESET search_path')
    }
  })

  test('a Chinese term of two characters is found by an index, in either script', async () => {
    await client.query(
      `INSERT INTO accounts (id, name, type) SELECT gen_random_uuid(), CASE WHEN n % 500 = 0 THEN '杭州網絡科技' ELSE 'Trading company ' END || n, 'customer' FROM generate_series(1, 5000) AS n`,
    )
    await client.query('ANALYZE accounts')
    const search = (term: string) =>
      `FROM accounts a WHERE guanxi_bigrams(guanxi_search_fold(a.name)) @> guanxi_bigrams(guanxi_search_fold('${term}')) AND strpos(guanxi_search_fold(a.name), guanxi_search_fold('${term}')) > 0`
    for (const term of ['网络', '網絡']) {
      expect((await client.query(`SELECT count(*)::int AS n ${search(term)}`)).rows).toEqual([{ n: 10 }])
      const plan = await client.query(`EXPLAIN SELECT a.id ${search(term)}`)
      expect(plan.rows.map((row) => row['QUERY PLAN']).join('\n')).toContain('accounts_name_search')
    }
  })
})

describe('totals that PostgreSQL computes', () => {
  let database: TestDatabase
  let client: pg.Client

  beforeAll(async () => {
    database = await openTestDatabase()
    client = new pg.Client({ connectionString: database.url })
    await client.connect()
    await client.query(`INSERT INTO accounts (id, name, type) VALUES (gen_random_uuid(), 'Account', 'customer')`)
    await client.query(`INSERT INTO products (id, name, active) VALUES (gen_random_uuid(), 'Product', true)`)
    await client.query(`INSERT INTO orders (id, number, account_id, status) SELECT gen_random_uuid(), 'SO-1', id, 'draft' FROM accounts`)
  })

  afterAll(async () => {
    await client?.end()
    await database?.close()
  })

  test.each([
    // price, its base, quantity, discount → total, its base
    ['14.0000', '14.0000', '12', '0', '168.0000', '168.0000'],
    ['7.7', '7.7', '15', '0.15', '98.1800', '98.1800'],
    ['0.05', '0.05', '3', '0.5', '0.0800', '0.0800'],
    ['100', '108.7654', '3', '0.1', '270.0000', '293.6666'],
    ['0', '0', '5', '0', '0.0000', '0.0000'],
    ['0.3333', '0.3333', '1', '0', '0.3300', '0.3300'],
  ])('a line at %s (base %s) × %s less %s makes %s', async (price, base, quantity, discount, total, totalBase) => {
    const { rows } = await client.query(
      `INSERT INTO order_lines (id, order_id, product_id, quantity, discount, unit_price_amount, unit_price_currency, unit_price_base)
       SELECT gen_random_uuid(), o.id, p.id, $1, $2, $3, 'EUR', $4 FROM orders o, products p RETURNING total_amount, total_currency, total_base`,
      [quantity, discount, price, base],
    )
    expect(rows).toEqual([{ total_amount: total, total_currency: 'EUR', total_base: totalBase }])
  })

  test('an expected revenue is the amount by its probability', async () => {
    const { rows } = await client.query(
      `WITH p AS (INSERT INTO pipelines (id, name, position, active) VALUES (gen_random_uuid(), 'Sales', 0, true) RETURNING id),
       s AS (INSERT INTO stages (id, name, pipeline_id, position, category) SELECT gen_random_uuid(), 'First', id, 0, 'open' FROM p RETURNING id)
       SELECT s.id AS stage, a.id AS account FROM s, accounts a`,
    )
    const insert = `INSERT INTO opportunities (id, name, account_id, stage_id, status, amount_amount, amount_currency, amount_base, probability)
      VALUES (gen_random_uuid(), 'Deal', $1, $2, 'open', $3, $4, $5, $6) RETURNING expected_revenue_amount AS amount, expected_revenue_currency AS currency, expected_revenue_base AS base`
    const of = async (...values: (string | null)[]) => (await client.query(insert, [rows[0].account, rows[0].stage, ...values])).rows[0]
    expect(await of('1000.01', 'CNY', '140.0014', '0.25')).toEqual({ amount: '250.0000', currency: 'CNY', base: '35.0004' })
    expect(await of('1000', 'CNY', '140', null)).toEqual({ amount: null, currency: null, base: null })
    expect(await of(null, null, null, '0.5')).toEqual({ amount: null, currency: null, base: null })
  })
})
