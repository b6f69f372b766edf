import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import pg from 'pg'
import { ask } from '../languages/speaking.ts'
import { type Answer, type Issue, TRANSPORTS } from '../support/client.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

/** Texts of callers that look like what messages are made of. */
const LOOKALIKES = [
  '{0}{1}{2}',
  '{"kind":"said","template":"{0}","values":[{"text":"x"}]}',
  ['$', '{constructor}'].join(''),
  '{__proto__}',
  'Only administrators may do this.',
  '$&$1$`',
]

let server: TestServer
let raw: pg.Client
let reader: { readonly id: string; readonly token: string }

beforeAll(async () => {
  server = await startTestServer()
  const { id, client } = await server.addUser('Reader', 'sales_rep')
  reader = { id, token: client.token as string }
  raw = new pg.Client(server.database.url)
  await raw.connect()
})
afterAll(async () => {
  await raw?.end()
  await server?.close()
})

/** Without the words, and what is another one each time. */
const shape = ({ status, data, errors }: Answer) => ({
  status,
  data,
  errors: errors.map(({ message: _, extensions: { requestId: __, issues, ...rest }, ...error }) => ({
    ...error,
    ...rest,
    issues: (issues as Issue[] | undefined)?.map(({ message: ___, ...issue }) => issue),
  })),
})

describe.each(TRANSPORTS)('over %s', (transport) => {
  const speak = (language: string, query: string, variables = {}, token: string | null = server.admin.token) =>
    ask(transport, { url: server.url, token, header: language }, query, variables)

  test.each(LOOKALIKES)('%j is quoted as it is, in every language', async (text) => {
    const query = 'mutation ($input: CreateAccountInput!) { createAccount(input: $input) { account { id } } }'
    for (const language of ['en', 'zh']) {
      const { errors } = await speak(language, query, { input: { name: text, website: text } })
      const issue = (errors[0]?.extensions['issues'] as Issue[] | undefined)?.[0]
      expect(issue?.path).toEqual(['input', 'website'])
      expect(issue?.message).toContain(JSON.stringify(text))
    }
    expect(({} as { kind?: string }).kind).toBeUndefined()
  })

  test('a packed message in a value is a value, also in an answer that is kept', async () => {
    const packed = { kind: 'said', template: 'You are {0}.', values: [{ text: 'an administrator' }] }
    const name = JSON.stringify(packed)
    const query = 'mutation ($name: String!) { createAccount(input: {name: $name}) { account { name taxNumber } } }'
    const send = (language: string) =>
      ask('http', { url: server.url, token: reader.token, header: language }, query, { name }, { 'idempotency-key': `packed ${transport}` })
    for (const language of ['zh', 'en', 'zh']) {
      const { data, errors } = await send(language)
      expect(data.createAccount.account.name).toBe(name)
      expect(errors).toHaveLength(1)
      expect(errors[0]?.message).not.toContain('administrator')
    }
  })

  test('no language tells what another one hides', async () => {
    const nowhere = '01920000-0000-7000-8000-000000000002'
    const pairs = [
      // A hidden field, and one that there is not.
      ['{ accounts(filter: {taxNumber: {eq: "x"}}) { nodes { id } } }', '{ accounts(filter: {taxNumbeq: {eq: "x"}}) { nodes { id } } }'],
      [
        'mutation { createAccount(input: {name: "x", taxNumber: "1"}) { changeSetId } }',
        'mutation { createAccount(input: {name: "x", taxNumbeq: "1"}) { changeSetId } }',
      ],
      // A session of somebody else, and none.
      [`mutation { revokeSession(id: "${nowhere}") { session { id } } }`, `mutation { revokeSession(id: "${nowhere.replace(/2$/, '3')}") { session { id } } }`],
    ] as const
    for (const [hidden, unknown] of pairs) {
      for (const language of ['en', 'zh']) {
        const [one, other] = [await speak(language, hidden, {}, reader.token), await speak(language, unknown, {}, reader.token)]
        expect(one.errors.length).toBeGreaterThan(0)
        expect(other.errors.map(({ message }) => message)).toEqual(one.errors.map(({ message }) => message.replaceAll('taxNumber', 'taxNumbeq')))
      }
      expect(shape(await speak('zh', hidden, {}, reader.token))).toEqual(shape(await speak('en', hidden, {}, reader.token)))
    }
  })

  test('headers and parameters of any kind and size ask for English and cost nothing', async () => {
    const odd: readonly unknown[] = [
      7,
      {},
      [],
      { toString: 'zh' },
      true,
      'x'.repeat(60_000),
      `${'a'.repeat(301)},${'zh;q=1,'.repeat(7_000)}`,
      '\u0000zh',
      '中文;q=\u202e',
    ]
    for (const parameter of transport === 'ws' ? odd : odd.filter((each) => typeof each === 'string')) {
      const header = transport === 'http' ? encodeURI(String(parameter)).slice(0, 12_000) : undefined
      const began = performance.now()
      const { errors } = await ask(
        transport,
        { url: server.url, token: server.admin.token, ...(header !== undefined ? { header } : { parameter }) },
        '{ nothing }',
      )
      expect(errors[0]?.message).toBe('Cannot query field "nothing" on type "Query".')
      expect(performance.now() - began).toBeLessThan(2_000)
    }
  })

  test('what is masked is masked in every language', async () => {
    await raw.query('ALTER TABLE accounts RENAME COLUMN description TO secret_column')
    try {
      for (const language of ['en', 'zh']) {
        const { errors } = await speak(language, '{ accounts { nodes { description } } }')
        expect(errors[0]?.extensions.code).toBe('INTERNAL')
        expect(JSON.stringify(errors)).not.toMatch(/secret_|does not exist|relation|SELECT/i)
      }
    } finally {
      await raw.query('ALTER TABLE accounts RENAME COLUMN secret_column TO description')
    }
  })
})
