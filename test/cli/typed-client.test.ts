import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import pg from 'pg'
import WebSocket from 'ws'
import type * as Client from '../../assets/client/client.ts'
import { checkDocuments } from '../../src/cli/typed-client/check-documents.ts'
import { findDocuments } from '../../src/cli/typed-client/find-documents.ts'
import { readLiveSchema } from '../../src/cli/typed-client/live-schema.ts'
import { syncCommand } from '../../src/cli/typed-client/sync.ts'
import { graphqlTemplates } from '../../src/cli/typed-client/templates.ts'
import { forgetChanges } from '../../src/events/index.ts'
import type { TestClient } from '../support/client.ts'
import { eventually, runGuanxi } from '../support/guanxi-process.ts'
import { PROVE } from '../support/nodes.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { startTcpProxy } from '../support/tcp-proxy.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

let server: TestServer
let admin: TestClient
let rep: { readonly id: string; readonly client: TestClient }
let folder: string
let raw: pg.Client

beforeAll(async () => {
  server = await startTestServer()
  admin = server.admin
  raw = new pg.Client(server.database.url)
  await raw.connect()
  rep = await server.addUser('A rep', 'sales_rep')
  await admin.data(`mutation { createCustomField(input: {
    module: "account", name: "tier", type: SELECT, required: true, options: [{ value: "gold" }, { value: "it's \\"x\\"" }, { value: "old", retired: true }]
  }) { field { id } } }`)
  await admin.data(
    'mutation { createCustomField(input: { module: "account", name: "areas", type: MULTI_SELECT, options: [{ value: "north" }, { value: "south" }] }) { field { id } } }',
  )
}, 60_000)
afterAll(async () => {
  await raw?.end()
  await server?.close()
})

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'guanxi-typed-'))
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function put(files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
}

const read = (name: string): string => readFileSync(join(folder, name), 'utf8')

/** What the TypeScript compiler says of a program in the folder. */
function compile(...files: readonly string[]): string {
  const compiler = join(ROOT, 'node_modules/typescript/bin/tsc')
  const settings =
    '--noEmit --strict --exactOptionalPropertyTypes --noUncheckedIndexedAccess --verbatimModuleSyntax --skipLibCheck --target es2022 --lib es2023,dom --types node'
  const { stdout } = spawnSync(process.execPath, [compiler, ...settings.split(' '), '--module', 'nodenext', ...files], { cwd: folder, encoding: 'utf8' })
  return stdout
}

const sync = (token: string, role?: string) =>
  syncCommand({}, folder, ['app/**/*.{graphql,ts}'], { url: server.url, token, out: 'app/guanxi', ...(role !== undefined && { role }) })

const OPERATIONS = {
  'app/accounts.graphql': `
    query Accounts($filter: AccountFilter, $withOwner: Boolean = false) {
      accounts(first: 2, filter: $filter, orderBy: [{ name: ASC }]) {
        nodes { ...Card id2: id type tier areas annualRevenue { amount } owner @include(if: $withOwner) { id } contacts { nodes { name email } } }
        pageInfo { hasNextPage }
      }
    }
    mutation NewAccount($input: CreateAccountInput!) { createAccount(input: $input) { account { ...Card } changeSetId } }
    query Feed($after: String!) { changeCursor changes(after: $after) { cursor } }
    query AnyRecord($id: ID!) { node(id: $id) { __typename id ... on Account { name tier } ... on Record { displayName } ... on Contact { name wechat } } }
    fragment Card on Account { id name version tier }
  `,
  'app/live.ts': `import { gql } from 'some-client'
    const half = (a: number, b: number) => a / b // a comment with \`gql\`
    export const changed = gql<unknown, unknown>\`
      subscription Changed($filter: AccountFilter) { accountChanged(filter: $filter) { operation account { ...Card } } }
      \${'the fragment Card'}
    \`
    export const due = /* GraphQL */ \`subscription Due($from: String) { reminderDue(after: $from) { place: cursor reminder { id } } }\`
    export const version = graphql(\`query Version { schemaVersion me { id } }\`)
    declare function graphql(text: string): unknown
  `,
}

const USE = `
  import { createGuanxiClient, OperationError } from './guanxi/client.js'
  import { AccountsQueryDocument, type AccountsQuery, AnyRecordQueryDocument, ChangedSubscriptionDocument, FeedQueryDocument, NewAccountMutationDocument, VersionQueryDocument } from './guanxi/operations.js'
  import type { Account, AccountTierOption, CreateAccountInput } from './guanxi/schema.js'

  const client = createGuanxiClient({ url: 'http://127.0.0.1:4000/graphql', token: async () => 'x' })
  const page = await client.request(AccountsQueryDocument, { filter: { tier: { in: ['gold'] }, areas: { hasAny: ['north'] }, type: { eq: 'customer' }, contacts: { some: { name: { startsWith: 'A' } } } } })
  type Row = AccountsQuery['accounts']['nodes'][number]
  const name: string = page.accounts.nodes[0]!.name
  const tier: AccountTierOption | null = page.accounts.nodes[0]!.tier
  const areas: readonly ('north' | 'south')[] | null = page.accounts.nodes[0]!.areas
  const owner: { readonly id: string } | null | undefined = page.accounts.nodes[0]!.owner
  const contactName: string = page.accounts.nodes[0]!.contacts!.nodes[0]!.name
  const type: 'prospect' | 'customer' | 'partner' | 'supplier' | 'competitor' | 'other' = null as unknown as Row['type']
  await client.request(AccountsQueryDocument)
  const feed = await client.request(FeedQueryDocument, { after: 'x' })
  const cursors: [string, string] = [feed.changeCursor, feed.changes.cursor]
  await client.request(VersionQueryDocument)
  const made = await client.request(NewAccountMutationDocument, { input: { name: 'x', type: 'customer', tier: 'gold' } }, { idempotencyKey: 'k' })
  const id: string | undefined = made.createAccount.account?.id
  const found = await client.request(AnyRecordQueryDocument, { id: 'x' })
  if (found.node?.__typename === 'Account') { const t: AccountTierOption | null = found.node.tier }
  else if (found.node?.__typename === 'Contact') { const n: string | null = found.node.wechat }
  else if (found.node) { const d: string | null = found.node.displayName }
  client.subscribe(ChangedSubscriptionDocument, {}, { next: ({ accountChanged }, cursor: string | null) => { const c: string | undefined = accountChanged.account?.name }, error: (error: OperationError) => {} })
  const whole = (account: Account): [string, AccountTierOption | null, string | null] => [account.createdAt, account.tier, account.website]

  // @ts-expect-error: the name of an account is there, and is no number
  const wrongName: number = page.accounts.nodes[0]!.name
  // @ts-expect-error: records from before the field was required have no tier
  const wrongTier: AccountTierOption = page.accounts.nodes[0]!.tier
  // @ts-expect-error: the field was not asked for
  page.accounts.nodes[0]!.website
  // @ts-expect-error: there is no such choice
  await client.request(AccountsQueryDocument, { filter: { tier: { eq: 'silver' } } })
  // @ts-expect-error: a retired choice can be filtered by, but not chosen
  const input: CreateAccountInput = { name: 'x', type: 'customer', tier: 'old' }
  // @ts-expect-error: the variable is required
  await client.request(AnyRecordQueryDocument, {})
  // @ts-expect-error: only accounts have a tier
  if (found.node?.__typename === 'Lead') found.node.tier
`

describe('guanxi sync', () => {
  afterEach(() => rmSync(join(folder, 'app'), { recursive: true, force: true }))

  test('writes types that are as narrow as the role allows, and that a strict program compiles with', async () => {
    put({ ...OPERATIONS, 'app/use.ts': USE })
    await sync(rep.client.token as string)
    expect(compile('app/use.ts')).toBe('')
    // What the role does not see is in none of the files; an administrator gets the same for the role.
    expect(read('app/guanxi/schema.graphql')).not.toMatch(/createCustomField|auditLog/)
    const own = ['schema.graphql', 'schema.ts', 'operations.ts'].map((name) => read(`app/guanxi/${name}`))
    await sync(admin.token as string, 'sales_rep')
    expect(['schema.graphql', 'schema.ts', 'operations.ts'].map((name) => read(`app/guanxi/${name}`))).toEqual(own)
    await sync(admin.token as string)
    expect(read('app/guanxi/schema.graphql')).toMatch(/createCustomField/)
  }, 60_000)

  test('a new custom field is in the types, which compile at once', async () => {
    put({ ...OPERATIONS, 'app/more.graphql': 'query More { accounts { nodes { id } } }' })
    await sync(admin.token as string)
    const before = read('app/guanxi/schema.ts')
    await admin.data('mutation { createCustomField(input: { module: "account", name: "colour", type: SELECT, options: [{ value: "red" }] }) { field { id } } }')
    put({
      'app/more.graphql': 'query More { accounts { nodes { colour } } }',
      'app/use-more.ts': `import type { MoreQuery } from './guanxi/operations.js'
        export const colour: 'red' | null = null as unknown as MoreQuery['accounts']['nodes'][number]['colour']`,
    })
    const started = performance.now()
    await sync(admin.token as string)
    expect(compile('app/use-more.ts', 'app/guanxi/schema.ts')).toBe('')
    if (PROVE) expect(performance.now() - started).toBeLessThan(5_000)
    expect(read('app/guanxi/schema.ts')).not.toBe(before)
  }, 60_000)

  test.each([
    [{ 'app/a.graphql': 'query A { accounts { nodes { id nothing } } }' }, /app\/a\.graphql:1:33 gone: Cannot query field "nothing"/],
    [{ 'app/a.graphql': '{ me { id } }' }, /app\/a\.graphql:1 has an operation without a name/],
    [{ 'app/a.graphql': 'query A { me { id } }', 'app/b.ts': '\n\nconst a = gql`query a { me { id } }`' }, /app\/b\.ts:3 and app\/a\.graphql:1 have two/],
    [{ 'app/a.graphql': 'query A {' }, /app\/a\.graphql:1:10 invalid: Syntax Error/],
  ])('refuses documents that cannot be typed, and writes nothing: %j', async (files, says) => {
    put(files as Record<string, string>)
    await expect(sync(admin.token as string)).rejects.toThrow(says)
    expect(() => read('app/guanxi/schema.ts')).toThrow('ENOENT')
  })

  test('--watch writes anew when documents have changed', async () => {
    put({ 'app/a.graphql': 'query A { me { id } }' })
    const watching = runGuanxi(folder, `sync app/*.graphql --out app/guanxi --watch --url ${server.url}`, { GUANXI_TOKEN: admin.token as string })
    try {
      await watching.printed(/wrote .*operations\.ts.*\(1 operation\)/)
      put({ 'app/b.graphql': 'query B { me { id name } }' })
      await watching.printed(/wrote operations\.ts \(2 operations\)/)
      expect(read('app/guanxi/operations.ts')).toContain('BQueryDocument')
    } finally {
      watching.child.kill()
      await watching.finished
    }
  }, 60_000)

  test('says what is the matter with a server or a token', async () => {
    put({ 'app/a.graphql': 'query A { me { id } }' })
    await expect(sync('nonsense')).rejects.toThrow(/refuses to show its schema: .*not valid/)
    await expect(sync(rep.client.token as string, 'finance')).rejects.toThrow(/refuses to show its schema/)
    await expect(sync(admin.token as string, 'nobody')).rejects.toThrow(/There is no role/)
    await expect(syncCommand({}, folder, [], { out: 'x' })).rejects.toThrow(/GUANXI_TOKEN/)
    await expect(syncCommand({}, folder, [], { url: 'http://127.0.0.1:1', token: 'x', out: 'x' })).rejects.toThrow(/does not answer/)
  })
})

describe('the client', () => {
  let proxy: Awaited<ReturnType<typeof startTcpProxy>>
  let client: Client.GuanxiClient
  let operations: Readonly<Record<string, Client.TypedDocument<never, object>>>
  const target = () => ({ host: '127.0.0.1', port: Number(new URL(server.url).port) })
  const ids: string[] = []
  const wait = () => new Promise<void>((resolve) => setTimeout(resolve, 20))

  beforeAll(async () => {
    put(OPERATIONS)
    await sync(admin.token as string)
    const { createGuanxiClient } = (await import(join(folder, 'app/guanxi/client.ts'))) as typeof Client
    operations = (await import(join(folder, 'app/guanxi/operations.ts'))) as typeof operations
    proxy = await startTcpProxy(target())
    client = createGuanxiClient({ url: `http://127.0.0.1:${proxy.port}/graphql`, token: () => rep.client.token as string, webSocket: WebSocket, wait })
  }, 60_000)
  afterAll(async () => {
    await client?.close()
    await proxy?.close()
    rmSync(join(folder, 'app'), { recursive: true, force: true })
  })

  const document = (name: string) => operations[name] as Client.TypedDocument<never, object>
  const make = async (name: string): Promise<string> => {
    const { createAccount } = await rep.client.data('mutation ($input: CreateAccountInput!) { createAccount(input: $input) { account { id } } }', {
      input: { name, type: 'customer', tier: 'gold' },
    })
    ids.push(createAccount.account.id)
    return createAccount.account.id
  }

  test('asks, writes once for a key, and throws what the server says', async () => {
    const variables = { input: { name: 'By the client', type: 'customer', tier: 'gold' } }
    const options = { idempotencyKey: 'the same' }
    const made = [1, 2].map(() => client.request(document('NewAccountMutationDocument'), variables, options))
    const [one, other] = (await Promise.allSettled(made)).map((each) => (each.status === 'fulfilled' ? (each.value as object) : each.reason.code))
    const answer = [one, other].find((each) => typeof each === 'object')
    for (const each of [one, other]) expect(each).toEqual(each === 'IDEMPOTENCY_IN_PROGRESS' ? each : answer)
    expect(answer).toBeDefined()
    const page = (await client.request(document('AccountsQueryDocument'), { filter: { name: { eq: 'By the client' } } })) as { accounts: { nodes: object[] } }
    expect(page.accounts.nodes).toHaveLength(1)
    await expect(client.request(document('AnyRecordQueryDocument'), { id: 'no id' })).rejects.toMatchObject({ name: 'OperationError' })
    await expect(client.request(document('NewAccountMutationDocument'), { input: { name: '', type: 'customer' } })).rejects.toMatchObject({
      code: 'VALIDATION_FAILED',
      retryable: false,
    })
  })

  test('a subscription goes on after its last cursor, misses nothing while the connection is away, and is told when it must resync', async () => {
    const told: { operation: string; name: string | null }[] = []
    const [interruptions, resyncs, errors] = [[] as unknown[], [] as Client.Resync[], [] as unknown[]]
    let cursors: (string | null)[] = []
    const stop = client.subscribe(document('ChangedSubscriptionDocument'), { filter: { name: { startsWith: 'Change' } } }, {
      next: (data: { accountChanged: { operation: string; account: { name: string } | null } }, cursor: string | null) => {
        told.push({ operation: data.accountChanged.operation, name: data.accountChanged.account?.name ?? null })
        cursors.push(cursor)
      },
      interrupted: (reason: unknown) => interruptions.push(reason),
      resync: (resync: Client.Resync) => void resyncs.push(resync),
      error: (error: unknown) => errors.push(error),
    } as Client.SubscriptionHandlers<never>)
    const names = () => told.map(({ name }) => name)
    // It begins about now: until the first change is told, more of them are made.
    for (let index = 0; told.length === 0; index += 1) {
      await make(`Change before ${index}`)
      await eventually(async () => told.length > 0, 1_000).catch(() => {})
    }
    await eventually(async () => names().includes((told.at(-1) as { name: string }).name))
    told.length = 0
    cursors = []
    const { port } = proxy
    await proxy.close()
    for (const name of ['Change 1', 'Change 2', 'Change 3']) await make(name)
    await eventually(async () => interruptions.length > 1)
    expect(names()).toEqual([])
    proxy = await startTcpProxy(target(), port)
    await eventually(async () => names().length === 3, 20_000)
    proxy.cut()
    await make('Change 4')
    await eventually(async () => names().length === 4, 20_000)
    expect(names()).toEqual(['Change 1', 'Change 2', 'Change 3', 'Change 4'])
    expect(new Set(cursors).size).toBe(4)
    expect(resyncs).toEqual([])
    // What the reader may read changes: the server closes the socket, and the cursor leads nowhere.
    await admin.data('mutation ($user: ID!) { assignRole(userId: $user, roleKey: "read_only") { user { id } } }', { user: rep.id })
    await eventually(async () => resyncs.length === 1, 20_000)
    expect(resyncs[0]).toEqual({ code: 'RESYNC', cursor: expect.any(String) })
    await make('Change 5')
    await eventually(async () => names().includes('Change 5'), 20_000)
    expect(errors).toEqual([])
    stop()
    await make('Change 6')
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect(names()).not.toContain('Change 6')
  }, 60_000)

  test('tells of a cursor that is too old; without a handler for it, and by what would come again, the subscription ends', async () => {
    const old = (await rep.client.data('{ changeCursor }')).changeCursor
    await make('Later')
    // What has no place yet is not forgotten, and the cursor would still be good.
    await eventually(async () => (await raw.query('SELECT FROM outbox WHERE position IS NULL')).rowCount === 0)
    await raw.query("UPDATE outbox SET at = at - interval '8 days'")
    expect(await forgetChanges(server.app.kernel.database, new Date(Date.now() - 7 * 86_400_000))).toBeGreaterThan(0)
    const errorOf = (handlers: Partial<Client.SubscriptionHandlers<never>>, variables: object = {}, name = 'ChangedSubscriptionDocument') =>
      new Promise<unknown>((resolve) => {
        const stop: () => void = client.subscribe(document(name), variables, {
          next: () => {},
          error: (error) => resolve(error.code),
          ...handlers,
          ...(handlers.resync && {
            resync: ({ code }: Client.Resync) => {
              resolve({ told: code })
              stop()
            },
          }),
        })
      })
    expect(await errorOf({ after: old })).toBe('CURSOR_EXPIRED')
    expect(await errorOf({ after: old, resync: () => {} })).toEqual({ told: 'CURSOR_EXPIRED' })
    expect(await errorOf({ after: 'nonsense' })).toBe('CURSOR_INVALID')
    expect(await errorOf({}, { from: 'nonsense' }, 'DueSubscriptionDocument')).toBe('CURSOR_INVALID')
  }, 30_000)

  test('a token that is none ends a subscription, and does not try for ever', async () => {
    const { createGuanxiClient } = (await import(join(folder, 'app/guanxi/client.ts'))) as typeof Client
    const stranger = createGuanxiClient({ url: `${server.url}/graphql`, token: 'nonsense', webSocket: WebSocket, wait })
    const code = await new Promise((resolve) =>
      stranger.subscribe(document('ChangedSubscriptionDocument'), {}, { after: 'x', next: () => {}, error: (error) => resolve(error.code) }),
    )
    expect(code).toBe('UNAUTHENTICATED')
    await stranger.close()
  })

  test('needs no WebSocket until something is subscribed to', async () => {
    const { createGuanxiClient } = (await import(join(folder, 'app/guanxi/client.ts'))) as typeof Client
    const asking = createGuanxiClient({ url: `${server.url}/graphql`, token: admin.token as string, webSocket: {} })
    expect(await asking.request<{ me: object }, Record<string, never>>({ name: 'Me', kind: 'query', text: 'query Me { me { id } }', resume: null })).toEqual({
      me: { id: expect.any(String) },
    })
    expect(() => asking.subscribe(document('ChangedSubscriptionDocument'), {}, { next: () => {}, error: () => {} })).toThrow(/WebSocket/)
    await asking.close()
  })
})

describe('guanxi check', () => {
  /** Each line that a change breaks says how: `# gone`, `# hidden`, `# deprecated`. */
  const PLANTED = {
    'planted/queries.graphql': `query Deleted {
  assets {
    nodes {
      id
      title
      weight # gone: the field is deleted
    }
  }
}
query Ordered {
  assets(
    filter: { weight: { gt: 1 } } # gone: the field is deleted
    orderBy: [
      { weight: ASC } # gone: the field is deleted
    ]
  ) { totalCount }
}
query Other($filter: BoxFilter) { # gone: the module is deleted
  boxes(filter: $filter) { totalCount } # gone: the module is deleted
}
query Shape {
  assets { nodes {
    colour # gone: it has members now, of which one must be chosen
  } }
}
query Renamed {
  assets { nodes {
    label # deprecated: the field has another name
  } }
}
query Hidden { accounts { nodes { name
  website # hidden: from the role
  contacts { totalCount } # hidden: the role does not read contacts any more
} } }
`,
    'planted/writes.tsx': `import { gql } from 'some-client'
export const Row = () => <b title="don't">{\`\${1}\`} it's</b>
const NEW = gql\`
  mutation New($id: ID!) {
    one: createAsset(input: {
      label: "x" # deprecated: the field has another name
      title: "y"
      grade: "b" # gone: the choice is retired
    }) { asset { id } }
    updateAsset(id: $id, input: {
      weight: 1 # gone: the field is deleted
    }) { asset { ...Shown } }
    deleteAccount(id: $id) { id } # hidden: the role may not delete any more
  }
  \${Row}
\`
export const LIVE = graphql(/* GraphQL */ \`
  subscription Live {
    boxChanged { id } # gone: the module is deleted
  }\`)
export const SHOWN = gql\`fragment Shown on Asset {
  id
  weight # gone: the field is deleted
}\`
export const LOST = gql\`
  fragment Lost on Box { # gone: the module is deleted
    id
  }\`
declare function graphql(text: string): unknown
`,
    'planted/relay.ts': `export const list = graphql\`
  fragment list_assets on Query @refetchable(queryName: "More") @argumentDefinitions(count: { type: "Int", defaultValue: 2 }, cursor: { type: "String" }) {
    assets(first: $count, after: $cursor) @connection(key: "list_assets") { edges { node { id } } }
  }\`
`,
  }
  const options = () => ({ url: server.url, token: admin.token as string, role: 'stranger' })

  /** Places and kinds that the files promise. */
  const promised = (): string[] =>
    Object.entries(PLANTED)
      .flatMap(([file, text]) =>
        text.split('\n').flatMap((line, index) => [...line.matchAll(/# (gone|hidden|deprecated):/g)].map(([, kind]) => `${file}:${index + 1} ${kind}`)),
      )
      .sort()
  const found = async (): Promise<string[]> => {
    const findings = checkDocuments(await findDocuments(folder, ['planted/**'], []), await readLiveSchema(options()), 'stranger')
    return [...new Set(findings.map(({ file, line, kind }) => `${file}:${line} ${kind}`))].sort()
  }

  test('finds each of the changes that break documents, on its line', async () => {
    const module = (name: string, pluralName: string, fields: string) =>
      admin.data(
        `mutation { createCustomModule(input: { name: "${name}", pluralName: "${pluralName}", label: "${name}", fields: [${fields}] }) { module { name } } }`,
      )
    await module('box', 'boxes', '{ name: "name", type: TEXT }')
    await module(
      'asset',
      'assets',
      `{ name: "title", type: TEXT }, { name: "weight", type: INTEGER }, { name: "colour", type: TEXT }, { name: "label", type: TEXT },
       { name: "grade", type: SELECT, options: [{ value: "a" }, { value: "b" }] }`,
    )
    const grants = (actions: string, contacts: string) => `grants: [
      { module: "account", actions: [${actions}], scope: ALL }, { module: "asset", actions: [CREATE, READ, UPDATE], scope: ALL }, { module: "box", actions: [READ], scope: ALL } ${contacts}]`
    await admin.data(`mutation { createRole(input: { key: "stranger", name: "Stranger",
      ${grants('READ, DELETE', ', { module: "contact", actions: [READ], scope: ALL }')}, fields: [] }) { role { key } } }`)
    put(PLANTED)
    expect(await found()).toEqual([])

    await admin.data('mutation { deleteCustomModule(name: "box") { module { name } } }')
    const change = (name: string, input: string) =>
      admin.data(`mutation { updateCustomField(module: "asset", name: "${name}", input: { ${input} }) { field { id } } }`)
    const remove = (name: string) => admin.data(`mutation { deleteCustomField(module: "asset", name: "${name}") { field { id } } }`)
    await remove('weight')
    await remove('colour')
    await admin.data('mutation { createCustomField(input: { module: "asset", name: "colour", type: MONEY }) { field { id } } }')
    await change('label', 'name: "caption"')
    await change('grade', 'options: [{ value: "a" }]')
    await admin.data(
      `mutation { updateRole(key: "stranger", input: { ${grants('READ', '').replace(', { module: "box", actions: [READ], scope: ALL }', '')}, fields: [{ module: "account", field: "website", access: HIDDEN }] }) { role { key } } }`,
    )
    expect(promised().length).toBeGreaterThan(12)
    expect(await found()).toEqual(promised())
  }, 60_000)

  test('the command prints them for people and for programs, and its exit code says what it found', async () => {
    const check = async (more: string) => {
      const { code, stdout, stderr } = await runGuanxi(folder, `check --url ${server.url} --role stranger ${more}`, { GUANXI_TOKEN: admin.token as string })
        .finished
      return { code, stdout, stderr }
    }
    const told = await check('planted/**')
    expect(told).toMatchObject({ code: 1, stderr: '' })
    expect(told.stdout).toContain('planted/queries.graphql:6:7 gone: Cannot query field "weight" on type "Asset".\n')
    expect(told.stdout).toMatch(/planted\/queries.graphql:32:3 hidden: Cannot query field "website" .* hidden from the role stranger\.\n/)
    expect(told.stdout).toMatch(/planted\/writes.tsx:8:14 gone: "b" is a retired choice of asset\.grade\.\n/)
    put({ 'planted/old.graphql': 'query Old { assets { nodes { label } } }', 'planted/new.graphql': 'query New { assets { nodes { caption } } }' })
    const { code, stdout } = await check('planted/old.graphql planted/new.graphql --json')
    const finding = { file: 'planted/old.graphql', line: 1, column: 30, kind: 'deprecated', reason: expect.stringContaining('caption') }
    expect([code, JSON.parse(stdout)]).toEqual([1, { files: 2, findings: [finding] }])
    expect((await check('planted/old.graphql --allow-deprecated')).code).toBe(0)
    expect(await check('nowhere/**')).toMatchObject({ code: 2, stderr: expect.stringContaining('No documents there') })
  }, 60_000)

  test('templates are found in whatever surrounds them', () => {
    const texts = (source: string): string[] => graphqlTemplates(source).map(({ text }) => text.trim())
    expect(texts('const a = gql`{ a }`, b = graphql(`{ b }`), c = /* GraphQL */ `{ c }`, d = other`{ d }`, e = gql<A<B>, C>`{ e }`')).toEqual([
      '{ a }',
      '{ b }',
      '{ c }',
      '{ e }',
    ])
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is a program
    expect(texts('// gql`{ a }`\nconst r = /[`]/, s = "gql`{ b }`", t = `${gql`{ c }`} ${`x${gql`{ d }`}`}`')).toEqual(['{ c }', '{ d }'])
    expect(texts("const f = <T,>(x: T) => x\nconst g = gql`{ g }`\nconst h = <p>it's {gql`{ h }`} </p>")).toEqual(['{ g }', '{ h }'])
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is a program
    const put = '${b.map((c) => `${c}`)}'
    const source = `x\n  gql\`\n a ${put} d\n\``
    expect(graphqlTemplates(source)).toEqual([{ offset: source.indexOf('`') + 1, text: `\n a ${' '.repeat(put.length)} d\n` }])
  })
})
