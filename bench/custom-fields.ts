/**
 * `npm run bench:custom-fields`: filters and orders by a custom field beside those by a core column that holds the same values, on a million records.
 * Fails where the median ratio of a case is above the budget.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import pg from 'pg'
import { buildIfNeeded } from '../scripts/build.mjs'
import { createWhereMissing, startEmbedded } from './database.ts'
import { median, startLoadGenerator, wireText } from './measure.ts'
import { ADMIN_EMAIL, startGuanxi } from './servers/guanxi.ts'

const BUDGET = 1.3
const DATABASE = 'guanxi_bench_custom_fields'
const { values: options } = parseArgs({ options: { rows: { type: 'string', default: '1000000' }, rounds: { type: 'string', default: '9' } } })
const ROWS = Number(options.rows)
const ROUNDS = Number(options.rounds)
const MILLISECONDS = 1_000
const progress = (message: string): void => void process.stderr.write(`${message}\n`)

/** Core columns of opportunities that have an index, and custom fields of the same type. */
const PAIRS = [
  { core: 'name', type: 'TEXT', columns: ['name'], equal: '"Deal 000777"', from: '"Deal 5"', to: '"Deal 51"' },
  { core: 'expectedCloseDate', type: 'DATE', columns: ['expected_close_date'], equal: '"2024-05-05"', from: '"2024-02-01"', to: '"2024-02-03"' },
  { core: 'amount', type: 'MONEY', columns: ['amount_amount', 'amount_currency', 'amount_base'], equal: '"77700"', from: '"1000"', to: '"1200"' },
] as const

interface Case {
  readonly name: string
  readonly query: (field: string) => string
}

function casesOf({ core, equal, from, to }: (typeof PAIRS)[number]): Case[] {
  const list = (args: (field: string) => string) => (field: string) =>
    `{ opportunities(first: 20, ${args(field)}) { nodes { id value: ${field}${core === 'amount' ? '{ amount }' : ''} } } }`
  return [
    { name: `${core}: equal`, query: list((field) => `filter: {${field}: {eq: ${equal}}}`) },
    { name: `${core}: range in order`, query: list((field) => `filter: {${field}: {gte: ${from}, lt: ${to}}}, orderBy: [{${field}: ASC}]`) },
    { name: `${core}: ascending`, query: list((field) => `orderBy: [{${field}: ASC}]`) },
    { name: `${core}: descending`, query: list((field) => `orderBy: [{${field}: DESC}]`) },
  ]
}

async function bench(): Promise<boolean> {
  buildIfNeeded()
  const { url, stop } = await openDatabase()
  const server = await startGuanxi(url, 4, ADMIN_EMAIL)
  const client = new pg.Client({ connectionString: url })
  const load = startLoadGenerator()
  try {
    await client.connect()
    const headers = await server.headers()
    const ask = async (query: string, variables: object = {}) => {
      const response = await fetch(`http://127.0.0.1:${server.port}/graphql`, {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json' },
        body: JSON.stringify({ query, variables }),
      })
      const { data, errors } = (await response.json()) as { data: Record<string, never>; errors?: unknown }
      if (errors) throw new Error(JSON.stringify(errors))
      return data as Record<string, unknown>
    }
    const { createCustomFields } = (await ask('mutation ($input: [CreateCustomFieldInput!]!) { createCustomFields(input: $input) { fields { id } } }', {
      input: PAIRS.map(({ core, type }) => ({ module: 'opportunity', name: `${core}Too`, type })),
    })) as { createCustomFields: { fields: { id: string }[] } }
    progress(`${ROWS} records`)
    await fill(client, await columnsOf(client), await parentsOf(ask))
    progress('indexes')
    for (const { id } of createCustomFields.fields)
      await ask('mutation ($id: ID!) { updateCustomField(id: $id, input: {indexed: true}) { field { state } } }', { id })
    await untilReady(ask)
    await client.query('VACUUM ANALYZE public.opportunities')

    let within = true
    process.stdout.write(`${'case'.padEnd(34)}${'core ms'.padStart(10)}${'custom ms'.padStart(11)}${'ratio'.padStart(8)}\n`)
    for (const pair of PAIRS) {
      for (const { name, query } of casesOf(pair)) {
        const [core, custom] = [query(pair.core), query(`${pair.core}Too`)]
        const answers = [await ask(core), await ask(custom)].map((answer) => JSON.stringify(answer))
        if (answers[0] !== answers[1]) throw new Error(`${name}: the two fields answer differently: ${answers.join('\n')}`)
        const run = async (body: string): Promise<number> => {
          const requests = [wireText({ method: 'POST', path: '/graphql', body: JSON.stringify({ query: body }) }, headers)]
          const result = await load.run({ port: server.port, requests, connections: 1, milliseconds: MILLISECONDS })
          if (result.failure !== null) throw new Error(`${name}: ${result.failure}`)
          return median(result.latencies)
        }
        const times: [number, number][] = []
        for (let round = 0; round <= ROUNDS; round += 1) {
          const both: [number, number] = [0, 0]
          for (const turn of round % 2 === 0 ? [0, 1] : [1, 0]) both[turn] = await run(turn === 0 ? core : custom)
          if (round > 0) times.push(both)
        }
        const ratio = median(times.map(([first, second]) => second / first))
        within &&= ratio <= BUDGET
        const [first, second] = [0, 1].map((turn) => median(times.map((both) => both[turn] as number))) as [number, number]
        process.stdout.write(
          `${name.padEnd(34)}${first.toFixed(2).padStart(10)}${second.toFixed(2).padStart(11)}${ratio.toFixed(2).padStart(8)}${ratio > BUDGET ? '  above the budget' : ''}\n`,
        )
      }
    }
    return within
  } finally {
    load.stop()
    await client.end()
    await server.stop()
    await stop()
  }
}

/** A new database, in the server of BENCH_DATABASE_URL or an embedded one. */
async function openDatabase(): Promise<{ url: string; stop: () => Promise<void> }> {
  const given = process.env.BENCH_DATABASE_URL
  const { url, stop } = given === undefined ? await startEmbedded() : { url: given, stop: async () => {} }
  const base = new URL(url)
  const maintenance = new pg.Client({ connectionString: base.href })
  await maintenance.connect()
  await maintenance.query(`DROP DATABASE IF EXISTS ${DATABASE}`)
  await maintenance.end()
  base.pathname = `/${DATABASE}`
  await createWhereMissing(base.href)
  return { url: base.href, stop }
}

/** Columns of the custom fields, in the order of the pairs and of the core columns that they copy. */
async function columnsOf(client: pg.Client): Promise<readonly string[]> {
  const { rows } = await client.query<{ name: string; column: string }>('SELECT name, column_name AS column FROM custom_field')
  return PAIRS.flatMap(({ core, columns }) => {
    const column = rows.find(({ name }) => name === `${core}Too`)?.column
    return columns.map((each) => `${column}${each.startsWith('amount_') ? each.slice('amount'.length) : ''}`)
  })
}

/** Ids of the account, the pipeline and the stage that all records have. */
async function parentsOf(ask: (query: string, variables?: object) => Promise<Record<string, unknown>>): Promise<readonly string[]> {
  type Made = Record<string, Record<string, { id: string }>>
  const { a } = (await ask('mutation { a: createAccount(input: {name: "Bench", type: "customer"}) { account { id } } }')) as Made
  const { p } = (await ask('mutation { p: createPipeline(input: {name: "Bench"}) { pipeline { id } } }')) as Made
  const pipeline = p?.pipeline?.id as string
  const { s } = (await ask(
    'mutation ($id: ID!) { s: createStage(input: {name: "Open", pipeline: {id: $id}, position: 1, probability: "0.5", category: "open"}) { stage { id } } }',
    {
      id: pipeline,
    },
  )) as Made
  return [a?.account?.id as string, pipeline, s?.stage?.id as string]
}

/** One record in fifty has no amount and no date. */
async function fill(client: pg.Client, custom: readonly string[], parents: readonly string[]): Promise<void> {
  const values = [
    "'Deal ' || lpad((n % 900000)::text, 6, '0')",
    "CASE WHEN n % 50 > 0 THEN date '2024-01-01' + n % 730 END",
    'x.amount',
    "CASE WHEN x.amount IS NOT NULL THEN 'USD' END",
    'x.amount',
  ]
  const core = PAIRS.flatMap(({ columns }) => columns)
  await client.query(
    `INSERT INTO opportunities (id, created_at, updated_at, account_id, pipeline_id, stage_id, status, ${[...core, ...custom].join(', ')})
    SELECT (lpad(to_hex(1700000000000 + n), 12, '0') || '7000' || '8' || left(md5(n::text), 11) || '0009')::uuid, at, at, $1, $2, $3, 'open', ${[...values, ...values].join(', ')}
    FROM (SELECT n, timestamptz '2024-01-01' + n * interval '1 second' AS at, CASE WHEN n % 50 > 0 THEN (n::bigint * 7919 % 1000000)::numeric END AS amount
          FROM generate_series(1, ${ROWS}) n) x`,
    [...parents],
  )
}

async function untilReady(ask: (query: string) => Promise<Record<string, unknown>>): Promise<void> {
  for (let attempt = 0; attempt < 600; attempt += 1) {
    const { customFields } = (await ask('{ customFields(module: "opportunity") { state failure } }')) as {
      customFields: { state: string; failure: string | null }[]
    }
    const failed = customFields.find(({ state }) => state === 'failed')
    if (failed) throw new Error(`an index could not be built: ${failed.failure}`)
    if (customFields.every(({ state }) => state === 'ready')) return
    await delay(500)
  }
  throw new Error('the indexes were not there within five minutes')
}

process.exitCode = (await bench()) ? 0 : 1
