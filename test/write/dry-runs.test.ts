import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import pg from 'pg'
import { codesOf, type TestClient, TRANSPORTS } from '../support/client.ts'
import { databaseState } from '../support/database-state.ts'
import { makeField } from '../support/metadata.ts'
import { generateMutation } from '../support/mutation-generator.ts'
import { drawnCases, PROVE, tell } from '../support/nodes.ts'
import type { ValuePools } from '../support/operation-generator.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { untilPlaced } from '../support/subscription.ts'
import { fieldPools } from '../support/value-pools.ts'

/**
 * A dry run does all that a write does, shows what would follow, and keeps nothing but what docs/writing.md lists.
 */
const RUNS = drawnCases(20, 60, 1_000)
const SEED = Number(process.env.GUANXI_SEED ?? 20_261_130)

/** Tables that docs/writing.md says a dry run leaves lines in, and counters that it moves on: `name` in the two lists below its heading. */
function documented(): { readonly tables: readonly string[]; readonly counters: readonly string[] } {
  const page = readFileSync(new URL('../../docs/writing.md', import.meta.url), 'utf8')
  const [, section = ''] = /## What a dry run leaves\n([\s\S]*?)(?=\n## |$)/.exec(page) ?? []
  const namesOf = (line: string) =>
    [...line.matchAll(/\((?:`[a-z_]+`(?:, )?)+\)/g)].flatMap(([text]) => [...text.matchAll(/`([a-z_]+)`/g)].map(([, name]) => name as string))
  const lines = section.split('\n').filter((line) => line.startsWith('- '))
  return { tables: lines.filter((line) => !/counter/.test(line)).flatMap(namesOf), counters: lines.filter((line) => /counter/.test(line)).flatMap(namesOf) }
}

interface DryAnswer {
  readonly data: Record<string, unknown> | null
  readonly errors?: readonly { readonly extensions: { readonly code: string } }[]
  readonly extensions?: { readonly dryRun?: { readonly effects: readonly Effect[]; readonly more: number } }
}

interface Effect {
  readonly module: string
  readonly id: string
  readonly operation: string
  readonly changedFields: readonly string[]
}

describe('dry runs', () => {
  let server: TestServer
  let raw: pg.Client
  let rep: TestClient

  beforeAll(async () => {
    server = await startTestServer({ template: 'demo' })
    raw = new pg.Client({ connectionString: server.database.url })
    await raw.connect()
    await makeField(server.admin, { module: 'account', name: 'docket', type: 'AUTO_NUMBER', label: 'Docket', numbering: { prefix: 'D-', gapless: false } })
    rep = await server.signIn('nancy@demo.guanxi.local')
  }, 120_000)

  afterAll(async () => {
    await raw.end()
    await server.close()
  })

  const counters = async (): Promise<ReadonlyMap<string, string>> =>
    new Map(
      (await raw.query(`SELECT sequencename AS name, coalesce(last_value, 0)::text AS value FROM pg_sequences WHERE schemaname = 'public'`)).rows.map(
        ({ name, value }) => [name, value],
      ),
    )
  const jobs = async (): Promise<unknown> =>
    (await raw.query(`SELECT count(*)::int AS n, coalesce(max(id), 0)::text AS last FROM graphile_worker._private_jobs`)).rows[0]

  /** All that a database holds, after what the server writes by itself about what was before. */
  async function state() {
    await untilPlaced(raw)
    return { lines: await databaseState(server.database.url), counters: await counters(), jobs: await jobs() }
  }

  /** Tables and counters that differ, with one of the lines. */
  function differences(before: Awaited<ReturnType<typeof state>>, after: Awaited<ReturnType<typeof state>>) {
    const [old, now] = [new Set(before.lines), new Set(after.lines)]
    const changed = [...after.lines.filter((line) => !old.has(line)), ...before.lines.filter((line) => !now.has(line))]
    const tables = new Map(changed.map((line) => [/^row (\S+) /.exec(line)?.[1] ?? 'structure', line]))
    return { tables, counters: [...after.counters].filter(([name, value]) => before.counters.get(name) !== value).map(([name]) => name) }
  }

  test(
    `of ${RUNS} random mutations leave nothing but what the documentation says`,
    async () => {
      const { schema, registry } = server.app.engine.runtime
      const pools = await poolsOf(server, server.admin)
      const ofRep = await poolsOf(server, rep)
      const modules = new Set(['account', 'contact', 'opportunity', 'order', 'orderLine', 'task', 'ticket', 'lead', 'reminder'])
      const seen = { written: 0, refused: 0, effects: 0, furthest: 0 }
      const before = await state()
      await fc.assert(
        fc.asyncProperty(fc.gen(), fc.boolean(), async (draw, isRep) => {
          const { source, variables } = generateMutation(draw, fc, schema, isRep ? ofRep : pools, {}, modules, 'dryRun: true')
          expect(source).toContain('dryRun: true')
          const answer = await ask(isRep ? rep : server.admin, source, variables)
          const { effects, more } = answer.extensions?.dryRun ?? { effects: [], more: 0 }
          if (!answer.data) expect([source, answer.extensions?.dryRun]).toEqual([source, undefined])
          else expect([source, Array.isArray(answer.extensions?.dryRun?.effects), more]).toEqual([source, true, 0])
          expect((answer.errors ?? []).map(({ extensions }) => extensions.code)).not.toContain('INTERNAL')
          for (const { module, id } of effects) expect(registry.module(module).number).toBe(Number.parseInt(id.slice(-4), 16))
          if (effects.length > 0) seen.written += 1
          if (!answer.data) seen.refused += 1
          seen.effects += effects.length
          seen.furthest = Math.max(seen.furthest, effects.length)
        }),
        { numRuns: RUNS, seed: SEED, endOnFailure: true },
      )
      tell(`${RUNS} dry runs: ${seen.written} would have written, ${seen.refused} were refused; ${seen.effects} effects, at most ${seen.furthest} of one`)
      expect(seen.written).toBeGreaterThan(PROVE ? RUNS / 5 : 0)
      const after = await state()
      const { tables, counters: moved } = differences(before, after)
      const allowed = documented()
      expect(allowed.tables).toContain('audit_log')
      expect([...tables].filter(([name]) => !allowed.tables.includes(name))).toEqual([])
      expect(moved.filter((name) => !allowed.counters.some((table) => name === `${table}_sequence_seq`))).toEqual([])
      expect(after.jobs).toEqual(before.jobs)
      // What the audit says of them is that they were refused, or what they have shown.
      const last = Math.max(...auditOf(before.lines).map(({ sequence }) => sequence))
      const told = auditOf(after.lines).filter(({ sequence }) => sequence > last)
      expect(told.filter(({ action, result }) => result === 'ok' && !action.endsWith('.read'))).toEqual([])
    },
    Math.max(120_000, RUNS * 300),
  )

  test('shows the record as it would be, and what would follow for others', async () => {
    const { orderLines } = await server.admin.data('{ orderLines(first: 1) { nodes { id order { id total { amount } } } } }')
    const [line] = orderLines.nodes
    const query = `mutation ($id: ID!) { updateOrderLine(id: $id, dryRun: true, input: {quantity: "1000"}) { orderLine { quantity total { amount } order { total { amount } } } } }`
    const { data, extensions } = await ask(server.admin, query, { id: line.id })
    const shown = (data as { updateOrderLine: { orderLine: { quantity: string; order: { total: { amount: string } } } } }).updateOrderLine.orderLine
    expect(Number(shown.quantity)).toBe(1_000)
    expect(shown.order.total.amount).not.toBe(line.order.total.amount)
    expect(extensions?.dryRun?.more).toBe(0)
    expect(extensions?.dryRun?.effects).toEqual([
      { module: 'orderLine', id: line.id, operation: 'UPDATED', changedFields: expect.arrayContaining(['quantity', 'total']) },
      { module: 'order', id: line.order.id, operation: 'UPDATED', changedFields: expect.arrayContaining(['total']) },
    ])
    const { orderLine } = await server.admin.data('query ($id: ID!) { orderLine(id: $id) { order { total { amount } } } }', { id: line.id })
    expect(orderLine.order.total).toEqual(line.order.total)
  })

  // The attack: a dry run tells what would happen to records, or fields, that one must not know of.
  test('tells of no record and no field that the caller cannot read', async () => {
    await server.admin.data(
      `mutation { createRole(input: {key: "lines", name: "Lines",
         grants: [{module: "orderLine", actions: [READ, UPDATE], scope: ALL}, {module: "order", actions: [READ, UPDATE], scope: ALL},
                  {module: "reminder", actions: [CREATE, READ], scope: OWN}],
         fields: [{module: "orderLine", field: "total", access: HIDDEN}, {module: "order", field: "total", access: HIDDEN}]}) { role { key } } }`,
    )
    const { client } = await server.addUser('Line keeper', 'lines')
    const { orderLines } = await client.data('{ orderLines(first: 1) { nodes { id } } }')
    const query = 'mutation ($id: ID!) { updateOrderLine(id: $id, dryRun: true, input: {quantity: "7"}) { changeSetId } }'
    const { extensions } = await ask(client, query, { id: orderLines.nodes[0].id })
    expect(extensions?.dryRun).toEqual({
      effects: [{ module: 'orderLine', id: orderLines.nodes[0].id, operation: 'UPDATED', changedFields: ['quantity'] }],
      more: 0,
    })
    const remind = 'mutation { createReminder(input: {subject: "Look at it", dueAt: "2100-01-01T09:00:00Z"}, dryRun: true) { changeSetId } }'
    const modulesOf = ({ extensions }: DryAnswer) => extensions?.dryRun?.effects.map(({ module }) => module)
    expect(modulesOf(await ask(server.admin, remind))).toEqual(expect.arrayContaining(['reminder', 'timer']))
    expect(modulesOf(await ask(client, remind))).toEqual(['reminder'])
  })

  test('answers issues as the write would, and no effects', async () => {
    const query =
      'mutation { createAccounts(dryRun: true, input: [{name: "Fine"}, {name: "Odd", website: "no address", type: "nonsense"}]) { accounts { id } } }'
    const [dry, real] = [await ask(server.admin, query), await ask(server.admin, query.replace('dryRun: true, ', ''))]
    expect(dry.data).toBeNull()
    expect(dry.extensions?.dryRun).toBeUndefined()
    const plain = ({ errors }: DryAnswer) => (errors ?? []).map(({ extensions }) => ({ ...extensions, requestId: undefined }))
    expect(plain(dry)).toEqual(plain(real))
    expect(plain(dry)).toMatchObject([{ code: 'VALIDATION_FAILED', issues: expect.arrayContaining([expect.objectContaining({ path: ['input', 1, 'type'] })]) }])
  })

  test('shows the next numbers and takes none, also of a series that may have gaps', async () => {
    const create = (input: string, dry: boolean) =>
      ask(server.admin, `mutation { createAccounts(input: ${input}${dry ? ', dryRun: true' : ''}) { accounts { docket } } }`)
    const dockets = ({ data }: DryAnswer) =>
      (data as { createAccounts: { accounts: { docket: string }[] } }).createAccounts.accounts.map(({ docket }) => docket)
    const two = '[{name: "One"}, {name: "Two"}]'
    const [first] = dockets(await create('[{name: "Real"}]', false))
    const next = Number((first as string).slice(2)) + 1
    for (const _ of [1, 2]) expect(dockets(await create(two, true))).toEqual([`D-${next}`, `D-${next + 1}`])
    // A number that somebody chose moves the series on for as long as the dry run lasts.
    const chosen = `[{name: "Chosen", docket: "D-${next + 50_000}"}, {name: "After"}]`
    expect(dockets(await create(chosen, true))).toEqual([`D-${next + 50_000}`, `D-${next + 50_001}`])
    const twice = await ask(
      server.admin,
      `mutation { a: createAccount(input: {name: "A"}, dryRun: true) { account { docket } } b: createAccount(input: {name: "B"}, dryRun: true) { account { docket } } }`,
    )
    expect(twice.data).toEqual({ a: { account: { docket: `D-${next}` } }, b: { account: { docket: `D-${next + 1}` } } })
    expect(dockets(await create(two, false))).toEqual([`D-${next}`, `D-${next + 1}`])
  })

  test('is for all mutations of an operation or for none', async () => {
    const answer = await ask(
      server.admin,
      'mutation { a: createAccount(input: {name: "A"}, dryRun: true) { changeSetId } b: createAccount(input: {name: "B"}) { changeSetId } }',
    )
    expect([answer.data ?? null, answer.errors?.map(({ extensions }) => extensions.code)]).toEqual([null, ['VALIDATION_FAILED']])
  })

  describe.each(TRANSPORTS)('a record that has moved on, over %s', (transport) => {
    /** An account at version 3: another writer has changed its name and its industry since version 1. */
    async function movedOn(key: string): Promise<string> {
      const { createAccount } = await server.admin.data(
        `mutation { createAccount(input: {name: "First", industry: "energy", website: "https://first.example", externalIds: [{system: "conflicts", key: "${key}"}]}) { account { id } } }`,
      )
      const { id } = createAccount.account
      await server.admin.data('mutation ($id: ID!) { updateAccount(id: $id, input: {name: "Second"}) { changeSetId } }', { id })
      await server.admin.data('mutation ($id: ID!) { updateAccount(id: $id, input: {industry: "media"}) { changeSetId } }', { id })
      return id
    }
    const send = (query: string, variables: Readonly<Record<string, unknown>>) => server.admin.send(query, variables, { transport })
    const stored = async (id: string) => (await server.admin.data('query ($id: ID!) { account(id: $id) { name industry website version } }', { id })).account
    const UNTOUCHED = { name: 'Second', industry: 'media', website: 'https://first.example', version: 3 }

    test('is refused with base, yours and current, and stays as it is', async () => {
      const id = await movedOn(`${transport}-refused`)
      const update =
        'mutation ($id: ID!, $rule: ConflictRule) { updateAccount(id: $id, ifVersion: 1, onConflict: $rule, input: {name: "Mine"}) { changeSetId } }'
      for (const rule of [undefined, 'FAIL', 'MERGE']) {
        const { data, errors } = await send(update, { id, ...(rule && { rule }) })
        expect([data, errors]).toMatchObject([
          null,
          [
            {
              path: ['updateAccount'],
              extensions: {
                code: 'VERSION_CONFLICT',
                retryable: false,
                ifVersion: 1,
                version: 3,
                base: { name: 'First', industry: 'energy', version: 1 },
                yours: { name: 'Mine' },
                current: { name: 'Second', industry: 'media', version: 3 },
              },
            },
          ],
        ])
      }
      for (const [name, args] of [
        ['deleteAccount', 'id: $id'],
        ['upsertAccount', 'by: {id: $id}, input: {name: "Mine"}'],
      ] as const)
        for (const rule of ['FAIL', 'MERGE'])
          expect(codesOf(await send(`mutation ($id: ID!) { ${name}(${args}, ifVersion: 1, onConflict: ${rule}) { changeSetId } }`, { id }))).toEqual([
            'VERSION_CONFLICT',
          ])
      expect(await stored(id)).toEqual(UNTOUCHED)
    })

    test('is merged by an update or upsert of other fields, one or several', async () => {
      const key = `${transport}-merged`
      const id = await movedOn(key)
      const website = (name: string) => `input: {website: "https://${name}.example"}`
      const by = `by: {externalId: {system: "conflicts", key: "${key}"}}`
      const merged = [
        `updateAccount(id: $id, ifVersion: 1, onConflict: MERGE, ${website('a')})`,
        `updateAccounts(updates: [{id: $id, ifVersion: 1, ${website('a')}}], onConflict: MERGE)`,
        `upsertAccount(${by}, ifVersion: 1, onConflict: MERGE, ${website('a')})`,
        `upsertAccounts(upserts: [{${by}, ifVersion: 1, ${website('a')}}], onConflict: MERGE)`,
      ]
      for (const mutation of merged) {
        const { errors } = await send(`mutation ($id: ID!) { ${mutation} { changeSetId } }`.replace(mutation.includes('$id') ? '' : '($id: ID!)', ''), { id })
        expect([mutation, errors]).toEqual([mutation, []])
        expect(await stored(id)).toEqual({ ...UNTOUCHED, website: 'https://a.example', version: 4 })
      }
      // The same field by another value overlaps with what was merged before.
      const overlapping = await send(
        `mutation ($id: ID!) { updateAccounts(updates: [{id: $id, ifVersion: 3, ${website('b')}}], onConflict: MERGE) { changeSetId } }`,
        { id },
      )
      expect(overlapping.errors).toMatchObject([
        { extensions: { code: 'VERSION_CONFLICT', path: ['updates', 0, 'input'], yours: { website: 'https://b.example' } } },
      ])
      // One that cannot be merged keeps all others of the call from being written.
      const other = await movedOn(`${transport}-other`)
      const both = `mutation ($id: ID!, $other: ID!) { updateAccounts(onConflict: MERGE, updates: [{id: $other, ifVersion: 1, ${website('c')}}, {id: $id, ifVersion: 1, input: {name: "Mine"}}]) { changeSetId } }`
      expect(codesOf(await send(both, { id, other }))).toEqual(['VERSION_CONFLICT'])
      expect(await stored(other)).toEqual(UNTOUCHED)
    })

    test('is not brought back from the recycle bin by a merge', async () => {
      const key = `${transport}-deleted`
      const id = await movedOn(key)
      await server.admin.data('mutation ($id: ID!) { deleteAccount(id: $id) { changeSetId } }', { id })
      const upsert = `mutation { upsertAccount(by: {externalId: {system: "conflicts", key: "${key}"}}, ifVersion: 3, onConflict: MERGE, input: {website: "https://b.example"}) { changeSetId } }`
      expect(codesOf(await send(upsert, {}))).toEqual(['VERSION_CONFLICT'])
      const { accounts } = await server.admin.data('query ($id: ID!) { accounts(deleted: ONLY, filter: {id: {eq: $id}}) { nodes { website version } } }', {
        id,
      })
      expect(accounts.nodes).toEqual([{ website: 'https://first.example', version: 4 }])
    })
  })
})

interface AuditLine {
  readonly sequence: number
  readonly action: string
  readonly result: string
}

function auditOf(lines: readonly string[]): AuditLine[] {
  const start = 'row audit_log '
  return lines.filter((line) => line.startsWith(start)).map((line) => JSON.parse(line.slice(start.length)))
}

/** Records and values of the demo data that mutations are drawn from. */
/** With all that came besides the data. */
async function ask(client: TestClient, query: string, variables: object = {}): Promise<DryAnswer> {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${client.token}` }
  const response = await fetch(`${client.url}/graphql`, { method: 'POST', headers, body: JSON.stringify({ query, variables }) })
  return (await response.json()) as DryAnswer
}

/** Ids that the client finds, and three of each module that it may not be able to read. */
async function poolsOf({ admin, app }: TestServer, client: TestClient): Promise<ValuePools> {
  const { registry } = app.engine.runtime
  const idsOf = new Map<string, readonly string[]>()
  const ids: string[] = []
  for (const { name, pluralName } of registry.modules.values()) {
    const firstIds = async (reader: TestClient, first: number): Promise<string[]> => {
      const { data } = await ask(reader, `{ page: ${pluralName}(first: ${first}) { nodes { id } } }`)
      return (data?.page as { nodes: { id: string }[] } | undefined)?.nodes.map(({ id }) => id) ?? []
    }
    idsOf.set(name, await firstIds(client, 30))
    ids.push(...(await firstIds(admin, 3)))
  }
  return {
    texts: ['', "O'x", '上海', 'customer', 'USD'],
    ids: ['nope', ...ids],
    numbers: ['10', '0.5', '-3'],
    instants: ['2026-01-01T00:00:00.000Z'],
    idsOf,
    ...fieldPools(registry),
  }
}
