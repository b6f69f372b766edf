import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { splitName } from '../../src/demo/companies.ts'
import { floatToDecimal, parseDump } from '../../src/demo/dump.ts'
import { type DemoSummary, loadDemo } from '../../src/demo/index.ts'
import { createRandom } from '../../src/demo/random.ts'
import { TEST_PASSWORD } from '../support/database.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { northwindOrderTotals } from './northwind-totals.ts'

const SOURCE = new URL('../../assets/northwind/northwind.sql', import.meta.url)

/** Employees by first name, with the numbers of Northwind's orders that each took. */
const ORDERS_TAKEN = { nancy: 123, andrew: 96, janet: 127, margaret: 156, steven: 42, michael: 67, robert: 72, laura: 104, anne: 43 }

describe('the demo data', () => {
  let server: TestServer
  let summary: DemoSummary | null

  const load = () => loadDemo({ ...server.app.kernel, password: TEST_PASSWORD })
  const rows = <Row>(text: string) => server.app.kernel.database.query<Row>({ text, purpose: 'platform' })

  beforeAll(async () => {
    server = await startTestServer()
    summary = await load()
  }, 60_000)

  afterAll(() => server.close())

  test('has the size of Northwind, and a little of everything else', async () => {
    expect(summary).toMatchObject({ accounts: 120, products: 77, orders: 830, orderLines: 2155, leads: 60, opportunities: 80, tickets: 60 })
    const [counts] = await rows<object>(`SELECT
      (SELECT count(*)::int FROM accounts WHERE type = 'customer') AS customers, (SELECT count(*)::int FROM accounts WHERE type = 'supplier') AS suppliers,
      (SELECT count(*)::int FROM contacts) AS contacts, (SELECT count(*)::int FROM product_categories) AS categories,
      (SELECT count(*)::int FROM users WHERE source = 'northwind') AS employees, (SELECT count(*)::int FROM order_lines) AS lines,
      (SELECT count(*)::int FROM opportunity_stage_changes) AS steps, (SELECT count(*)::int FROM reminders) AS reminders,
      (SELECT count(*)::int FROM complaint_categories) AS complaints, (SELECT count(*)::int FROM tickets WHERE category_id IS NOT NULL) AS categorized,
      (SELECT count(*)::int FROM ticket_status_changes) AS "ticketSteps"`)
    expect(counts).toEqual({
      customers: 91,
      suppliers: 29,
      contacts: 120,
      categories: 8,
      employees: 9,
      lines: 2155,
      steps: 80,
      reminders: 40,
      complaints: 8,
      categorized: 60,
      ticketSteps: 60,
    })
  })

  test('each order total equals, to the cent, what the source file gives by itself', async () => {
    const expected = northwindOrderTotals(SOURCE)
    const stored = await rows<{ number: string; total: string; currency: string }>(
      'SELECT number, round(total_amount, 2)::text AS total, total_currency AS currency FROM orders WHERE total_amount = round(total_amount, 2)',
    )
    expect(expected.size).toBe(830)
    expect(new Map(stored.map(({ number, total }) => [number, total]))).toEqual(expected)
    expect(new Set(stored.map(({ currency }) => currency))).toEqual(new Set(['USD']))
  })

  test('freight stands apart from the total, as the decimal that the float meant', async () => {
    const [order] = await rows<object>(`SELECT freight_amount::text AS freight, total_amount::text AS total FROM orders WHERE number = '10248'`)
    expect(order).toEqual({ freight: '32.3800', total: '440.0000' })
  })

  test('the sales people stand in the team tree of their managers', async () => {
    const people = await rows<{ name: string; manager: string | null; team: string; above: string | null; role: string }>(`
      SELECT u.name, m.name AS manager, t.name AS team, p.name AS above, r.key AS role FROM users u
      LEFT JOIN users m ON m.id = u.manager_id LEFT JOIN teams t ON t.id = u.team_id LEFT JOIN teams p ON p.id = t.parent_id
      JOIN user_role ur ON ur.user_id = u.id JOIN role r ON r.id = ur.role_id WHERE u.source = 'northwind'`)
    const of = (name: string) => people.find((person) => person.name === name)
    expect(of('Andrew Fuller')).toEqual({ name: 'Andrew Fuller', manager: null, team: 'Sales', above: null, role: 'sales_manager' })
    expect(of('Steven Buchanan')).toMatchObject({ manager: 'Andrew Fuller', team: 'Sales UK', above: 'Sales', role: 'sales_manager' })
    for (const name of ['Michael Suyama', 'Robert King', 'Anne Dodsworth'])
      expect(of(name)).toMatchObject({ manager: 'Steven Buchanan', team: 'Sales UK', role: 'sales_rep' })
    for (const name of ['Nancy Davolio', 'Janet Leverling', 'Margaret Peacock', 'Laura Callahan'])
      expect(of(name)).toMatchObject({ manager: 'Andrew Fuller', team: 'Sales', role: 'sales_rep' })
  })

  test('every demo user signs in; sales reps see the orders they took, managers those of their tree, desks all', async () => {
    const uk = ORDERS_TAKEN.steven + ORDERS_TAKEN.michael + ORDERS_TAKEN.robert + ORDERS_TAKEN.anne
    const expected = { ...ORDERS_TAKEN, andrew: 830, steven: uk, service: 830, finance: 830, viewer: 830 }
    for (const [name, count] of Object.entries(expected)) {
      const client = await server.signIn(`${name}@demo.guanxi.local`)
      expect([name, await client.data('{ orders { totalCount } }')]).toEqual([name, { orders: { totalCount: count } }])
    }
    const marketing = await server.signIn('marketing@demo.guanxi.local')
    expect(await marketing.data('{ leads { totalCount } }')).toEqual({ leads: { totalCount: 60 } })
  }, 60_000)

  test('reads in both languages', async () => {
    const [row] = await rows<{ chinese: number; english: number }>(
      `SELECT count(*) FILTER (WHERE name ~ '[\\u4e00-\\u9fff]')::int AS chinese, count(*) FILTER (WHERE name ~ '^[A-Z][a-z]')::int AS english FROM leads`,
    )
    expect(row?.chinese).toBeGreaterThan(15)
    expect(row?.english).toBeGreaterThan(15)
  })

  test('its dates make sense today: reminders come due within the hour and later, closed deals lie behind', async () => {
    const [row] = await rows<object>(`SELECT
      (SELECT count(*) > 2 FROM reminders WHERE state = 'scheduled' AND due_at BETWEEN now() AND now() + interval '1 hour') AS soon,
      (SELECT bool_and(due_at > now() - interval '10 minutes') FROM reminders WHERE state = 'scheduled') AS none_missed,
      (SELECT bool_and((status = 'open') = (expected_close_date >= current_date)) FROM opportunities) AS closed_behind`)
    expect(row).toEqual({ soon: true, none_missed: true, closed_behind: true })
  })

  test('is one change set, and is loaded once', async () => {
    const [before] = await rows<object>(
      `SELECT count(*)::int AS sets, (SELECT count(*)::int FROM accounts) AS accounts FROM change_set WHERE operation_name = 'loadDemo'`,
    )
    expect(before).toEqual({ sets: 1, accounts: 120 })
    expect(await load()).toBeNull()
    const [after] = await rows<object>(
      `SELECT count(*)::int AS sets, (SELECT count(*)::int FROM accounts) AS accounts FROM change_set WHERE operation_name = 'loadDemo'`,
    )
    expect(after).toEqual(before)
  })
})

describe('reading the dump', () => {
  test('texts with quotes, commas and brackets, NULLs and numbers', () => {
    const sql = `INSERT INTO t VALUES (1, 'Grandma Kelly''s, (Ltd.)', NULL, 0.150000006, '');\nINSERT INTO t VALUES (2, 'x', 'NULL', -1, '''');`
    expect(parseDump(sql).get('t')).toEqual([
      ['1', "Grandma Kelly's, (Ltd.)", null, '0.150000006', ''],
      ['2', 'x', 'NULL', '-1', "'"],
    ])
  })

  test('floats become the decimals that they stand for', () => {
    const floats = { '0.150000006': '0.15', '0.00999999978': '0.01', '263.5': '263.5', '123.790001': '123.79', '1007.64001': '1007.64', '18': '18', '0': '0' }
    for (const [float, decimal] of Object.entries(floats)) expect(floatToDecimal(float)).toBe(decimal)
  })

  test('names are split at particles and before the last word', () => {
    expect(splitName('Maria Anders')).toEqual({ givenName: 'Maria', familyName: 'Anders' })
    expect(splitName('Antonio del Valle Saavedra')).toEqual({ givenName: 'Antonio', familyName: 'del Valle Saavedra' })
    expect(splitName('José Pedro Freyre')).toEqual({ givenName: 'José Pedro', familyName: 'Freyre' })
  })

  test('choices repeat with the seed', () => {
    const draw = (seed: number) => {
      const random = createRandom(seed)
      return Array.from({ length: 20 }, () => random.integer(1, 6))
    }
    expect(draw(7)).toEqual(draw(7))
    expect(draw(7)).not.toEqual(draw(8))
    expect(Math.min(...draw(7))).toBeGreaterThanOrEqual(1)
    expect(Math.max(...draw(7))).toBeLessThanOrEqual(6)
  })
})
