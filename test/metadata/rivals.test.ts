import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { coreModules } from '../../src/entities/index.ts'
import { findDrift } from '../../src/records/metadata/index.ts'
import { codesOf } from '../support/client.ts'
import { openTestDatabase, type TestDatabase } from '../support/database.ts'
import { METADATA } from '../support/metadata.ts'
import { openMetadata } from '../support/metadata-kit.ts'
import { type NodeProcess, PROVE, startNode } from '../support/nodes.ts'

const ROUNDS = PROVE ? 50 : 5

describe('two processes that change metadata at once', () => {
  let database: TestDatabase
  let nodes: readonly [NodeProcess, NodeProcess]

  beforeAll(async () => {
    database = await openTestDatabase()
    // The first one makes the administrator.
    const first = await startNode(database.url)
    nodes = [first, await startNode(database.url)]
  }, 60_000)
  afterAll(async () => {
    await Promise.all((nodes ?? []).map((node) => node.close()))
    await database?.close()
  })

  /** Both send the same; answers what each was told, sorted. */
  async function both(document: string, inputOf: (node: number) => object): Promise<string[]> {
    const answers = await Promise.all(nodes.map(({ admin }, node) => admin.send(document, { input: inputOf(node) })))
    return answers.map((answer) => codesOf(answer).join() || 'ok').sort()
  }

  test('one makes the field or the module, the other is told DUPLICATE', async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      expect(await both(METADATA.createField, () => ({ module: 'account', name: `twin${round}`, type: 'TEXT' }))).toEqual(['DUPLICATE', 'ok'])
      expect(await both(METADATA.createModule, () => ({ name: `twin${round}`, pluralName: `twin${round}s` }))).toEqual(['DUPLICATE', 'ok'])
    }
    const kit = await openMetadata(database.url)
    expect(await findDrift(kit.database, coreModules()).finally(kit.close)).toEqual([])
    const { customFields, customModules } = await nodes[0].admin.data('{ customFields(module: "account") { name } customModules { name } }')
    expect([customFields, customModules].map((made: { name: string }[]) => made.map(({ name }) => name).sort())).toEqual(
      [ROUNDS, ROUNDS].map((count) => Array.from({ length: count }, (_, round) => `twin${round}`).sort()),
    )
  })

  test('both make fields of different names, and both nodes serve both', async () => {
    for (let round = 0; round < ROUNDS; round += 1)
      expect(await both(METADATA.createField, (node) => ({ module: 'contact', name: `by${node}x${round}`, type: 'INTEGER' }))).toEqual(['ok', 'ok'])
    const names = [0, 1].flatMap((node) => Array.from({ length: ROUNDS }, (_, round) => `by${node}x${round}`))
    const { schemaVersion } = await nodes[0].admin.data('{ schemaVersion }')
    for (const { admin } of nodes) {
      const answer = await admin.send(`{ contacts { nodes { ${names.join(' ')} } } }`, {}, { headers: { 'x-min-schema-version': String(schemaVersion) } })
      expect(answer).toEqual({ status: 200, data: { contacts: { nodes: [] } }, errors: [] })
    }
  })
})
