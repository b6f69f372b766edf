import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { codesOf, TRANSPORTS } from '../support/client.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

const times = (count: number, make: (index: number) => string): string => Array.from({ length: count }, (_, index) => make(index)).join(' ')

/** `levels` fragments of which each spreads the next twice: 2^levels fields from a few lines. */
const bomb = (levels: number): string =>
  `{ accounts { nodes { ...f0 } } } ${times(levels, (n) => `fragment f${n} on Account { a: parent { ...f${n + 1} } b: parent { ...f${n + 1} } }`)} fragment f${levels} on Account { name }`

/** The same text inside itself. */
const nested = (depth: number, open: string, inner: string): string => `${open.repeat(depth)}${inner}${'}'.repeat(depth)}`

describe('documents made to be costly', () => {
  let server: TestServer

  beforeAll(async () => {
    server = await startTestServer()
    await server.admin.data('mutation { createAccount(input: {name: "Only"}) { account { id } } }')
  })

  afterAll(() => server.close())

  const refused: [string, string, string][] = [
    ['a fragment bomb of 10 levels', bomb(10), 'LIMIT_EXCEEDED'],
    ['a fragment bomb of 90 levels', bomb(90), 'LIMIT_EXCEEDED'],
    ['100 records inside each other', `{ accounts { nodes { ${nested(100, 'parent { ', 'name')} } } }`, 'LIMIT_EXCEEDED'],
    ['the same by inline fragments', `{ accounts { nodes { ${'parent { ... on Account { '.repeat(50)} name ${'} }'.repeat(50)} } } }`, 'LIMIT_EXCEEDED'],
    [
      'the same by named fragments',
      `{ accounts { nodes { ...d0 } } } ${times(50, (n) => `fragment d${n} on Account { parent { ...d${n + 1} } }`)} fragment d50 on Account { name }`,
      'LIMIT_EXCEEDED',
    ],
    [
      '600 lists by 60 fields and a fragment',
      `{ ${times(60, (n) => `a${n}: accounts { nodes { ...l } }`)} } fragment l on Account { ${times(10, (n) => `c${n}: contacts { totalCount }`)} }`,
      'LIMIT_EXCEEDED',
    ],
    ['more tokens than any document needs', `{ ${times(2001, () => '__typename')} }`, 'LIMIT_EXCEEDED'],
    ['a fragment that spreads itself', '{ ...f } fragment f on Query { ...f }', 'GRAPHQL_VALIDATION_FAILED'],
    ['fragments in a circle', '{ ...f } fragment f on Query { ...g } fragment g on Query { ...f }', 'GRAPHQL_VALIDATION_FAILED'],
    ['50 unknown directives', `{ accounts { totalCount ${'@aa '.repeat(50)} } }`, 'GRAPHQL_VALIDATION_FAILED'],
    ['introspection inside introspection', `{ __schema { types { ${nested(4, 'fields { type { ', 'name')} ${'}'.repeat(4)} } } }`, 'GRAPHQL_VALIDATION_FAILED'],
    ['a circle in input values', `{ accounts(filter: ${nested(600, '{not: ', '{}')}) { totalCount } }`, 'LIMIT_EXCEEDED'],
  ]
  for (const transport of TRANSPORTS) {
    test.each(refused)(`over ${transport}: %s`, async (_what, query, code) => {
      const answer = await server.admin.send(query, {}, { transport })
      expect(answer.data ?? null).toBeNull()
      expect([...new Set(codesOf(answer))]).toEqual([code])
      // However many faults a document has, few are reported.
      expect(answer.errors.length).toBeLessThanOrEqual(6)
    })

    test(`over ${transport}: names are never suggested for what variables hold`, async () => {
      const send = (query: string, value: object) => server.admin.send(query, { value }, { transport })
      const answers = [
        await send('query ($value: AccountFilter) { accounts(filter: $value) { totalCount } }', { creditLimi: {} }),
        await send('mutation ($value: CreateAccountInput!) { createAccount(input: $value) { changeSetId } }', { name: 'N', creditLimi: 1 }),
      ]
      for (const answer of answers) {
        expect(codesOf(answer)).toEqual(['GRAPHQL_VALIDATION_FAILED'])
        expect(JSON.stringify(answer.errors)).toContain('creditLimi')
        expect(JSON.stringify(answer.errors)).not.toMatch(/creditLimit|Did you mean/)
      }
    })

    test(`over ${transport}: filters of too many conditions and orders of too many keys are refused`, async () => {
      const ask = (filter: unknown, orderBy: unknown) =>
        server.admin.send(
          'query ($filter: AccountFilter, $orderBy: [AccountOrderBy!]) { accounts(filter: $filter, orderBy: $orderBy) { totalCount } }',
          { filter, orderBy },
          { transport },
        )
      const conditions = (count: number) => ({ or: Array.from({ length: count }, () => ({ contacts: { some: {} } })) })
      const keys = (count: number) => Array.from({ length: count }, () => ({ name: 'ASC' }))
      expect(codesOf(await ask(conditions(1000), keys(1)))).toEqual(['LIMIT_EXCEEDED'])
      expect(codesOf(await ask({}, keys(21)))).toEqual(['LIMIT_EXCEEDED'])
      expect(await ask(conditions(20), keys(20))).toMatchObject({ errors: [], data: { accounts: { totalCount: 0 } } })
    })

    test(`over ${transport}: variables nested deeper than anything needs are refused`, async () => {
      const depth = (levels: number): unknown => JSON.parse(`${'['.repeat(levels)}${']'.repeat(levels)}`)
      const send = (value: unknown) =>
        server.admin.send('mutation ($value: JSON) { createContact(input: {name: "N", preferences: $value}) { changeSetId } }', { value }, { transport })
      expect(codesOf(await send(depth(1000)))).toEqual(['LIMIT_EXCEEDED'])
      expect((await send(depth(50))).errors).toEqual([])
    })

    test(`over ${transport}: wide and deep documents that a screen may need are answered`, async () => {
      const wide = await server.admin.send(`{ ${times(100, (n) => `a${n}: accounts { totalCount }`)} }`, {}, { transport })
      expect(wide.errors).toEqual([])
      expect(Object.keys(wide.data)).toHaveLength(100)
      const deep = await server.admin.send(`{ accounts { nodes { ${nested(20, 'parent { ', 'name')} } } }`, {}, { transport })
      expect(deep).toMatchObject({ errors: [], data: { accounts: { nodes: [{ parent: null }] } } })
      const repeated = await server.admin.send(`{ ${times(500, () => '__typename')} }`, {}, { transport })
      expect(repeated.data).toEqual({ __typename: 'Query' })
    })
  }

  test('a message over WebSocket that is larger than any should be ends that socket alone', async () => {
    await expect(server.admin.send(`{ ${'_ '.repeat(1_500_000)} }`, {}, { transport: 'ws' })).rejects.toThrow('1009')
    expect((await server.admin.send('{ __typename }', {}, { transport: 'ws' })).data).toEqual({ __typename: 'Query' })
  })
})
