import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import pg from 'pg'
import { columnsOf, isGenerated } from '../../src/entities/columns.ts'
import { type FieldDefinition, historyKey, isComputed, type ModuleDefinition, type Registry } from '../../src/records/registry/index.ts'
import { codesOf, type TestClient, TRANSPORTS } from '../support/client.ts'
import { PROVE } from '../support/nodes.ts'
import { DEMO_USERS, type DemoUser, scopeOf, shownFields } from '../support/scope-oracle.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

/**
 * Every sensitive field of every record holds a value that nothing else holds, in its history too. Whatever is asked, whole answers are searched for the values
 * that the role hides: aliases, fragments, interfaces, `node(id:)`, relations, `values`, history, conflicts and other errors are doors alike.
 */
const USERS = ['nancy', 'steven', 'service', 'finance', 'marketing', 'viewer'] as const satisfies readonly DemoUser[]
/** Each document over both transports; the short run takes them in turn. */
const TURNS = PROVE ? 2 : 1

let server: TestServer
let registry: Registry
/** What each sensitive field holds, by its id. */
const planted = new Map<string, string>()

beforeAll(async () => {
  server = await startTestServer({ template: 'demo' })
  registry = server.app.engine.runtime.registry
  const sql = new pg.Client(server.database.url)
  await sql.connect()
  // Nothing has been sent to anybody yet.
  await sql.query("INSERT INTO deliveries (id, created_at, updated_at, channel, state, attempts) SELECT $1, now(), now(), 'email', 'sent', 1", [
    server.app.kernel.newId(registry.module('delivery').number),
  ])
  for (const module of registry.modules.values()) {
    for (const field of module.fields.values()) if (isSensitive(field) && !isComputed(field) && !isGenerated(field)) await plant(sql, module, field)
  }
  await sql.end()
}, 90_000)
afterAll(() => server?.close())

const isSensitive = ({ sensitivity }: FieldDefinition) => (sensitivity ?? 'none') !== 'none'

/** Writes the field's own value into all its rows and into what the history tells of them. */
async function plant(sql: pg.Client, { table, number }: ModuleDefinition, field: FieldDefinition): Promise<void> {
  const serial = planted.size + 1
  const columns = columnsOf(field).filter(({ part }) => part !== 'currency')
  const day = `1${String(601 + serial).padStart(3, '0')}-03-17`
  const values: Readonly<Record<string, string>> = {
    DATE: day,
    DATETIME: `${day}T00:00:00Z`,
    MONEY: `${770_000_000 + serial}.25`,
    DECIMAL: `${770_000_000 + serial}.25`,
  }
  const value = field.options ? null : (values[field.type] ?? (field.type === 'EMAIL' ? `planted${serial}x@example.com` : `planted${serial}x`))
  // One of a few words tells nothing when it is found.
  if (value === null || field.unique) return
  for (const { name, type } of columns) {
    const held = type === 'jsonb' ? JSON.stringify({ city: value }) : value
    if (/^(text|jsonb|date|timestamp|numeric)/.test(type)) await sql.query(`UPDATE ${table} SET ${pg.escapeIdentifier(name)} = $1`, [held])
  }
  await sql.query(
    `UPDATE record_history SET changes = changes || jsonb_build_object($2::text, jsonb_build_object('before', $1::text, 'after', $1::text)) WHERE module_number = $3`,
    [value, historyKey(field), number],
  )
  planted.set(field.id, value)
}

/** Modules that the user reads. */
const readable = (user: DemoUser) => [...registry.modules.values()].filter(({ name }) => scopeOf(DEMO_USERS[user], name, 'r') !== undefined)

function hiddenOf(user: DemoUser, module: ModuleDefinition): FieldDefinition[] {
  const shown = shownFields(DEMO_USERS[user])
  return [...module.fields.values()].filter((field) => isSensitive(field) && !shown.has(field.id))
}

/** Planted values that the user may not see, found in an answer. */
function leaks(user: DemoUser, text: string): string[] {
  const shown = shownFields(DEMO_USERS[user])
  return [...planted].filter(([id, value]) => !shown.has(id) && text.includes(value)).map(([id]) => id)
}

function selectionOf({ name, type }: FieldDefinition, alias = name): string {
  const parts = { MONEY: '{ amount currency }', PHONE: '{ raw e164 }', ADDRESS: '{ city country }', GEO: '{ latitude }' }[type as string]
  return `${alias}: ${name} ${parts ?? ''}`
}

/** The whole text of an answer: over http as it came. */
async function answerText(client: TestClient, query: string, turn: number): Promise<string> {
  if (turn % TRANSPORTS.length === 1) return JSON.stringify(await client.send(query, {}, { transport: 'ws' }))
  const headers = {
    'content-type': 'application/json',
    authorization: `Bearer ${client.token}`,
    'x-access-mode': ['errors', 'redact', 'strict'][turn % 3] as string,
  }
  return (await fetch(`${server.url}/graphql`, { method: 'POST', headers, body: JSON.stringify({ query }) })).text()
}

describe.each(USERS)('whatever %s asks', (user) => {
  let client: TestClient
  beforeAll(async () => {
    client = await server.signIn(`${user}@demo.guanxi.local`)
  })

  test('no answer holds a hidden value: plain, aliased, in fragments, by interface and id, in values and history', async () => {
    let asked = 0
    for (const module of readable(user)) {
      const { pluralName, typeName } = module
      const ids = ((await client.data(`{ page: ${pluralName}(first: 2) { nodes { id } } }`)).page.nodes as { id: string }[]).map(({ id }) => id)
      const fields = hiddenOf(user, module)
      const all = fields.map((field) => selectionOf(field)).join(' ')
      const told = `values named: values(fields: ${JSON.stringify(fields.map(({ name }) => name))}) history(first: 20) { nodes { changes { field before after } } } displayName`
      const [id = 'x'] = ids
      const documents = [
        `{ page: ${pluralName}(first: 2) { nodes { ${all} ${told} } edges { node { ${fields.map((field, index) => selectionOf(field, `a${index}`)).join(' ')} } } } }`,
        `{ node(id: "${id}") { ... on ${typeName} { ...All } ... on Record { ${told} } } nodes(ids: ${JSON.stringify(ids)}) { ... on ${typeName} { ${all} } } } fragment All on ${typeName} { id ${all} }`,
      ]
      for (const document of documents) {
        for (let turn = 0; turn < TURNS; turn += 1) {
          const text = await answerText(client, document, asked + turn)
          expect([document, text.startsWith('{'), leaks(user, text)]).toEqual([document, true, []])
        }
        asked += 1
      }
    }
    expect(asked).toBeGreaterThan(20)
  })

  test('nor below any relation', async () => {
    let asked = 0
    for (const module of readable(user)) {
      const steps = [...module.fields.values()].flatMap((field) => {
        const target = field.type === 'USER' ? 'user' : field.reference?.module
        if (target === undefined) return []
        const below = target === '*' ? '... on Record { displayName values }' : inside(target)
        return [`${field.name} { ${field.type === 'REFERENCES' ? `nodes { ${below} }` : below} }`]
      })
      const lists = [...module.inverses.values()].map(({ name, module: target }) => `${name}(first: 2) { nodes { ${inside(target)} } }`)
      for (const document of chunks([...steps, ...lists], 6).map((part) => `{ page: ${module.pluralName}(first: 2) { nodes { ${part.join(' ')} } } }`)) {
        asked += 1
        const text = await answerText(client, document, asked)
        expect([document, text.includes('GRAPHQL_VALIDATION_FAILED'), leaks(user, text)]).toEqual([document, false, []])
      }
    }
    expect(asked).toBeGreaterThan(20)

    function inside(name: string): string {
      const fields = hiddenOf(user, registry.module(name))
      return ['id', 'displayName', 'values', ...fields.map((field) => selectionOf(field))].join(' ')
    }
  })

  test('nor does a search find one, or a refusal repeat one', async () => {
    const terms = readable(user).flatMap((module) => hiddenOf(user, module).map((field) => ({ module, term: planted.get(field.id) })))
    const searches = terms.flatMap(({ module, term }, index) =>
      term === undefined
        ? []
        : [
            `s${index}: ${module.pluralName}(search: ${JSON.stringify(term)}) { totalCount } t${index}: ${module.pluralName}Aggregate(search: ${JSON.stringify(term)}) { count }`,
          ],
    )
    const answers: Record<string, unknown> = {}
    for (const part of chunks(searches, 40)) Object.assign(answers, await client.data(`{ ${part.join('\n')} }`))
    for (const [key, answer] of Object.entries(answers)) expect([key, answer]).toEqual([key, key.startsWith('s') ? { totalCount: 0 } : [{ count: 0 }]])
    let conflicts = 0
    for (const { name, pluralName, typeName } of readable(user)) {
      if (scopeOf(DEMO_USERS[user], name, 'u') === undefined) continue
      const { page } = await client.data(`{ page: ${pluralName}(first: 1) { nodes { id version } } }`)
      const [node] = page.nodes as { id: string; version: number }[]
      if (node === undefined) continue
      const source = `mutation { update${typeName}(id: "${node.id}", input: { source: "x" }, ifVersion: ${node.version - 1}) { changeSetId } }`
      const answer = await client.send(source, {}, { transport: TRANSPORTS[conflicts % 2] as 'http' | 'ws' })
      if (codesOf(answer)[0] === 'VERSION_CONFLICT') conflicts += 1
      expect([source, leaks(user, JSON.stringify(answer))]).toEqual([source, []])
    }
    expect(conflicts).toBeGreaterThan(user === 'viewer' ? -1 : 1)
  })
})

test('whoever may see the values finds them by the same ways, so that their absence means something', async () => {
  let found = 0
  for (const module of registry.modules.values()) {
    const fields = [...module.fields.values()].filter(({ id }) => planted.has(id))
    if (fields.length === 0) continue
    const text = JSON.stringify(
      await server.admin.data(
        `{ page: ${module.pluralName}(first: 1) { nodes { ${fields.map((field) => selectionOf(field)).join(' ')} history { nodes { changes { after } } } } } }`,
      ),
    )
    for (const { id } of fields) {
      expect([id, text.includes(planted.get(id) as string)]).toEqual([id, true])
      found += 1
    }
  }
  expect(found).toBeGreaterThan(20)
})

function chunks<T>(list: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(list.length / size) }, (_, index) => list.slice(index * size, (index + 1) * size))
}
