import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { Kind, OperationTypeNode, parse, print } from 'graphql'
import { answersOf, documentsOf, PAGES } from '../support/pages.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer({ template: 'demo' })
}, 60_000)
afterAll(() => server?.close(), 60_000)

/** What can be sent as it stands: blocks of their own without an answer to compare, queries and mutations in them that need no variable and hold nothing that is left open. */
function* runnable(): Generator<readonly [place: string, operation: string]> {
  for (const path of PAGES) {
    const answered = new Set(answersOf(path).map(({ place }) => place))
    for (const { text, place, sent } of documentsOf(path)) {
      if (sent || answered.has(place)) continue
      for (const definition of parse(text).definitions) {
        if (definition.kind !== Kind.OPERATION_DEFINITION || definition.operation === OperationTypeNode.SUBSCRIPTION) continue
        const operation = print(definition)
        if (!operation.includes('…') && !definition.variableDefinitions?.length) yield [place, operation]
      }
    }
  }
}

test('every other document that can be sent as it stands is carried out without an error', async () => {
  const failed: unknown[] = []
  let count = 0
  for (const [place, operation] of runnable()) {
    count += 1
    // Each by a session of its own: some end the one that they are sent by.
    const client = await server.signIn(server.config.adminEmail)
    const { errors } = await client.send(operation)
    if (errors.length > 0) failed.push([place, operation, errors.map(({ message }) => message)])
  }
  expect(failed).toEqual([])
  expect(count).toBeGreaterThan(15)
}, 120_000)
