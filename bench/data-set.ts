import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type pg from 'pg'

/**
 * 20,000 accounts, 100,000 contacts, 100,000 opportunities and 300,000 activities of 50 owners in 10 teams, written directly into the
 * modules' tables, set by set (no history and no events: nothing here reads them). Skewed as such data is: some owners have ten
 * times the accounts of others, newer accounts have more contacts, and those more activities; one record in ten lies with
 * another owner than its account.
 */
export const SIZES = { accounts: 20_000, contacts: 100_000, opportunities: 100_000, activities: 300_000, owners: 50, teams: 10 } as const

/** The sales manager whom requests come from: home team 2, whose tree (teams 2, 5 and 6) holds 15 of the 50 owners. */
export const MANAGER_EMAIL = 'user2@bench.guanxi.local'
export const PASSWORD = 'a password for the benchmark'

/** Changes with this file; a data set of another version is made anew. */
export const DATA_SET_VERSION = createHash('sha256')
  .update(readFileSync(new URL(import.meta.url)))
  .digest('hex')
  .slice(0, 16)

const DAYS = 1_000
const TABLES = ['users', 'teams', 'pipelines', 'stages', 'accounts', 'contacts', 'opportunities', 'activities'] as const

/** A UUIDv7 with the module's number at its end, as the product makes them, from a time and a row number. */
const ID_FUNCTION = `CREATE FUNCTION pg_temp.record_id(at timestamptz, n bigint, module int) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
  SELECT (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || '7' || lpad(to_hex((n % 4096)::int), 3, '0')
    || '8' || left(md5(n || '/' || module), 11) || lpad(to_hex(module), 4, '0'))::uuid $$`

const MOMENT = `date_trunc('milliseconds', timestamptz '2023-01-01' + random() * interval '${DAYS} days')`

/** Row number out of \`size\`, small ones more often the larger the exponent. */
const skewed = (size: number, exponent: number) => `1 + floor(${size} * power(random(), ${exponent}))::int`

const STEPS: readonly string[] = [
  ID_FUNCTION,
  'SELECT setseed(0.42)',

  // Teams: 1 above 2, 3, 4; each of those above two more.
  `INSERT INTO teams (id, created_at, updated_at, name, parent_id)
    SELECT pg_temp.record_id('2023-01-01', n, 2), '2023-01-01', '2023-01-01', 'Team ' || n,
      CASE WHEN n = 1 THEN NULL WHEN n <= 4 THEN pg_temp.record_id('2023-01-01', 1, 2) ELSE pg_temp.record_id('2023-01-01', (n - 1) / 2, 2) END
    FROM generate_series(1, ${SIZES.teams}) n ORDER BY n`,
  `INSERT INTO users (id, created_at, updated_at, name, email, position, department, team_id, kind, status)
    SELECT pg_temp.record_id('2023-01-01', n, 1), '2023-01-01', '2023-01-01', 'User ' || n, 'user' || n || '@bench.guanxi.local', 'Sales', 'Sales',
      pg_temp.record_id('2023-01-01', 1 + (n - 1) % ${SIZES.teams}, 2), 'person', 'active'
    FROM generate_series(1, ${SIZES.owners}) n`,
  `CREATE TEMP TABLE owner AS SELECT n AS i, pg_temp.record_id('2023-01-01', n, 1) AS id FROM generate_series(1, ${SIZES.owners}) n`,

  `INSERT INTO pipelines (id, created_at, updated_at, name, position, active)
    SELECT pg_temp.record_id('2023-01-01', 1, 7), '2023-01-01', '2023-01-01', 'Sales', 0, true`,
  `INSERT INTO stages (id, created_at, updated_at, name, pipeline_id, position, probability, category)
    SELECT pg_temp.record_id('2023-01-01', n, 8), '2023-01-01', '2023-01-01', 'Stage ' || n, p.id, n, n / 6.0,
      CASE n WHEN 5 THEN 'won' WHEN 6 THEN 'lost' ELSE 'open' END
    FROM generate_series(1, 6) n, pipelines p`,

  `INSERT INTO accounts (id, created_at, updated_at, owner_id, name, code, legal_name, type, industry, size, region, phone, phone_e164, website, address,
      annual_revenue_amount, annual_revenue_currency, annual_revenue_base, level)
    SELECT pg_temp.record_id(at, n, 3), at, at + interval '3 days', o.id,
      CASE n % 3 WHEN 0 THEN '华东贸易 ' || n ELSE 'Account ' || n END, 'A-' || n, 'Account ' || n || ' Limited',
      (ARRAY['customer', 'customer', 'prospect', 'partner'])[1 + n % 4], (ARRAY['retail', 'wholesale', 'manufacturing', 'technology'])[1 + n % 4],
      n % 5000, 'CN-31', '+86 21 6234 ' || lpad((n % 10000)::text, 4, '0'), '+86216234' || lpad((n % 10000)::text, 4, '0'), 'https://a' || n || '.example',
      jsonb_build_object('street', n || ' Nanjing Road', 'city', 'Shanghai', 'state', NULL, 'postcode', '200001', 'country', 'CN'),
      n * 100, 'USD', n * 100, 'b'
    FROM (SELECT n, ${MOMENT} AS at, ${skewed(SIZES.owners, 1.5)} AS owner FROM generate_series(1, ${SIZES.accounts}) n) x JOIN owner o ON o.i = x.owner`,
  `CREATE TEMP TABLE account AS SELECT row_number() OVER (ORDER BY created_at DESC, id DESC) AS i, id, owner_id, created_at FROM accounts`,

  `INSERT INTO contacts (id, created_at, updated_at, owner_id, account_id, name, family_name, given_name, honorific, gender, birthday, job_title, department,
      decision_role, email, phone, phone_e164, wechat, language, address)
    SELECT pg_temp.record_id(at, n, 4), at, at + interval '2 days', CASE WHEN x.draw < 0.9 THEN a.owner_id ELSE o.id END, a.id,
      given || ' ' || family, family, given, NULL, 'female', date '1970-01-01' + n % 12000,
      (ARRAY['Purchasing manager', 'Buyer', '采购经理', 'Owner'])[1 + n % 4], 'Purchasing', (ARRAY['decision_maker', 'influencer', 'user'])[1 + n % 3],
      'contact' || n || '@a.example', '+86 21 6234 ' || lpad((n % 10000)::text, 4, '0'), '+86216234' || lpad((n % 10000)::text, 4, '0'), 'wx' || n, 'en',
      jsonb_build_object('street', n || ' Nanjing Road', 'city', 'Shanghai', 'state', NULL, 'postcode', '200001', 'country', 'CN')
    FROM (SELECT n, ${MOMENT} AS at, random() AS draw, ${skewed(SIZES.accounts, 1.6)} AS account, 1 + n % ${SIZES.owners} AS owner,
        'Family' || n % 500 AS family, 'Given' || n % 700 AS given FROM generate_series(1, ${SIZES.contacts}) n) x
    JOIN account a ON a.i = x.account JOIN owner o ON o.i = x.owner`,
  `CREATE TEMP TABLE contact AS
    SELECT row_number() OVER (ORDER BY a.created_at DESC, c.id) AS i, c.id, c.account_id, c.owner_id FROM contacts c JOIN accounts a ON a.id = c.account_id`,

  `INSERT INTO opportunities (id, created_at, updated_at, owner_id, account_id, contact_id, pipeline_id, stage_id, name, status, amount_amount, amount_currency,
      amount_base, probability, forecast_category, expected_close_date, next_step)
    SELECT pg_temp.record_id(at, n, 9), at, at, CASE WHEN x.draw < 0.9 THEN c.owner_id ELSE o.id END, c.account_id, c.id, s.pipeline_id, s.id,
      'Opportunity ' || n, s.category, n % 90000 + 500, 'USD', n % 90000 + 500, s.probability, 'pipeline', at::date + 60, 'Send the offer'
    FROM (SELECT n, ${MOMENT} AS at, random() AS draw, ${skewed(SIZES.contacts, 1.2)} AS contact, 1 + n % ${SIZES.owners} AS owner
      FROM generate_series(1, ${SIZES.opportunities}) n) x
    JOIN contact c ON c.i = x.contact JOIN owner o ON o.i = x.owner JOIN stages s ON s.position = 1 + x.n % 6`,

  `INSERT INTO activities (id, created_at, updated_at, owner_id, type, subject, body, started_at, ended_at, direction, outcome, visibility, account_id, contact_id)
    SELECT pg_temp.record_id(at, n, 16), at, at, CASE WHEN x.draw < 0.9 THEN c.owner_id ELSE o.id END,
      (ARRAY['call', 'email', 'meeting', 'visit', 'note'])[1 + n % 5], (ARRAY['Call about the offer', '电话跟进报价', 'Quarterly review'])[1 + n % 3] || ' ' || n,
      'Discussed volumes, prices and delivery dates for the next quarter.', at, at + interval '20 minutes', 'outbound', 'successful', 'public', c.account_id, c.id
    FROM (SELECT n, ${MOMENT} AS at, random() AS draw, ${skewed(SIZES.contacts, 1.5)} AS contact, 1 + n % ${SIZES.owners} AS owner
      FROM generate_series(1, ${SIZES.activities}) n) x
    JOIN contact c ON c.i = x.contact JOIN owner o ON o.i = x.owner`,
]

/** Fills the tables of a migrated, empty database; `passwordHash` is for the sales manager. Tells each step to `progress`. */
export async function buildDataSet(client: pg.Client, passwordHash: string, progress: (message: string) => void): Promise<void> {
  await client.query("SET statement_timeout = 0; SET synchronous_commit = off; SET maintenance_work_mem = '512MB'; SET work_mem = '256MB'; SET jit = off")
  const rebuild = await dropIndexesAndKeys(client)
  for (const step of STEPS) {
    progress(/^INSERT INTO (\w+)/.exec(step)?.[1] ?? '')
    await client.query(step)
  }
  progress('indexes')
  for (const definition of rebuild) await client.query(definition)
  await client.query(`INSERT INTO user_role (user_id, role_id) SELECT u.id, r.id FROM users u, role r WHERE u.email = $1 AND r.key = 'sales_manager'`, [
    MANAGER_EMAIL,
  ])
  await client.query('INSERT INTO user_credential (user_id, password_hash) SELECT id, $2 FROM users WHERE email = $1', [MANAGER_EMAIL, passwordHash])
  progress('statistics')
  // Stale statistics cost more than anything measured here.
  await client.query('VACUUM ANALYZE')
}

/** Drops plain indexes and foreign keys of the tables that are filled; answers how to make them again. Filling first is several times faster. */
async function dropIndexesAndKeys(client: pg.Client): Promise<readonly string[]> {
  const { rows } = await client.query<{ remove: string; make: string }>(
    `SELECT format('DROP INDEX public.%I', c.relname) AS remove, pg_get_indexdef(i.indexrelid) AS make
       FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE i.indrelid = ANY ($1::regclass[]) AND NOT i.indisunique
     UNION ALL
     SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', k.conrelid::regclass, k.conname),
       format('ALTER TABLE %s ADD CONSTRAINT %I %s', k.conrelid::regclass, k.conname, pg_get_constraintdef(k.oid))
       FROM pg_constraint k WHERE k.contype = 'f' AND k.conrelid = ANY ($1::regclass[])`,
    [TABLES],
  )
  for (const { remove } of rows) await client.query(remove)
  return rows.map(({ make }) => make)
}
