import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { buildSchema, parse } from 'graphql'
import { Revalidation } from '../../src/schema/execute/revalidation.ts'
import { createSwap } from '../../src/schema/execute/swap.ts'
import type { Runtime } from '../../src/schema/operation.ts'
import { codesOf, createTestClient, TRANSPORTS } from '../support/client.ts'
import { makeField } from '../support/metadata.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

interface Told {
  readonly data?: Record<string, unknown> | null
  readonly errors?: readonly { readonly message: string; readonly extensions: Record<string, unknown> }[]
  readonly extensions?: Record<string, unknown>
}

describe('a schema that changes while it is served', () => {
  let server: TestServer
  let url: string
  beforeAll(async () => {
    server = await startTestServer()
    url = server.url
  })
  afterAll(() => server?.close())

  const post = async (query: string, headers: Record<string, string> = {}, body: object = {}): Promise<{ status: number } & Told> => {
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${server.admin.token}`, ...headers },
      body: JSON.stringify({ query, ...body }),
    })
    return { status: response.status, ...((await response.json()) as Told) }
  }

  const socketAnswer = (query: string, extensions: Record<string, unknown>) =>
    new Promise<Told>((resolve, reject) => {
      let answer: Told = {}
      server.admin.socket().subscribe(
        { query, extensions },
        {
          next: (value) => {
            answer = value as Told
          },
          error: (errors) => (Array.isArray(errors) ? resolve({ errors: errors as never }) : reject(errors)),
          complete: () => resolve(answer),
        },
      )
    })

  const version = async (): Promise<number> => (await server.admin.data('{ schemaVersion }')).schemaVersion

  test.each(TRANSPORTS)('a field is there for the next request over %s, by name and in introspection', async (transport) => {
    const name = `colour${transport}`
    const query = `{ accounts { nodes { ${name} } } }`
    expect(codesOf(await server.admin.send(query, {}, { transport }))).toEqual(['GRAPHQL_VALIDATION_FAILED'])
    await makeField(server.admin, { module: 'account', name, type: 'TEXT', label: '颜色' })
    expect((await server.admin.send(query, {}, { transport })).errors).toEqual([])
    const { data } = await server.admin.send('{ __type(name: "Account") { fields { name description } } }', {}, { transport })
    expect(data.__type.fields).toContainEqual(expect.objectContaining({ name }))
  })

  test('a document that is known stays valid through swaps, and is refused once its field is gone', async () => {
    const field = await makeField(server.admin, { module: 'account', name: 'fleeting', type: 'TEXT' })
    const query = 'query Known { accounts { nodes { fleeting } } }'
    for (let times = 0; times < 3; times += 1) expect((await server.admin.send(query)).errors).toEqual([])
    await makeField(server.admin, { module: 'account', name: 'other', type: 'TEXT' })
    expect((await server.admin.send(query)).errors).toEqual([])
    await server.admin.data(`mutation { deleteCustomField(id: "${field.id}") { schemaVersion } }`)
    const refused = await server.admin.send(query)
    expect(codesOf(refused)).toEqual(['GRAPHQL_VALIDATION_FAILED'])
    expect(refused.errors[0]?.message).toContain('fleeting')
  })

  test('an answer tells the version that answered where it is asked to', async () => {
    const served = await version()
    expect((await post('{ schemaVersion }')).extensions).toBeUndefined()
    expect((await post('{ schemaVersion }', { 'x-schema-version': 'true' })).extensions).toEqual({ schemaVersion: served })
    expect((await post('{ schemaVersion }', {}, { extensions: { schemaVersion: true } })).extensions).toEqual({ schemaVersion: served })
    expect((await socketAnswer('{ schemaVersion }', { schemaVersion: true })).extensions).toEqual({ schemaVersion: served })
    expect((await socketAnswer('{ schemaVersion }', {})).extensions).toBeUndefined()
  })

  test('a request waits for the version it asks for, over both transports', async () => {
    const next = (await version()) + 1
    const waiting = [
      post('{ schemaVersion }', { 'x-min-schema-version': String(next) }),
      socketAnswer('{ schemaVersion }', { minSchemaVersion: next }),
    ] as const
    await makeField(server.admin, { module: 'account', name: 'awaited', type: 'TEXT' })
    for (const answer of await Promise.all(waiting)) {
      expect(answer.errors).toBeUndefined()
      expect(answer.data).toEqual({ schemaVersion: next })
      expect(answer.extensions).toEqual({ schemaVersion: next })
    }
  })

  test('a version that does not come, or is none, is refused', async () => {
    const never = await post('{ schemaVersion }', { 'x-min-schema-version': '999999' })
    expect([never.status, never.errors?.[0]?.extensions.code]).toEqual([503, 'UNAVAILABLE'])
    const none = await post('{ schemaVersion }', { 'x-min-schema-version': 'latest' })
    expect([none.status, none.errors?.[0]?.extensions.code]).toEqual([400, 'GRAPHQL_PARSE_FAILED'])
    const socket = await socketAnswer('{ schemaVersion }', { minSchemaVersion: -1 })
    expect(socket.errors?.[0]?.extensions.code).toBe('GRAPHQL_PARSE_FAILED')
  })

  test('schemaChanged tells of later versions only, stays open across them and ends at once', async () => {
    const before = await version()
    const told: number[] = []
    const heard = server.admin.socket().iterate<{ schemaChanged: { schemaVersion: number } }>({ query: 'subscription { schemaChanged { schemaVersion } }' })
    const reading = (async () => {
      for await (const { data } of heard) {
        told.push(data?.schemaChanged.schemaVersion as number)
        if (told.at(-1) === before + 2) return
      }
    })()
    await socketAnswer('{ schemaVersion }', {})
    await makeField(server.admin, { module: 'account', name: 'first', type: 'TEXT' })
    await makeField(server.admin, { module: 'account', name: 'second', type: 'TEXT' })
    await reading
    expect(told.at(-1)).toBe(before + 2)
    expect(Math.min(...told)).toBeGreaterThan(before)
    expect((await socketAnswer('{ schemaVersion }', {})).data).toEqual({ schemaVersion: before + 2 })
  })

  test('schemaChanged is for whoever is signed in, over WebSocket', async () => {
    const query = 'subscription { schemaChanged { schemaVersion } }'
    expect((await post(query)).errors?.[0]?.extensions.code).toBe('GRAPHQL_VALIDATION_FAILED')
    const nobody = createTestClient(url, null)
    try {
      expect(codesOf(await nobody.send(query, {}, { transport: 'ws' }))).toEqual(['UNAUTHENTICATED'])
    } finally {
      await nobody.close()
    }
  })
})

describe('a document that was validated against another schema', () => {
  const runtime = (text: string, version: number): Runtime => ({ version, schema: buildSchema(text), registry: {} as never })
  const document = parse('{ a b }')
  const older = runtime('type Query { a: Int b: Int }', 1)

  test('runs where it still fits, and is refused with the version where it does not', () => {
    const revalidation = new Revalidation()
    revalidation.require({ document, schema: older.schema }, older)
    revalidation.require({ document, schema: older.schema }, runtime('type Query { a: Int b: Int c: Int }', 2))
    const without = runtime('type Query { a: Int }', 3)
    for (let times = 0; times < 2; times += 1) {
      expect(() => revalidation.require({ document, schema: older.schema }, without)).toThrow(
        expect.objectContaining({ code: 'SCHEMA_CHANGED', details: { schemaVersion: 3 } }),
      )
    }
    revalidation.require({ document, schema: older.schema }, runtime('type Query { a: Int b: Int }', 4))
  })
})

describe('the swap', () => {
  const schema = buildSchema('type Query { a: Int }')
  const at = (version: number): Runtime => ({ version, schema, registry: {} as never })

  test('prepares, swaps and tells, in this order, once a version', async () => {
    let stored = 1
    const events: string[] = []
    const swap = await createSwap({
      readVersion: async () => stored,
      buildRuntime: async () => at(stored),
      beforeSwap: (current, next) => events.push(`step ${current.version} to ${next.version}`),
      onSwap: ({ version }) => events.push(`swap ${version}`),
    })
    swap.beforeRuntime(async ({ version }) => {
      events.push(`prepare ${version} beside ${swap.current.version}`)
    })
    const silence = swap.onRuntime(({ version }) => events.push(`told ${version}`))
    stored = 2
    expect(await Promise.all([swap.refresh(), swap.refresh(), swap.refresh()])).toEqual([2, 2, 2])
    silence()
    stored = 3
    expect(await swap.reach(3, 0)).toBe(true)
    expect(await swap.reach(4, 0)).toBe(false)
    expect(events).toEqual([
      ...['swap 1', 'told 1', 'step 1 to 2', 'prepare 2 beside 1', 'swap 2', 'told 2'],
      ...['step 2 to 3', 'prepare 3 beside 2', 'swap 3'],
    ])
  })

  test('a build that fails leaves the present runtime, and the next look tries again', async () => {
    let stored = 1
    let broken = false
    const swap = await createSwap({
      readVersion: async () => stored,
      buildRuntime: async () => {
        if (broken) throw new Error('out of order')
        return at(stored)
      },
      beforeSwap: () => {},
      onSwap: () => {},
    })
    stored = 2
    broken = true
    await expect(swap.refresh()).rejects.toThrow('out of order')
    expect(swap.current.version).toBe(1)
    broken = false
    expect(await swap.refresh()).toBe(2)
  })

  test('while the next runtime is made, whoever wants that can wait for it, also where it fails', async () => {
    let stored = 1
    let broken = false
    const swap = await createSwap({
      readVersion: async () => stored,
      buildRuntime: async () => {
        if (stored === 1) return at(stored)
        await new Promise((resolve) => setImmediate(resolve))
        if (broken) throw new Error('out of order')
        return at(stored)
      },
      beforeSwap: () => {},
      onSwap: () => {},
    })
    const comes = async (): Promise<number> => {
      const refreshed = swap.refresh().catch(() => {})
      while (swap.coming === undefined) await new Promise((resolve) => setImmediate(resolve))
      await swap.coming
      const { version } = swap.current
      await refreshed
      expect(swap.coming).toBeUndefined()
      return version
    }
    expect(swap.coming).toBeUndefined()
    stored = 2
    broken = true
    expect(await comes()).toBe(1)
    broken = false
    expect(await comes()).toBe(2)
  })

  test('nobody who asks while a look is under way gets an answer from before', async () => {
    let stored = 1
    let release = (): void => {}
    const held = new Promise<void>((resolve) => {
      release = resolve
    })
    let looks = 0
    const swap = await createSwap({
      readVersion: async () => {
        looks += 1
        const read = stored
        if (looks === 1) await held
        return read
      },
      buildRuntime: async () => at(stored),
      beforeSwap: () => {},
      onSwap: () => {},
    })
    const early = swap.refresh()
    stored = 2
    const late = swap.refresh()
    release()
    expect(await Promise.all([early, late])).toEqual([1, 2])
  })
})
