import { afterAll, beforeAll, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { parse as parseLossless, stringify } from 'lossless-json'
import { drawnCases } from '../support/nodes.ts'
import { generateOperation, type ValuePools } from '../support/operation-generator.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

/**
 * The two execution paths (JSON text of PostgreSQL passed through; graphql-js over the same planner) answer the same: equal after
 * lossless parsing, key order kept, errors alike. Two servers on twin databases, one of which never passes text through.
 */
const RUNS = Number(process.env.GUANXI_DIFFERENTIAL_RUNS ?? drawnCases(300, 2_000, 20_000))

let passing: TestServer
let ordinary: TestServer
let pools: ValuePools
const tokens = new Map<string, [string, string]>()

beforeAll(async () => {
  ;[passing, ordinary] = await Promise.all([startTestServer({ template: 'demo' }), startTestServer({ template: 'demo', path: 'ordinary' })])
  for (const email of ['admin@guanxi.local', 'andrew@demo.guanxi.local', 'nancy@demo.guanxi.local', 'service@demo.guanxi.local', 'viewer@demo.guanxi.local']) {
    const [left, right] = await Promise.all([passing.signIn(email), ordinary.signIn(email)])
    tokens.set(email, [left.token as string, right.token as string])
  }
  const { accounts, contacts, orders } = await passing.admin.data(
    '{ accounts(first: 30) { nodes { id name createdAt } } contacts(first: 30) { nodes { id name email } } orders(first: 30) { nodes { id number orderedAt } } }',
  )
  const texts = [...accounts.nodes, ...contacts.nodes].map(({ name }: { name: string }) => name)
  pools = {
    texts: [...texts.slice(0, 20), ...texts.map((text) => text.slice(0, 2)), 'retail', 'customer', 'USD', '', '100%', "O'x", '\\', '上海', 'ａ'],
    ids: [...accounts.nodes, ...contacts.nodes, ...orders.nodes].map(({ id }: { id: string }) => id).concat('nope'),
    numbers: ['10', '0.5', '1000', '-3', '14.00', '123456789.123456'],
    instants: [accounts.nodes[0].createdAt, '1997-05-01T00:00:00.000Z', '2026-01-01T00:00:00.000Z'],
  }
}, 120_000)

afterAll(async () => {
  await passing?.close()
  await ordinary?.close()
})

async function answer(server: TestServer, token: string, body: unknown): Promise<{ data: string; errors: string; extensions: string }> {
  const response = await fetch(`${server.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify(body),
  })
  const { data, errors, extensions } = parseLossless(await response.text()) as {
    data: unknown
    errors?: { message: string; path: unknown; extensions: { code: string } }[]
    extensions?: unknown
  }
  const told = (errors ?? []).map(({ message, path, extensions: { code } }) => stringify([message, path, code]))
  return { data: stringify(data) ?? 'undefined', errors: told.sort().join('\n'), extensions: stringify(extensions) ?? 'undefined' }
}

const answers = (query: string, variables: object, left: string, right: string) =>
  Promise.all([answer(passing, left, { query, variables }), answer(ordinary, right, { query, variables })])

it(
  `gives the same answer on both paths for ${RUNS} generated operations`,
  async () => {
    const schema = passing.app.engine.runtime.schema
    const seen = { bytes: 0, valid: 0, failed: 0 }
    await fc.assert(
      fc.asyncProperty(fc.gen(), fc.constantFrom(...tokens.keys()), async (draw, email) => {
        const operation = generateOperation(draw, fc, schema, pools)
        const [left, right] = tokens.get(email) as [string, string]
        // The same document once more with other values: plans are kept by the shape of variables, not by what they hold.
        const first = await answers(operation.source, operation.variables, left, right)
        const second = await answers(operation.source, operation.otherVariables, left, right)
        const [text, object] = first
        expect({ operation: operation.source, ...text }).toEqual({ operation: operation.source, ...object })
        expect({ operation: operation.source, ...second[0] }).toEqual({ operation: operation.source, ...second[1] })
        expect(text.errors).not.toContain('INTERNAL')
        seen.bytes += text.data.length
        if (text.data !== 'undefined') seen.valid += 1
        if (text.errors !== '') seen.failed += 1
      }),
      { numRuns: RUNS, ...(process.env.GUANXI_SEED ? { seed: Number(process.env.GUANXI_SEED) } : {}) },
    )
    // The operations must have been worth comparing.
    expect(seen.valid).toBeGreaterThan(RUNS * 0.5)
    expect(seen.bytes / RUNS).toBeGreaterThan(150)
  },
  Math.max(240_000, RUNS * 150),
)
