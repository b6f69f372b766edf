import { request } from 'node:http'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type Answer, type Issue, TRANSPORTS, type Transport } from '../support/client.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { ask, type Speaker } from './speaking.ts'

const CHINESE = /[一-鿿]/
/** Looks like a place of a sentence, or of code. */
const ODD = ['{0} $', '{x} $& 名称'].join('')
const NOBODY = '01890000-0000-7000-8000-000000000001'

let server: TestServer
let reader: string

beforeAll(async () => {
  server = await startTestServer()
  reader = (await server.addUser('Reader', 'read_only')).client.token as string
})

afterAll(() => server.close())

const admin = () => server.admin.token

/** What is refused, by whom it is asked, with what is told of it in both languages. */
const REFUSALS: readonly {
  readonly what: string
  readonly by: () => string | null
  readonly query: string
  readonly variables?: Readonly<Record<string, unknown>>
  readonly code: string
  readonly en: string
  readonly zh: string
}[] = [
  {
    what: 'an input that breaks a rule',
    by: admin,
    query: 'mutation { createAccount(input: {name: "Müller", website: "nowhere"}) { account { id } } }',
    code: 'VALIDATION_FAILED',
    en: 'website: "nowhere" is not a web address; write it in full, such as "https://example.com/page".',
    zh: 'website："nowhere" 不是网址；请写出完整网址，例如 "https://example.com/page"。',
  },
  {
    what: 'a right that is missing',
    by: () => reader,
    query: 'mutation { createAccount(input: {name: "Müller"}) { account { id } } }',
    code: 'FORBIDDEN',
    en: 'Your roles do not allow CREATE on account.',
    zh: '您的角色不允许对 account 执行 CREATE。',
  },
  {
    what: 'a record that is not there',
    by: admin,
    query: `mutation { deleteAccount(id: "${NOBODY}") { id } }`,
    code: 'NOT_FOUND',
    en: 'There is no account with this id, or you cannot read it.',
    zh: '不存在此 id 的 account，或您无权读取。',
  },
  {
    what: 'an id of no module',
    by: admin,
    query: '{ node(id: "nothing") { id } }',
    code: 'NOT_FOUND',
    en: 'There is no record with this id, or you cannot read it.',
    zh: '不存在此 id 的记录，或您无权读取。',
  },
  {
    what: 'an API key that is not there',
    by: admin,
    query: `mutation { revokeApiKey(id: "${NOBODY}") { apiKey { id } } }`,
    code: 'NOT_FOUND',
    en: 'There is no API key with this id, or you cannot read it.',
    zh: '不存在此 id 的 API 密钥，或您无权读取。',
  },
  {
    what: 'a role that is not there',
    by: admin,
    query: 'mutation { updateRole(key: "nothing", input: { name: "Nothing" }) { role { key } } }',
    code: 'NOT_FOUND',
    en: 'There is no role with this key.',
    zh: '没有此键的角色。',
  },
  {
    what: 'somebody who is not signed in',
    by: () => null,
    query: '{ accounts { totalCount } }',
    code: 'UNAUTHENTICATED',
    en: 'Sign in first: send `Authorization: Bearer <access token or API key>` (over WebSocket connectionParams.authorization). Without it a document may hold signIn and refreshSession, with plain fields of the user.',
    zh: '请先登录：发送 `Authorization: Bearer <访问令牌或 API 密钥>`（WebSocket 使用 connectionParams.authorization）。未登录时，文档只能包含 signIn 和 refreshSession，以及用户的普通字段。',
  },
  {
    what: 'a wrong password',
    by: () => null,
    query: 'mutation { signIn(input: {email: "nobody@test.guanxi.local", password: "not the one"}) { accessToken } }',
    code: 'UNAUTHENTICATED',
    en: 'E-mail address or password is wrong.',
    zh: '电子邮箱地址或密码错误。',
  },
  {
    what: 'a document that does not parse',
    by: admin,
    query: '{ accounts { ',
    code: 'GRAPHQL_PARSE_FAILED',
    en: 'Syntax Error: Expected Name, found <EOF>.',
    zh: '请求或其文档无法读取：Syntax Error: Expected Name, found <EOF>.',
  },
  {
    what: 'a field that there is not',
    by: admin,
    query: '{ accounts { nodes { nothing } } }',
    code: 'GRAPHQL_VALIDATION_FAILED',
    en: 'Cannot query field "nothing" on type "Account".',
    zh: '文档或其变量不符合 schema：Cannot query field "nothing" on type "Account".',
  },
  {
    what: 'a variable of another type',
    by: admin,
    query: 'query ($first: Int) { accounts(first: $first) { totalCount } }',
    variables: { first: 'many' },
    code: 'GRAPHQL_VALIDATION_FAILED',
    en: 'Variable "$first" got invalid value "many"; Int cannot represent non-integer value: "many"',
    zh: '文档或其变量不符合 schema：Variable "$first" got invalid value "many"; Int cannot represent non-integer value: "many"',
  },
  {
    what: 'a page that is too large',
    by: admin,
    query: '{ accounts(first: 501) { totalCount } }',
    code: 'LIMIT_EXCEEDED',
    en: 'first may be at most 500; 501 was asked. Page with after or before.',
    zh: 'first 最多为 500；请求值为 501。请用 after 或 before 翻页。',
  },
  {
    what: 'a document with too many aliases',
    by: admin,
    query: `{ ${Array.from({ length: 101 }, (_, index) => `a${index}: schemaVersion`).join(' ')} }`,
    code: 'LIMIT_EXCEEDED',
    en: 'The document has 101 aliases; 100 are allowed. Ask in several requests.',
    zh: '该文档有 101 个别名；最多允许 100 个。请分多次请求。',
  },
  {
    what: 'a cursor of another list',
    by: admin,
    query: '{ accounts(after: "nonsense") { totalCount } }',
    code: 'CURSOR_INVALID',
    en: 'The cursor is not one of this list. Take cursors from an answer of the same connection with the same order.',
    zh: '该游标不属于此列表。请使用同一列表以相同排序返回的游标。',
  },
]

/** Without what is another one each time. */
const shape = ({ errors }: Answer) =>
  errors.map(({ extensions: { requestId: _, issues, ...rest }, path, message: __ }) => ({
    path,
    ...rest,
    issues: (issues as Issue[] | undefined)?.map(({ message: ___, ...issue }) => issue),
  }))

describe.each(TRANSPORTS)('over %s', (transport: Transport) => {
  describe.each(REFUSALS)('$what', ({ by, query, variables = {}, code, en, zh }) => {
    const speak = (language: Partial<Speaker>) => ask(transport, { url: server.url, token: by(), ...language }, query, variables)

    test('is told in the language that is asked for, and in English else; all but the words is the same', async () => {
      const [plain, english, german, chinese] = await Promise.all([{}, { header: 'en-GB,zh;q=0.1' }, { header: 'de' }, { header: 'zh-CN,en;q=0.5' }].map(speak))
      for (const answer of [plain, english, german] as Answer[]) expect([answer.errors[0]?.extensions.code, answer.errors[0]?.message]).toEqual([code, en])
      const { errors, status } = chinese as Answer
      expect(errors[0]?.extensions.code).toBe(code)
      expect(errors[0]?.message).toContain(zh)
      expect(shape(chinese as Answer)).toEqual(shape(plain as Answer))
      expect(status).toBe((plain as Answer).status)
    })
  })

  test('all issues of many inputs are told in the language, with the same paths and codes', async () => {
    const inputs = [{ name: 'A' }, { name: '' }, { name: 'B', website: ODD }, { name: 'x'.repeat(600) }]
    const query = 'mutation ($input: [CreateAccountInput!]!) { createAccounts(input: $input) { accounts { id } } }'
    const speak = (header: string) => ask(transport, { url: server.url, token: admin(), header }, query, { input: inputs })
    const [english, chinese] = [await speak('en'), await speak('zh')]
    expect(shape(chinese)).toEqual(shape(english))
    const told = (answer: Answer) =>
      ((answer.errors[0]?.extensions['issues'] ?? []) as Issue[]).map(({ path, code, message }) => `${path.join('.')} ${code} ${message}`)
    expect(told(english)).toContain(`input.2.website URL website: "${ODD}" is not a web address; write it in full, such as "https://example.com/page".`)
    expect(told(chinese)).toContain(`input.2.website URL website："${ODD}" 不是网址；请写出完整网址，例如 "https://example.com/page"。`)
    expect(told(chinese)).toContain('input.3.name TOO_LONG name 有 600 个字符；最多允许 500 个。')
    expect(chinese.errors[0]?.message).toMatch(/^.*（另有 \d 项）$/)
  })

  test('a name that is hidden is told by the words of one that there is not', async () => {
    const told = async (query: string, name: string) => {
      const { errors } = await ask(transport, { url: server.url, token: reader, header: 'zh' }, query)
      return errors.map(({ message, extensions: { code } }) => [code, message.replaceAll(name, '*')])
    }
    const filtered = (name: string) => told(`{ accounts(filter: {${name}: {eq: "1"}}) { totalCount } }`, name)
    const grouped = (name: string) => told(`{ accountsAggregate(groupBy: [{${name}: true}]) { count } }`, name)
    for (const ask of [filtered, grouped]) {
      const hidden = await ask('taxNumber')
      expect(hidden).toEqual(await ask('noNumber'))
      expect(hidden[0]).toEqual(['GRAPHQL_VALIDATION_FAILED', expect.stringMatching(/^文档或其变量不符合 schema：Field "\*" is not defined by type/)])
    }
  })

  test('labels follow the request unless the document names a locale', async () => {
    const query = '{ module(name: "account") { label pluralLabel german: label(locale: "de") english: label(locale: "en") chinese: label(locale: "zh") } }'
    const labels = async (header?: string) => (await ask(transport, { url: server.url, token: admin(), ...(header && { header }) }, query)).data.module
    const fixed = { german: 'Account', english: 'Account', chinese: '客户' }
    expect(await labels()).toEqual({ label: 'Account', pluralLabel: 'Accounts', ...fixed })
    expect(await labels('zh-Hans')).toEqual({ label: '客户', pluralLabel: '客户', ...fixed })
  })

  test('what explains rights follows the request', async () => {
    const { users } = await server.admin.data('{ users(filter: {name: {eq: "Reader"}}) { nodes { id } } }')
    const query = 'query ($id: ID!) { explainAccess(userId: $id, module: "account", action: UPDATE) { allowed reasons } }'
    const explain = async (header: string) =>
      (await ask(transport, { url: server.url, token: admin(), header }, query, { id: users.nodes[0].id })).data.explainAccess
    expect(await explain('en')).toEqual({ allowed: false, reasons: ['The user holds the role read_only.', 'So UPDATE on account is not allowed.'] })
    expect(await explain('zh')).toEqual({ allowed: false, reasons: ['该用户拥有角色 read_only。', '因此不允许对 account 执行 UPDATE。'] })
  })

  test('administrators are told what is wrong with a field, and with an expression, in their language', async () => {
    const query = `mutation { createCustomField(input: {module: "account", name: "total", type: FORMULA, label: "T", formula: "nme & 1"}) { field { id } } }`
    const speak = async (header: string) => (await ask(transport, { url: server.url, token: admin(), header }, query)).errors[0]
    const [english, chinese] = [await speak('en'), await speak('zh')]
    expect(english?.message).toBe('There is no field nme. A text stands in quotes. (At character 1.)')
    expect(chinese?.message).toBe('没有字段 nme。文本须写在引号中。（位于第 1 个字符。）')
  })
})

describe('over WebSocket', () => {
  const query = `mutation { deleteAccount(id: "${NOBODY}") { id } }`
  const told = async (language: Partial<Speaker>) =>
    CHINESE.test((await ask('ws', { url: server.url, token: admin(), ...language }, query)).errors[0]?.message as string)

  test('the language of the connection wins over the header of its upgrade; what is no text says nothing', async () => {
    expect(await told({ parameter: 'zh-CN' })).toBe(true)
    expect(await told({ header: 'zh', parameter: 'en' })).toBe(false)
    expect(await told({ header: 'en', parameter: 'zh' })).toBe(true)
    expect(await told({ header: 'zh', parameter: 7 })).toBe(true)
    expect(await told({ header: 'zh', parameter: 'de' })).toBe(false)
  })
})

/** A request as it is, whose headers fetch would mend. */
function raw(path: string, options: { method?: string; headers?: Record<string, string>; body?: string | Buffer } = {}) {
  return new Promise<{ status: number; headers: Record<string, unknown>; body: string }>((resolve, reject) => {
    const { method = 'POST', headers = {}, body } = options
    const sent = request(`${server.url}${path}`, { agent: false, method, headers: { 'content-type': 'application/json', ...headers } }, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => {
        text += chunk
      })
      response.on('end', () => resolve({ status: response.statusCode as number, headers: response.headers, body: text }))
    })
    sent.on('error', reject)
    sent.end(body)
  })
}

describe('over HTTP', () => {
  const authorization = () => ({ authorization: `Bearer ${admin()}` })
  const body = JSON.stringify({ query: '{ schemaVersion }' })

  test('each answer says its language, and that it depends on the header, beside what else it depends on', async () => {
    for (const [language, expected] of [
      [undefined, 'en'],
      ['zh', 'zh-CN'],
      ['fr', 'en'],
    ] as const) {
      const headers = { ...authorization(), ...(language && { 'accept-language': language }) }
      const plain = await raw('/graphql', { headers, body })
      expect([plain.status, plain.headers['content-language'], plain.headers['vary']]).toEqual([200, expected, 'Origin, Accept-Language'])
      const fromPage = await raw('/graphql', { headers: { ...headers, origin: 'http://localhost:5173' }, body })
      expect([fromPage.headers['content-language'], fromPage.headers['vary']]).toEqual([expected, 'Origin, Accept-Language'])
      const refused = await raw('/graphql', { headers: { ...headers, 'content-type': 'text/plain' }, body })
      expect([refused.status, refused.headers['content-language'], refused.headers['vary']]).toEqual([415, expected, 'Origin, Accept-Language'])
    }
  })

  test.each([
    ['a body of another type', '/graphql', { headers: { 'content-type': 'text/plain' }, body: 'x' }, 415, '请求体必须为 application/json。'],
    ['a body that is too large', '/graphql', { body: `{"query":"${'x'.repeat(33 * 1024 * 1024)}"}` }, 413, '请求体超过'],
    ['a body that is no JSON', '/graphql', { body: '{' }, 400, '请求体不是有效的 JSON。'],
    ['an empty body', '/graphql', { body: '' }, 400, '请求体为空。请发送含有 `query` 成员的 JSON。'],
    ['a compressed body', '/graphql', { headers: { 'content-encoding': 'gzip' }, body: 'x' }, 415, '不接受压缩的请求体。'],
    ['a batch', '/graphql', { body: '[{"query":"{ schemaVersion }"}]' }, 400, '请求或其文档无法读取：'],
    ['a document without an end', '/graphql', { body: JSON.stringify({ query: 'x'.repeat(262_145) }) }, 413, '文档超过'],
    ['another method', '/graphql', { method: 'PUT', body: '{}' }, 405, '操作请用 POST 发送，查询也可用 GET。'],
    ['another path', '/nowhere', { method: 'GET' }, 404, '此处没有内容。API 位于 /graphql。'],
    [
      'a page of elsewhere',
      '/graphql',
      { method: 'OPTIONS', headers: { origin: 'https://evil.example', 'access-control-request-method': 'POST' } },
      403,
      '此来源的页面',
    ],
    ['a plugin that is not there', '/plugins/nothing/x', { method: 'GET' }, 404, '此处没有内容。'],
    [
      'a schema version that is none',
      '/graphql',
      { headers: { 'x-min-schema-version': 'new' }, body },
      400,
      'x-min-schema-version 必须是 schema 版本，例如 12。',
    ],
  ])(
    '%s is refused in the language',
    async (_, path, { headers = {}, ...options }: { headers?: Record<string, string>; method?: string; body?: string }, status, zh) => {
      const answers = await Promise.all(
        ['zh-CN', 'en'].map((language) => raw(path, { ...options, headers: { ...authorization(), ...headers, 'accept-language': language } })),
      )
      const [chinese, english] = answers.map((answer) => ({ ...answer, error: JSON.parse(answer.body).errors[0] }))
      expect([chinese?.status, english?.status]).toEqual([status, status])
      expect(chinese?.error.message).toContain(zh)
      expect(english?.error.message).not.toMatch(CHINESE)
      expect(chinese?.error.extensions.code).toBe(english?.error.extensions.code)
      expect(chinese?.headers['content-language']).toBe('zh-CN')
    },
  )

  test('a header that is garbage, or longer than any, asks for English and does no harm', async () => {
    for (const language of [';;q=', '*', ',,,', `${'a,'.repeat(5_000)}zh`, 'zh;q=0']) {
      const answer = await raw('/graphql', { headers: { ...authorization(), 'accept-language': language }, body: JSON.stringify({ query: '{ nothing }' }) })
      expect([answer.headers['content-language'], JSON.parse(answer.body).errors[0].message]).toEqual(['en', 'Cannot query field "nothing" on type "Query".'])
    }
  })

  test('an answer that is kept for a key is told in the language of whoever sends it again', async () => {
    const query = 'mutation { createAccount(input: {name: "Kept"}) { account { name taxNumber } } }'
    const { client } = await server.addUser('Seller', 'sales_rep')
    const send = (language: string) =>
      ask('http', { url: server.url, token: client.token, header: language }, query, {}, { 'idempotency-key': 'kept in any language' })
    const [first, again, third] = [await send('zh'), await send('en'), await send('zh')]
    expect([first, again, third].map(({ errors }) => errors[0]?.message)).toEqual([
      '您的角色无权查看 Account.taxNumber。',
      'Your roles do not show Account.taxNumber.',
      '您的角色无权查看 Account.taxNumber。',
    ])
    expect(again.errors[0]?.extensions.requestId).toBe(first.errors[0]?.extensions.requestId)
  })

  test('the audit keeps what was refused in English', async () => {
    await ask(
      'http',
      { url: server.url, token: reader, header: 'zh' },
      'mutation { createRole(input: {key: "x", name: "X", grants: [], fields: []}) { role { key } } }',
    )
    const { auditLog } = await server.admin.data('{ auditLog(first: 20) { nodes { action result details } } }')
    const refused = auditLog.nodes.find((node: { action: string; result: string }) => node.action === 'role.create' && node.result === 'FORBIDDEN')
    expect(refused.details.reason).toBe('Only administrators may do this.')
  })
})
