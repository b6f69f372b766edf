import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { serverAudits } from 'graphql-http'
import { startTestServer, type TestServer } from '../support/server.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
}, 60_000)
afterAll(() => server?.close())

test('graphql-http: every audit', async () => {
  const fetchFn = (url: string, init: RequestInit = {}) =>
    fetch(url, { ...init, headers: { ...(init.headers as Record<string, string>), authorization: `Bearer ${server.admin.token}` } })
  const audits = serverAudits({ url: `${server.url}/graphql`, fetchFn })
  const results = await Promise.all(audits.map(async ({ id, name, fn }) => ({ id, name, result: await fn() })))
  expect(
    results.filter(({ result }) => result.status !== 'ok').map(({ id, name, result }) => [id, name, result.status, (result as { reason?: string }).reason]),
  ).toEqual([])
  expect(results).toHaveLength(61)
})
