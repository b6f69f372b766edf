/**
 * What a plugin that does everything wrong costs those who have nothing to do with it: their times while others meet it, in turns with the plugin enabled and disabled on one server, under the same
 * requests. Ends with exit code 1 where the median ratio of the 99th percentiles is above the budget, or where a request fails that it has nothing to do with.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import pg from 'pg'
import { buildIfNeeded } from '../scripts/build.mjs'
import { createWhereMissing, startEmbedded } from './database.ts'
import { median } from './measure.ts'
import type { BenchServer } from './servers/child.ts'
import { ADMIN_EMAIL, startGuanxi } from './servers/guanxi.ts'
import { ask } from './with-server.ts'

const BUDGET = 2
const DATABASE = 'guanxi_bench_plugins'
const OTHERS = 8
const ATTACKERS = 4
/** Milliseconds between two requests of one client. */
const PACE = 20

const { values: options } = parseArgs({ options: { rounds: { type: 'string', default: '7' }, seconds: { type: 'string', default: '8' } } })
const [rounds, seconds] = [Number(options.rounds), Number(options.seconds)]
const progress = (message: string): void => void process.stderr.write(`${message}\n`)

const MANIFEST = {
  name: 'guanxi-hostile',
  version: '1.0.0',
  type: 'module',
  guanxi: {
    name: 'hostile',
    apiVersion: '^1.0.0',
    capabilities: { modules: { lead: ['READ'], task: ['READ'], product: ['READ'] }, events: ['account'], jobs: true },
  },
}

const CODE = `import { definePlugin } from 'guanxi/plugin'
const never = () => new Promise(() => {})
export default definePlugin({
  name: 'hostile', version: '1.0.0', apiVersion: '^1.0.0', capabilities: ${JSON.stringify(MANIFEST.guanxi.capabilities)},
  before: [{ module: 'lead', run: never }],
  guards: [{ module: 'task', run() { throw new Error('no') } }],
  after: [{ module: 'product', run(changes, { log }) { for (let line = 0; line < 10000; line += 1) log.warn('line ' + line) } }],
  computed: [{ module: 'lead', name: 'hostileWord', type: 'String', description: 'x', needs: ['name'], load: never }],
  graphql: { types: 'extend type Query { hostileNever: Int }', Query: { hostileNever: never } },
  events: [{ name: 'follow', modules: ['account'], run: async () => { throw new Error('no') } }],
  jobs: [{ name: 'fails', cron: '* * * * *', run: async () => { throw new Error('no') } }],
})
`

const ASKED_BY_OTHERS: readonly { readonly query: string; readonly variables: () => object }[] = [
  { query: '{ accounts(first: 20, orderBy: [{name: ASC}]) { totalCount nodes { id name contacts(first: 3) { nodes { name } } } } }', variables: () => ({}) },
  { query: 'mutation ($name: String!) { createAccount(input: {name: $name}) { account { id } } }', variables: () => ({ name: `Account ${Math.random()}` }) },
  { query: '{ me { id } contacts(first: 20) { nodes { id name } } }', variables: () => ({}) },
  { query: 'mutation ($name: String!) { createContact(input: {name: $name}) { contact { id } } }', variables: () => ({ name: `Contact ${Math.random()}` }) },
]

/** With the plugin disabled, what it brings is unknown, and the rest is done. */
const ASKED_BY_ATTACKERS: readonly { readonly query: string; readonly variables: () => object }[] = [
  {
    query: 'mutation ($name: String!) { createLead(input: {name: $name, company: "x"}) { lead { id } } }',
    variables: () => ({ name: `Lead ${Math.random()}` }),
  },
  { query: 'mutation ($title: String!) { createTask(input: {title: $title}) { task { id } } }', variables: () => ({ title: `Task ${Math.random()}` }) },
  { query: 'mutation ($sku: String!) { createProduct(input: {name: "x", sku: $sku}) { product { id } } }', variables: () => ({ sku: String(Math.random()) }) },
  { query: '{ leads(first: 50) { nodes { name hostileWord } } }', variables: () => ({}) },
  { query: '{ hostileNever }', variables: () => ({}) },
]

interface Turn {
  readonly times: readonly number[]
  readonly failures: readonly string[]
}

/** One turn: the others are measured while attackers keep on asking. */
async function turn(server: BenchServer, headers: Readonly<Record<string, string>>): Promise<Turn> {
  const times: number[] = []
  const failures: string[] = []
  const until = performance.now() + seconds * 1_000
  const client = async (index: number, asked: typeof ASKED_BY_OTHERS, onAnswer: (milliseconds: number, error?: unknown) => void): Promise<void> => {
    for (let number = index; performance.now() < until; number += 1) {
      const { query, variables } = asked[number % asked.length] as (typeof asked)[number]
      const began = performance.now()
      await ask(server, query, variables(), headers).then(
        () => onAnswer(performance.now() - began),
        (error: unknown) => onAnswer(performance.now() - began, error),
      )
      await delay(PACE)
    }
  }
  const note = (milliseconds: number, error?: unknown): void => {
    times.push(milliseconds)
    if (error !== undefined) failures.push(String(error))
  }
  await Promise.all([
    ...Array.from({ length: OTHERS }, (_, index) => client(index, ASKED_BY_OTHERS, note)),
    ...Array.from({ length: ATTACKERS }, (_, index) => client(index, ASKED_BY_ATTACKERS, () => {})),
  ])
  return { times, failures }
}

const percentile = (values: readonly number[], share: number): number => [...values].sort((a, b) => a - b)[Math.ceil(values.length * share) - 1] ?? Number.NaN

async function measure(server: BenchServer): Promise<boolean> {
  const ratios: { readonly p50: number; readonly p99: number }[] = []
  const failures: string[] = []
  const step = async (mutation: string): Promise<void> => void (await ask(server, `mutation { ${mutation}(name: "hostile") { plugin { state } } }`, {}))
  await step('enablePlugin')
  for (let round = 0; round <= rounds; round += 1) {
    const headers = await server.headers()
    const done = new Map<string, Turn>()
    for (const mutation of round % 2 === 0 ? ['disablePlugin', 'enablePlugin'] : ['enablePlugin', 'disablePlugin']) {
      await step(mutation)
      await delay(1_000)
      done.set(mutation, await turn(server, headers))
    }
    const [quiet, hostile] = [done.get('disablePlugin'), done.get('enablePlugin')] as [Turn, Turn]
    failures.push(...quiet.failures, ...hostile.failures)
    const [before, during] = [quiet, hostile].map(({ times }) => ({ p50: percentile(times, 0.5), p99: percentile(times, 0.99) })) as [Figure, Figure]
    progress(`${round === 0 ? 'warming up' : `round ${round} of ${rounds}`}: p50 ${shown(before.p50, during.p50)}, p99 ${shown(before.p99, during.p99)}`)
    if (round > 0) ratios.push({ p50: during.p50 / before.p50, p99: during.p99 / before.p99 })
  }
  const [p50, p99] = [median(ratios.map((ratio) => ratio.p50)), median(ratios.map((ratio) => ratio.p99))]
  const isKept = p99 <= BUDGET && failures.length === 0
  process.stdout.write(
    `with a hostile plugin others take ${p50.toFixed(2)} times as long at the median and ${p99.toFixed(2)} times at the 99th percentile (budget ${BUDGET}), ${failures.length} of their requests failed\n`,
  )
  for (const failure of failures.slice(0, 3)) progress(failure)
  return isKept
}

interface Figure {
  readonly p50: number
  readonly p99: number
}

const shown = (before: number, during: number): string => `${before.toFixed(1)} → ${during.toFixed(1)} ms`

async function openDatabase(): Promise<{ url: string; stop: () => Promise<void> }> {
  const given = process.env.BENCH_DATABASE_URL
  const { url, stop } = given === undefined ? await startEmbedded() : { url: given, stop: async () => {} }
  const own = new URL(url)
  own.pathname = `/${DATABASE}`
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  await client.query(`DROP DATABASE IF EXISTS ${DATABASE}`)
  await client.end()
  await createWhereMissing(own.href)
  return { url: own.href, stop }
}

async function bench(): Promise<boolean> {
  buildIfNeeded()
  const folder = mkdtempSync(join(tmpdir(), 'guanxi-hostile-'))
  writeFileSync(join(folder, 'package.json'), JSON.stringify(MANIFEST))
  writeFileSync(join(folder, 'index.js'), CODE)
  const { url, stop } = await openDatabase()
  try {
    const server = await startGuanxi(url, 10, ADMIN_EMAIL, { PLUGIN_PATHS: folder, GUANXI_ROLE: 'all', LOG_LEVEL: 'fatal' })
    try {
      return await measure(server)
    } finally {
      await server.stop()
    }
  } finally {
    await stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

process.exitCode = (await bench()) ? 0 : 1
