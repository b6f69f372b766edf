import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { codesOf } from '../support/client.ts'
import { METADATA } from '../support/metadata.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server?.close())

// Whoever were told of an error would make the change again, which is there already.
test('a committed change whose schema cannot be served at once is answered as made, and served once it can be', async () => {
  let broken = true
  const forget = server.app.engine.beforeRuntime(async () => {
    if (broken) throw new Error('cannot be served now')
  })
  const { version } = server.app.engine.runtime
  const answer = await server.admin.send(METADATA.createField, { input: { module: 'account', name: 'late', type: 'TEXT' } })
  expect(codesOf(answer)).toEqual([])
  const { field, schemaVersion } = answer.data.answer
  expect(field).toMatchObject({ name: 'late' })
  expect(server.app.engine.runtime.version).toBe(version)
  broken = false
  const headers = { 'x-min-schema-version': String(schemaVersion) }
  expect((await server.admin.send('{ accounts { nodes { late } } }', {}, { headers })).data).toEqual({ accounts: { nodes: [] } })
  forget()
})
