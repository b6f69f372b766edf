import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { Registry } from '../../src/records/registry/index.ts'
import { TEST_PASSWORD } from '../support/database.ts'
import { PROVE, tell } from '../support/nodes.ts'
import { generateOperation, generateProbe, type ValuePools } from '../support/operation-generator.ts'
import { DEMO_USERS, type DemoUser } from '../support/scope-oracle.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { hideBehind, type Sight, sightOf } from '../support/twin.ts'

/**
 * Two databases that differ only in what is hidden from somebody answer that somebody the same, byte by byte, by as many statements. Whatever could leak a hidden
 * value, through any clause, would tell the two apart (Goguen and Meseguer, "Security Policies and Security Models", 1982).
 */
const RUNS = Number(process.env.GUANXI_INTERFERENCE_RUNS ?? (PROVE ? 10_000 : 500))
const USERS: readonly DemoUser[] = ['steven', 'nancy', 'service', 'finance', 'marketing', 'viewer']

let left: TestServer
beforeAll(async () => {
  left = await startTestServer({ template: 'demo' })
}, 60_000)
afterAll(() => left?.close())

describe.each(USERS)('what is hidden from %s', (user) => {
  let right: TestServer
  let tokens: readonly [string, string]
  let pools: ValuePools
  let hidden: ReadonlySet<string>

  beforeAll(async () => {
    const email = `${user}@demo.guanxi.local`
    const { registry } = left.app.engine.runtime
    const sights = await sightOf(await left.signIn(email, TEST_PASSWORD), registry)
    right = await startTestServer({ template: 'demo' })
    const changed = await hideBehind(right.database.url, sights, registry)
    expect(changed).toBeGreaterThan(10)
    tokens = (await Promise.all([left, right].map(async (server) => (await server.signIn(email, TEST_PASSWORD)).token as string))) as [string, string]
    pools = await poolsOf(left, right)
    hidden = hiddenNames(sights, registry)
  }, 120_000)
  afterAll(() => right?.close())

  test(
    `leaks into none of ${RUNS} operations`,
    async () => {
      const { schema, registry } = left.app.engine.runtime
      const probed = [...registry.modules.values()].flatMap(({ typeName, pluralName, fields, inverses }) =>
        [...fields.keys(), ...inverses.keys()].filter((member) => hidden.has(`${typeName}.${member}`)).map((member) => ({ typeName, pluralName, member })),
      )
      const seen = { refused: 0, bytes: 0 }
      await fc.assert(
        fc.asyncProperty(fc.gen(), async (draw) => {
          // Every other one asks plainly after something hidden; the others hide it among much else.
          const probe = probed.length > 0 && draw(fc.boolean) ? generateProbe(draw, fc, schema, pools, probed) : null
          const operation = probe ?? generateOperation(draw, fc, schema, pools, hidden)
          const body = { query: operation.source, variables: operation.variables }
          const [one, other] = await Promise.all([answer(left, tokens[0], body), answer(right, tokens[1], body)])
          expect({ query: operation.source, ...other }).toEqual({ query: operation.source, ...one })
          seen.bytes += one.text.length
          if (one.text.startsWith('{"errors"')) seen.refused += 1
        }),
        { numRuns: RUNS, ...(process.env.GUANXI_SEED ? { seed: Number(process.env.GUANXI_SEED) } : {}) },
      )
      tell(`${DEMO_USERS[user]}: ${RUNS} operations, ${seen.refused} with errors, ${(seen.bytes / RUNS).toFixed(0)} bytes each`)
      expect(seen.bytes / RUNS).toBeGreaterThan(150)
    },
    Math.max(120_000, RUNS * 60),
  )
})

/** Members of types that stand for hidden fields of modules that the user reads, and whatever leads into them from there. */
function hiddenNames(sights: ReadonlyMap<string, Sight>, registry: Registry): ReadonlySet<string> {
  const names = new Set<string>()
  for (const [module, { levels }] of sights) {
    const { typeName, fields, inverses } = registry.module(module)
    const hidden = [...fields.keys()].filter((name) => !['READ', 'WRITE'].includes(levels.get(name) ?? 'HIDDEN'))
    const closed = [...inverses.values()].filter((inverse) => !sights.has(inverse.module)).map(({ name }) => name)
    const suffixes = [
      '',
      'Filter',
      'OrderBy',
      'GroupBy',
      'AggregateSum',
      'AggregateAvg',
      'AggregateMin',
      'AggregateMax',
      'AggregateNumberOrderBy',
      'AggregateRangeOrderBy',
    ]
    for (const name of [...hidden, ...closed]) for (const suffix of suffixes) names.add(`${typeName}${suffix}.${name}`)
  }
  return names
}

interface Told {
  readonly status: number
  readonly text: string
  readonly statements: number
}

async function answer(server: TestServer, token: string, body: unknown): Promise<Told> {
  let status = 0
  let text = ''
  const statements = await server.statementsOf(async () => {
    const response = await fetch(`${server.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}`, 'x-request-id': 'the-same' },
      body: JSON.stringify(body),
    })
    status = response.status
    text = await response.text()
  })
  return { status, text, statements: statements.filter(({ purpose }) => purpose === 'record').length }
}

/** Operands out of both databases, hidden values too: whoever guesses rightly must learn nothing from it. */
async function poolsOf(...servers: readonly TestServer[]): Promise<ValuePools> {
  const texts: string[] = ['', '%', "O'x", '上海', 'customer', 'USD']
  const numbers: string[] = ['10', '0.5', '-3', '14.00']
  const ids: string[] = ['nope']
  const instants: string[] = ['1997-05-01T00:00:00.000Z', '2026-01-01T00:00:00.000Z']
  for (const { admin } of servers) {
    const { accounts, contacts, opportunities, products } = await admin.data(`{
      accounts(first: 40) { nodes { id name industry phone { raw } taxNumber bankAccount creditLimit { amount } createdAt } }
      contacts(first: 20) { nodes { id name email mobile { raw } wechat birthday } }
      opportunities(first: 20) { nodes { id name amount { amount } margin { amount } expectedCloseDate } }
      products(first: 20) { nodes { id name cost { amount } } } }`)
    for (const node of [...accounts.nodes, ...contacts.nodes, ...opportunities.nodes, ...products.nodes]) {
      ids.push(node.id)
      for (const each of [node.name, node.industry, node.taxNumber, node.bankAccount, node.email, node.wechat, node.phone?.raw, node.mobile?.raw])
        if (typeof each === 'string') texts.push(each, each.slice(0, 3))
      for (const each of [node.creditLimit, node.amount, node.margin, node.cost]) if (each?.amount) numbers.push(each.amount)
      for (const each of [node.birthday, node.expectedCloseDate]) if (each) instants.push(`${each}T00:00:00.000Z`)
    }
  }
  return { texts, ids, numbers, instants }
}
