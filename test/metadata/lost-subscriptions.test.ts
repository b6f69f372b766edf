import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { extendSchema, parse } from 'graphql'
import { systemPrincipal } from '../../src/auth/index.ts'
import { coreModules } from '../../src/entities/index.ts'
import { createBudgets, createHttpServer, type HttpServer } from '../../src/http/index.ts'
import { latestValues } from '../../src/lib/latest-values.ts'
import type { Epochs } from '../../src/records/access/policy.ts'
import { READ_EPOCHS_SQL } from '../../src/records/epochs.ts'
import { loadRegistry } from '../../src/records/metadata/index.ts'
import { buildSchema } from '../../src/schema/build/index.ts'
import { createEngine, Idempotency, schemaResolvers } from '../../src/schema/execute/index.ts'
import { DOCUMENT_LIMITS } from '../../src/schema/limits/index.ts'
import type { GraphQLEngine } from '../../src/schema/operation.ts'
import { NO_STATIC } from '../schema-build/hand-made.ts'
import { type AnsweredError, createTestClient, type TestClient } from '../support/client.ts'
import { METADATA, makeField } from '../support/metadata.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

/**
 * Another node, which has a subscription that names fields of records: an argument that is a filter of accounts. It is served by the product's own
 * engine and server over a real WebSocket, on the database of a server whose administrator changes fields.
 */
describe('a subscription whose field goes', () => {
  let server: TestServer
  let engine: GraphQLEngine
  let http: HttpServer
  let client: TestClient
  const listeners = new Set<(count: number) => void>()
  const tell = (count: number) => {
    for (const listener of listeners) listener(count)
  }

  beforeAll(async () => {
    server = await startTestServer()
    const { app, config } = server
    const { database, writer } = app.kernel
    engine = await createEngine({
      tail: { onAdvance: () => () => {} },
      database,
      writer,
      settings: { organisationCurrency: 'USD', cursorKey: 'a key of tests' },
      idempotency: new Idempotency({ database, keys: [{ id: 'a key of tes', secret: new Uint8Array(32) }], now: () => new Date(), retention: 60_000 }),
      report: (error) => {
        throw error
      },
      onSwap: () => {},
      buildRuntime: async () => {
        const registry = await loadRegistry(database, coreModules())
        const plain = buildSchema({ registry, staticSchema: NO_STATIC, resolvers: schemaResolvers })
        const more = 'type Subscription { counted(filter: AccountFilter): Int }'
        const schema = extendSchema(plain, parse(plain.getSubscriptionType() ? `extend ${more}` : `${more} extend schema { subscription: Subscription }`))
        const field = schema.getSubscriptionType()?.getFields()['counted']
        if (!field) throw new Error('there is no subscription')
        field.resolve = (count: unknown) => count
        field.subscribe = () =>
          latestValues<number>((give) => {
            listeners.add(give)
            return () => listeners.delete(give)
          })
        return { version: registry.version, registry, schema }
      },
    })
    const caller = {
      principal: async () => {
        const [epochs] = await database.query<Epochs>({ text: READ_EPOCHS_SQL, purpose: 'platform' })
        return systemPrincipal('test', await loadRegistry(database, coreModules()), epochs as Epochs)
      },
      forget: () => {},
    }
    http = await createHttpServer({
      engine,
      callerOf: () => caller,
      config,
      logger: app.logger,
      metrics: app.metrics,
      health: app.health,
      standings: { epoch: async () => 0, read: async () => ({ epoch: 0, digests: new Map() }) },
      limits: DOCUMENT_LIMITS,
      budgets: createBudgets({ requests: 0, cost: 0, address: 0, 'signed-out': 0 }, null),
      waiting: () => 0,
    })
    client = createTestClient(`http://127.0.0.1:${(await http.listen()).port}`, null)
  }, 60_000)
  afterAll(async () => {
    await client?.close()
    await http?.close()
    await server?.close()
  })

  interface Open {
    readonly told: unknown[]
    readonly errors: AnsweredError[]
    readonly ended: Promise<void>
  }

  function subscribe(query: string, variables: Record<string, unknown> = {}): Open {
    const told: unknown[] = []
    const errors: AnsweredError[] = []
    const ended = new Promise<void>((resolve, reject) => {
      client.socket().subscribe(
        { query, variables },
        {
          next: ({ data, errors: more }) => {
            if (data?.['counted'] != null) told.push(data['counted'])
            errors.push(...((more ?? []) as unknown as AnsweredError[]))
          },
          error: (error) => {
            if (!Array.isArray(error)) return reject(error)
            errors.push(...(error as AnsweredError[]))
            resolve()
          },
          complete: resolve,
        },
      )
    })
    return { told, errors, ended }
  }

  const until = async (holds: () => boolean) => {
    while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5))
  }

  test('ends with SCHEMA_CHANGED at its next event; others and new fields leave it open', async () => {
    const { id } = await makeField(server.admin, { module: 'account', name: 'passing', type: 'TEXT' })
    await engine.refresh()
    const literal = subscribe('subscription { counted(filter: {passing: {eq: "x"}}) }')
    const other = subscribe('subscription { counted(filter: {name: {eq: "x"}}) }')
    await until(() => listeners.size === 2)
    tell(1)
    await until(() => literal.told.length === 1 && other.told.length === 1)
    // A field more changes nothing for anybody.
    await makeField(server.admin, { module: 'account', name: 'unrelated', type: 'TEXT' })
    await engine.refresh()
    tell(2)
    await until(() => literal.told.length === 2 && other.told.length === 2)
    const { answer } = await server.admin.data(METADATA.deleteField, { id })
    await engine.refresh()
    tell(3)
    await literal.ended
    expect(literal.told).toEqual([1, 2])
    expect(literal.errors).toEqual([
      expect.objectContaining({ extensions: expect.objectContaining({ code: 'SCHEMA_CHANGED', schemaVersion: answer.schemaVersion, retryable: true }) }),
    ])
    await until(() => other.told.length === 3)
    expect([other.told, other.errors]).toEqual([[1, 2, 3], []])
    // Its source was let go.
    expect(listeners.size).toBe(1)
    // Whoever subscribes anew is told what is wrong with the document, and may do so again when the field is back.
    const late = subscribe('subscription { counted(filter: {passing: {eq: "x"}}) }')
    await late.ended
    expect(late.errors.map(({ extensions }) => extensions.code)).toEqual(['GRAPHQL_VALIDATION_FAILED'])
    await server.admin.data(METADATA.restoreField, { id })
    await engine.refresh()
    const again = subscribe('subscription { counted(filter: {passing: {eq: "x"}}) }')
    await until(() => listeners.size === 2)
    tell(4)
    await until(() => again.told.length === 1)
    expect(again.errors).toEqual([])
  }, 60_000)
})
