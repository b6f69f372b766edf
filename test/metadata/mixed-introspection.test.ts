import { afterAll, beforeAll, expect, test } from '@jest/globals'
import pg from 'pg'
import { startTestServer, type TestServer } from '../support/server.ts'

/** An operation that asks for types of the schema and for modules in one, while fields are made beside it. */
const ROUNDS = 12
const ASKING = 6
const MIXED =
  '{ __schema { queryType { name } types { name } } modules { name fields { name } } schemaVersion me { id } __type(name: "Account") { fields { name } } }'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer({ environment: { STATEMENT_TIMEOUT: '1000' } })
}, 60_000)
afterAll(() => server?.close())

test('no such operation is refused or torn while the schema is replaced', async () => {
  const other = (await server.addUser('Other', 'admin')).client
  const { admin } = server
  let isOver = false
  const answers: { data: Record<string, never>; errors: readonly unknown[] }[] = []
  const asking = Array.from({ length: ASKING }, async () => {
    while (!isOver) answers.push((await other.send(MIXED)) as never)
  })
  for (let round = 0; round < ROUNDS; round += 1) {
    const input = { module: 'account', name: `mixed${round}`, type: 'TEXT', labels: [{ locale: 'en', text: `Mixed ${round}` }] }
    await admin.data('mutation ($input: CreateCustomFieldInput!) { createCustomField(input: $input) { schemaVersion } }', { input })
  }
  isOver = true
  await Promise.all(asking)
  expect(answers.flatMap(({ errors }) => errors)).toEqual([])
  expect(answers.length).toBeGreaterThan(ROUNDS)
  const last = (await other.data(MIXED)) as { modules: { name: string; fields: { name: string }[] }[]; __type: { fields: { name: string }[] } }
  const fields = last.modules.find(({ name }) => name === 'account')?.fields.map(({ name }) => name)
  expect(fields).toEqual(expect.arrayContaining(Array.from({ length: ROUNDS }, (_, round) => `mixed${round}`)))
  expect(last.__type.fields.map(({ name }) => name)).toEqual(expect.arrayContaining(fields as string[]))
}, 120_000)

test('while the rights cannot be read it is told that the service is away, and not that its rules refuse', async () => {
  const holder = new pg.Client(server.database.url)
  await holder.connect()
  try {
    await server.admin.data(MIXED)
    await holder.query('BEGIN; LOCK TABLE epoch IN ACCESS EXCLUSIVE MODE')
    const { errors } = await server.admin.send(MIXED)
    expect(errors.map(({ extensions }) => [extensions.code, extensions.retryable])).toEqual([['UNAVAILABLE', true]])
  } finally {
    await holder.end()
  }
  expect((await server.admin.send(MIXED)).errors).toEqual([])
}, 60_000)
