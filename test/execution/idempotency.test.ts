import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import pg from 'pg'
import { type Answer, codesOf, createTestClient, post, type TestClient } from '../support/client.ts'
import { contentOf } from '../support/content.ts'
import { openTestDatabase, TEST_PASSWORD } from '../support/database.ts'
import { eventually } from '../support/guanxi-process.ts'
import { type NodeProcess, startNode } from '../support/nodes.ts'
import { ROLES } from '../support/role-documents.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { startTcpProxy } from '../support/tcp-proxy.ts'

const CREATE = 'mutation Create($name: String!) { createAccount(input: {name: $name}) { account { id name version createdAt } changeSetId } }'
const HOUR = 3_600_000

/** Sends over HTTP with a key. */
const sendKeyed = (client: TestClient, key: string, query: string, variables: object = {}): Promise<Answer> =>
  client.send(query, { ...variables }, { headers: { 'idempotency-key': key } })

/** The same over WebSocket. */
const sendOverSocket = (
  client: TestClient,
  key: unknown,
  query: string,
  variables: Record<string, unknown> = {},
): Promise<{ data?: unknown; errors?: readonly unknown[] }> =>
  new Promise((resolve, reject) => {
    let told = {}
    client
      .socket()
      .subscribe(
        { query, variables, extensions: { idempotencyKey: key } },
        { next: (value) => (told = value), error: (errors) => (Array.isArray(errors) ? resolve({ errors }) : reject(errors)), complete: () => resolve(told) },
      )
  })

describe('mutations with an Idempotency-Key', () => {
  let server: TestServer
  let raw: pg.Client
  let moved = 0

  beforeAll(async () => {
    server = await startTestServer({ now: () => new Date(Date.now() + moved) })
    raw = new pg.Client(server.database.url)
    await raw.connect()
  })

  afterAll(async () => {
    await raw.end()
    await server.close()
  })

  const accounts = async (name: string): Promise<number> => {
    const { rows } = await raw.query('SELECT count(*)::int AS count FROM accounts WHERE name = $1', [name])
    return rows[0].count
  }

  test('what is sent again is not done again, and is answered alike over HTTP and WebSocket, also by another order of variables', async () => {
    const key = randomUUID()
    const query = 'mutation ($a: String!, $b: String!) { createAccount(input: {name: $a, website: $b}) { account { id version website } changeSetId } }'
    const first = await sendKeyed(server.admin, key, query, { a: 'Once', b: 'https://example.com' })
    expect(first).toMatchObject({ status: 200, errors: [] })
    const before = await contentOf(server.database.url)
    expect(await sendKeyed(server.admin, key, query, { b: 'https://example.com', a: 'Once' })).toEqual(first)
    // RFC 8941 writes strings in quotes.
    expect(await sendKeyed(server.admin, `"${key}"`, query, { a: 'Once', b: 'https://example.com' })).toEqual(first)
    expect((await sendOverSocket(server.admin, key, query, { a: 'Once', b: 'https://example.com' })).data).toEqual(first.data)
    expect(await contentOf(server.database.url)).toEqual(before)
    expect(await accounts('Once')).toBe(1)
  })

  test('it costs two statements the first time, and one transaction of two afterwards', async () => {
    const key = randomUUID()
    const plain = await server.statementsOf(() => server.admin.send(CREATE, { name: 'Counted' }))
    const first = await server.statementsOf(() => sendKeyed(server.admin, key, CREATE, { name: 'Counted' }))
    const again = await server.statementsOf(() => sendKeyed(server.admin, key, CREATE, { name: 'Counted' }))
    expect(first.length - plain.length).toBe(2)
    expect(again.map(({ purpose }) => purpose)).toEqual(['transaction', 'record', 'platform', 'transaction'])
  })

  test('of fifty that come at once one is carried out; the others get its answer or are told to wait', async () => {
    const key = randomUUID()
    const answers = await Promise.all(Array.from({ length: 50 }, () => sendKeyed(server.admin, key, CREATE, { name: 'Fifty' })))
    const done = answers.filter(({ errors }) => errors.length === 0)
    expect(done.length).toBeGreaterThan(0)
    for (const answer of done) expect(answer).toEqual(done[0])
    for (const answer of answers) if (answer.errors.length > 0) expect([answer.status, codesOf(answer)]).toEqual([409, ['IDEMPOTENCY_IN_PROGRESS']])
    expect(await accounts('Fifty')).toBe(1)
    expect(await sendKeyed(server.admin, key, CREATE, { name: 'Fifty' })).toEqual(done[0])
  })

  test('another body under a key that was used is refused', async () => {
    const key = randomUUID()
    await sendKeyed(server.admin, key, CREATE, { name: 'Body' })
    const before = await contentOf(server.database.url)
    for (const [query, name] of [
      [CREATE, 'Other body'],
      [CREATE.replace('version', 'updatedAt'), 'Body'],
    ] as const) {
      const answer = await sendKeyed(server.admin, key, query, { name })
      expect([answer.status, codesOf(answer), answer.data]).toEqual([422, ['IDEMPOTENCY_MISMATCH'], null])
    }
    expect(await contentOf(server.database.url)).toEqual(before)
  })

  test('what was rolled back is not kept: it is tried again', async () => {
    const key = randomUUID()
    const sku = `S-${randomUUID()}`
    const query = 'mutation ($sku: String!) { createProduct(input: {name: "Kept", sku: $sku}) { product { id } } }'
    const { createProduct } = await server.admin.data(query, { sku })
    expect(codesOf(await sendKeyed(server.admin, key, query, { sku }))).toEqual(['DUPLICATE'])
    await server.admin.data('mutation ($id: ID!, $sku: String!) { updateProduct(id: $id, input: {sku: $sku}) { changeSetId } }', {
      id: createProduct.product.id,
      sku: `${sku}-old`,
    })
    const done = await sendKeyed(server.admin, key, query, { sku })
    expect(done.errors).toEqual([])
    expect(await sendKeyed(server.admin, key, query, { sku })).toEqual(done)
  })

  test('a dry run keeps nothing', async () => {
    const key = randomUUID()
    const query = 'mutation { createAccount(input: {name: "Dry"}, dryRun: true) { account { name } } }'
    const before = await contentOf(server.database.url)
    for (let time = 0; time < 2; time += 1)
      expect(await sendKeyed(server.admin, key, query)).toMatchObject({ errors: [], data: { createAccount: { account: { name: 'Dry' } } } })
    expect(await contentOf(server.database.url)).toEqual(before)
  })

  test.each(['', '""', 'ü', 'x'.repeat(256)])('a key that is none: %j', async (key) => {
    const answer = await sendOverSocket(server.admin, key, CREATE, { name: 'No key' })
    expect(answer.errors).toMatchObject([{ extensions: { code: 'VALIDATION_FAILED', issues: [{ path: ['idempotencyKey'], code: 'FORMAT' }] } }])
    expect(await accounts('No key')).toBe(0)
  })

  test('queries take no notice of a key', async () => {
    const key = randomUUID()
    expect((await sendKeyed(server.admin, key, '{ me { name } }')).errors).toEqual([])
    expect((await sendKeyed(server.admin, key, CREATE, { name: 'After a query' })).errors).toEqual([])
  })

  test("keys of one user are no matter of another one, nor of the user's API keys", async () => {
    const key = randomUUID()
    const rep = await server.addUser('Keyed Rep', 'sales_rep')
    const made = await rep.client.data('mutation { createApiKey(input: {name: "partner"}) { secret } }')
    const partner = createTestClient(server.url, made.createApiKey.secret)
    const ids = new Set<string>()
    for (const client of [server.admin, rep.client, partner]) {
      const answer = await sendKeyed(client, key, CREATE, { name: 'Three of a kind' })
      expect(answer.errors).toEqual([])
      ids.add((answer.data as { createAccount: { account: { id: string } } }).createAccount.account.id)
    }
    expect(ids.size).toBe(3)
  })

  test('an answer is not shown to whom less is shown now, nor in clear to whoever reads the database', async () => {
    const key = randomUUID()
    const rep = await server.addUser('Degraded Rep', 'sales_rep')
    const name = `Sealed ${randomUUID()}`
    expect((await sendKeyed(rep.client, key, CREATE, { name })).errors).toEqual([])
    const { rows } = await raw.query('SELECT response FROM idempotency_record WHERE key = $1', [key])
    expect(rows).toHaveLength(1)
    expect(rows[0].response.includes(Buffer.from(name))).toBe(false)
    expect(rows[0].response.includes(Buffer.from('createAccount'))).toBe(false)
    const role = {
      key: 'narrow_keys',
      name: 'Narrow keys',
      grants: [{ module: 'account', actions: ['READ', 'CREATE'], scope: 'OWN' }],
      fields: [{ module: 'account', field: 'industry', access: 'HIDDEN' }],
    }
    await server.admin.data(ROLES.create, { input: role })
    await server.admin.data(ROLES.assign, { id: rep.id, key: 'narrow_keys' })
    await server.admin.data(ROLES.unassign, { id: rep.id, key: 'sales_rep' })
    const again = await sendKeyed(rep.client, key, CREATE, { name })
    expect([codesOf(again), again.data]).toEqual([['FORBIDDEN'], null])
    expect(JSON.stringify(again)).not.toContain(name)
    expect(await accounts(name)).toBe(1)
  })

  test('an answer is not shown where a record of it, be it related, is not shown any more, whatever else is', async () => {
    const share = async (id: string, userId: string): Promise<string> =>
      (
        await server.admin.data('mutation ($input: ShareRecordInput!) { shareRecord(input: $input) { share { id } } }', {
          input: { module: 'account', recordId: id, userId, level: 'WRITE' },
        })
      ).shareRecord.share.id
    const rep = await server.addUser('Shared with', 'sales_rep')
    const made = await server.admin.data(`mutation { a: createAccount(input: {name: "Shared A", phone: "+4930123456"}) { account { id } }
      b: createAccount(input: {name: "Shared B"}) { account { id } }
      own: createAccount(input: {name: "Own", owner: {id: "${rep.id}"}, ref: "own"}) { account { id } }
      contact: createContact(input: {name: "Related", owner: {id: "${rep.id}"}, account: {ref: "own"}}) { contact { id } } }`)
    const [a, b] = [made.a.account.id, made.b.account.id]
    const shares = [await share(a, rep.id), await share(b, rep.id)]
    const update = (id: string) =>
      `mutation { updateAccount(id: "${id}", input: {industry: "retail"}) { account { name phone { e164 } contacts { nodes { name } } } } }`
    const keys = new Map([a, b, made.own.account.id].map((id: string) => [id, randomUUID()]))
    const again = async (id: string) => {
      const key = keys.get(id) as string
      const [overHttp, overSocket] = [await sendKeyed(rep.client, key, update(id)), await sendOverSocket(rep.client, key, update(id))]
      expect(overSocket.data ?? null).toEqual(overHttp.data)
      return [codesOf(overHttp), overHttp.data?.updateAccount.account.contacts.nodes ?? null]
    }
    for (const id of keys.keys()) expect((await again(id))[0]).toEqual([])
    expect(await again(made.own.account.id)).toEqual([[], [{ name: 'Related' }]])
    await server.admin.data('mutation ($id: ID!) { unshareRecord(id: $id) { share { id } } }', { id: shares[0] })
    expect([await again(a), (await again(b))[0]]).toEqual([[['FORBIDDEN'], null], []])
    await server.admin.data(`mutation { updateContact(id: "${made.contact.contact.id}", input: {owner: null}) { changeSetId } }`)
    expect([await again(made.own.account.id), (await again(b))[0]]).toEqual([[['FORBIDDEN'], null], []])
  })

  test('a kept answer opens in its own place alone', async () => {
    const [one, other] = [randomUUID(), randomUUID()]
    await sendKeyed(server.admin, one, CREATE, { name: 'Place one' })
    await sendKeyed(server.admin, other, CREATE, { name: 'Place one' })
    await raw.query('UPDATE idempotency_record SET response = (SELECT response FROM idempotency_record WHERE key = $1) WHERE key = $2', [one, other])
    expect(codesOf(await sendKeyed(server.admin, other, CREATE, { name: 'Place one' }))).toEqual(['FORBIDDEN'])
  })

  test('showing a sensitive field again stands in the audit again', async () => {
    const key = randomUUID()
    const query = 'mutation { createTicket(input: {subject: "Shown twice", description: "Not for everybody"}) { ticket { id description } } }'
    const reads = async (): Promise<number> => {
      const { rows } = await raw.query(
        "SELECT coalesce(sum((details ->> 'operations')::int), count(*))::int AS count FROM audit_log WHERE action = 'ticket.read'",
      )
      return rows[0].count
    }
    const first = await sendKeyed(server.admin, key, query)
    expect(first.errors).toEqual([])
    await eventually(async () => (await reads()) > 0)
    const before = await reads()
    expect(await sendKeyed(server.admin, key, query)).toEqual(first)
    await eventually(async () => (await reads()) > before)
  })

  test('mutations beside records are done once too, and failed ones are not kept', async () => {
    const key = randomUUID()
    const input = { key: 'kept_role', name: 'Kept role', grants: [] }
    const failing = { key: 'kept role', name: 'Not a key', grants: [] }
    const failed = randomUUID()
    expect(codesOf(await sendKeyed(server.admin, failed, ROLES.create, { input: failing }))).toEqual(['VALIDATION_FAILED'])
    expect((await raw.query('SELECT FROM idempotency_record WHERE key = $1', [failed])).rowCount).toBe(0)
    const first = await sendKeyed(server.admin, key, ROLES.create, { input })
    expect(first.errors).toEqual([])
    expect(await sendKeyed(server.admin, key, ROLES.create, { input })).toEqual(first)
    expect(codesOf(await sendKeyed(server.admin, key, ROLES.create, { input: { ...input, name: 'Other' } }))).toEqual(['IDEMPOTENCY_MISMATCH'])
    expect(codesOf(await server.admin.send(ROLES.create, { input }))).not.toEqual([])
  })

  test('one that began in a process that was lost waits, and can be run again after two minutes', async () => {
    const key = randomUUID()
    const input = { key: 'lost_role', name: 'Lost role', grants: [] }
    expect((await sendKeyed(server.admin, key, ROLES.create, { input })).errors).toEqual([])
    // As a process leaves it that ended before it did anything.
    await raw.query("UPDATE idempotency_record SET response = '' WHERE key = $1", [key])
    await raw.query("DELETE FROM role WHERE key = 'lost_role'")
    expect(codesOf(await sendKeyed(server.admin, key, ROLES.create, { input }))).toEqual(['IDEMPOTENCY_IN_PROGRESS'])
    moved += 121_000
    const again = await sendKeyed(server.admin, key, ROLES.create, { input })
    expect(again.errors).toEqual([])
    expect(await sendKeyed(server.admin, key, ROLES.create, { input })).toEqual(again)
  })

  test.each([
    ['signIn', 'mutation ($email: String!, $password: String!) { signIn(input: {email: $email, password: $password}) { accessToken } }'],
    ['createApiKey', 'mutation { createApiKey(input: {name: "keyed"}) { secret } }'],
  ])('%s, whose answer is a secret, takes no key', async (_name, query) => {
    const before = await contentOf(server.database.url)
    const variables = query.includes('$email') ? { email: 'admin@guanxi.local', password: TEST_PASSWORD } : {}
    for (const token of [server.admin.token, null]) {
      const answer = await post(server.url, { query, variables }, { 'idempotency-key': randomUUID(), ...(token && { authorization: `Bearer ${token}` }) })
      if (token || query.includes('signIn'))
        expect(answer.errors[0]?.extensions).toMatchObject({ code: 'VALIDATION_FAILED', issues: [{ code: 'NOT_APPLICABLE' }] })
      else expect(codesOf(answer)).toEqual(['UNAUTHENTICATED'])
    }
    expect(await contentOf(server.database.url)).toEqual(before)
  })

  test('after its time a key is as good as new', async () => {
    const key = randomUUID()
    await sendKeyed(server.admin, key, CREATE, { name: 'In time' })
    moved += 25 * HOUR
    const admin = await server.signIn('admin@guanxi.local')
    const later = await sendKeyed(admin, key, CREATE, { name: 'Out of time' })
    expect(later.errors).toEqual([])
    expect(await accounts('Out of time')).toBe(1)
    expect(await sendKeyed(admin, key, CREATE, { name: 'Out of time' })).toEqual(later)
  })
})

test('a process that is killed between the commit and the answer: who sends again gets the answer, and it was done once', async () => {
  const database = await openTestDatabase()
  const [raw, locker] = [new pg.Client(database.url), new pg.Client(database.url)]
  await Promise.all([raw.connect(), locker.connect()])
  const first = await startNode(database.url)
  const way = await startTcpProxy({ host: '127.0.0.1', port: Number(new URL(first.url).port) })
  const key = randomUUID()
  const send = (url: string) =>
    fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${first.admin.token}`, 'idempotency-key': key },
      body: JSON.stringify({ query: CREATE, variables: { name: 'Killed' } }),
    })
  const killed = async (): Promise<number> => (await raw.query("SELECT count(*)::int AS count FROM accounts WHERE name = 'Killed'")).rows[0].count
  let second: NodeProcess | undefined
  try {
    // The operation waits for this lock while the way of its answer is closed.
    await locker.query('BEGIN')
    await locker.query('LOCK TABLE idempotency_record IN SHARE MODE')
    const lost = send(`http://127.0.0.1:${way.port}`).then(
      () => 'answered',
      () => 'lost',
    )
    await eventually(async () => {
      const { rows } = await raw.query("SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'INSERT INTO idempotency_record%'")
      return rows.length > 0
    })
    way.freeze()
    expect(await killed()).toBe(0)
    await locker.query('COMMIT')
    await eventually(async () => (await killed()) === 1)
    process.kill(first.pid, 'SIGKILL')
    way.cut()
    expect(await lost).toBe('lost')
    second = await startNode(database.url)
    const answers = []
    for (let time = 0; time < 2; time += 1) answers.push(await (await send(second.url)).text())
    expect(JSON.parse(answers[0] as string).data.createAccount.account.name).toBe('Killed')
    expect(answers[1]).toBe(answers[0])
    expect(await killed()).toBe(1)
  } finally {
    await way.close()
    await first.close()
    await second?.close()
    await Promise.all([raw.end(), locker.end()])
    await database.close()
  }
}, 60_000)
