import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import pg from 'pg'
import { coreModules } from '../../src/entities/index.ts'
import { findDrift } from '../../src/records/metadata/index.ts'
import { codesOf } from '../support/client.ts'
import { contentOf } from '../support/content.ts'
import { databaseStructure } from '../support/database-state.ts'
import { eventually } from '../support/guanxi-process.ts'
import { METADATA, makeField } from '../support/metadata.ts'
import { PROVE } from '../support/nodes.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

/** How long somebody else holds the table, in milliseconds. */
const HELD = PROVE ? 30_000 : 1_200
/** What a request may wait for at most; people feel 300, a busy test machine more. */
const FELT = PROVE ? 300 : 1_000
/** Milliseconds for which a change of the impatient server waits for tables. */
const PATIENCE = 800

/** Fields that the changes begin with. */
const FIELDS = [
  { name: 'renamed', type: 'TEXT' },
  { name: 'filled', type: 'TEXT' },
  { name: 'key', type: 'TEXT' },
  { name: 'leaving', type: 'TEXT', required: true, default: 'x' },
  { name: 'converted', type: 'TEXT' },
]

type Ids = Readonly<Record<string, string>>
interface Kind {
  readonly name: string
  readonly send: (server: TestServer, ids: Ids) => ReturnType<TestServer['admin']['send']>
  /** Only rows of the metadata change: no table has to wait. */
  readonly free?: boolean
}

const created =
  (input: object): Kind['send'] =>
  ({ admin }) =>
    admin.send(METADATA.createField, { input: { module: 'account', ...input } })
const updated =
  (field: string, input: object): Kind['send'] =>
  ({ admin }, ids) =>
    admin.send(METADATA.updateField, { id: ids[field], input })
const KINDS: readonly Kind[] = [
  { name: 'a new field', send: created({ name: 'fresh', type: 'MONEY', indexed: true }) },
  { name: 'a new reference', send: created({ name: 'leading', type: 'REFERENCE', reference: { module: 'account', inverseName: 'led' } }) },
  {
    name: 'a new field in another module that leads here',
    send: ({ admin }) => admin.send(METADATA.createField, { input: { module: 'contact', name: 'leads', type: 'REFERENCE', reference: { module: 'account' } } }),
  },
  { name: 'a rename', send: updated('renamed', { name: 'renamedNow' }), free: true },
  { name: 'required with a default', send: updated('filled', { required: true, default: '值' }) },
  { name: 'unique', send: updated('key', { unique: true }) },
  { name: 'another type', send: updated('converted', { type: 'INTEGER' }) },
  { name: 'a deletion', send: ({ admin }, ids) => admin.send(METADATA.deleteField, { id: ids.leaving }) },
  {
    name: 'a new module that leads here',
    send: ({ admin }) =>
      admin.send(METADATA.createModule, {
        input: {
          name: 'thing',
          pluralName: 'things',
          fields: [
            { name: 'title', type: 'TEXT' },
            { name: 'of', type: 'REFERENCE', reference: { module: 'account' } },
          ],
        },
      }),
  },
]

/** A server with the fields, a record, and a connection that reads and writes the table in a transaction of its own. */
async function startHeld(metadataPatience?: number) {
  const server = await startTestServer(metadataPatience === undefined ? {} : { metadataPatience })
  const ids: Record<string, string> = {}
  for (const input of FIELDS) ids[input.name] = (await makeField(server.admin, { module: 'account', ...input })).id
  const { createAccount } = await server.admin.data('mutation { createAccount(input: {name: "One", type: "customer"}) { account { id } } }')
  const holder = new pg.Client({ connectionString: server.database.url })
  await holder.connect()
  return {
    server,
    ids,
    account: createAccount.account.id as string,
    hold: async () => {
      await holder.query('BEGIN')
      await holder.query('SELECT count(*) FROM accounts')
      // The lock of a writer, and no row.
      await holder.query('UPDATE accounts SET id = id WHERE false')
    },
    release: () => holder.query('ROLLBACK'),
    /** Until the work that a change leaves for later is done, which changes rows of the metadata too. */
    settled: () =>
      eventually(async () => {
        const { rows } = await holder.query(
          `SELECT FROM custom_slot WHERE NOT cleared UNION ALL SELECT FROM pg_constraint WHERE contype = 'f' AND NOT convalidated`,
        )
        return rows.length === 0
      }, 35_000),
    close: async () => {
      await holder.end()
      await server.close()
    },
  }
}

describe('a change of a table that is in use', () => {
  let held: Awaited<ReturnType<typeof startHeld>>
  beforeAll(async () => {
    held = await startHeld()
  })
  afterAll(() => held?.close())

  /** Sends requests one after the other until told to stop; answers how many, and the longest wait. */
  async function probe(send: (index: number) => Promise<unknown>, done: () => boolean): Promise<{ asked: number; longest: number }> {
    let longest = 0
    let asked = 0
    while (!done()) {
      const started = performance.now()
      await send(asked)
      longest = Math.max(longest, performance.now() - started)
      asked += 1
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    return { asked, longest }
  }

  test.each(KINDS)(
    '$name comes through when the others are done, and no reader and no writer waits for long meanwhile',
    async ({ send, free }) => {
      const { server, ids, account } = held
      await held.hold()
      let done = false
      let released = false
      let waited = false
      const change = send(server, ids).finally(() => {
        done = true
        waited = released
      })
      const release = new Promise((resolve) => setTimeout(resolve, HELD)).then(() => {
        released = true
        return held.release()
      })
      const over = () => done && released
      const create = 'mutation ($name: String!) { createAccount(input: {name: $name, type: "customer"}) { account { id } } }'
      const update = 'mutation ($id: ID!, $name: String!) { updateAccount(id: $id, input: {name: $name}) { account { id } } }'
      const probes = await Promise.all([
        probe(() => server.admin.data('{ accounts { totalCount } }'), over),
        probe((index) => server.admin.data(create, { name: `n${index}` }), over),
        probe((index) => server.admin.data(update, { id: account, name: `u${index}` }), over),
      ])
      await release
      expect(codesOf(await change)).toEqual([])
      for (const { asked, longest } of probes) {
        expect(asked).toBeGreaterThan(HELD / 400)
        expect(longest).toBeLessThan(FELT)
      }
      // Else nobody would have stood in its way.
      expect(waited).toBe(free !== true)
    },
    HELD + 60_000,
  )
})

describe('a change of a table that stays in use', () => {
  let held: Awaited<ReturnType<typeof startHeld>>
  beforeAll(async () => {
    held = await startHeld(PATIENCE)
  })
  afterAll(() => held?.close())

  test.each(KINDS.filter(({ free }) => free !== true))(
    '$name ends with UNAVAILABLE, nothing half-made, and is made later',
    async ({ send }) => {
      const { server, ids } = held
      const { url } = server.database
      await held.settled()
      const before = [await contentOf(url), await databaseStructure(url)]
      await held.hold()
      const answer = await send(server, ids)
      expect(codesOf(answer)).toEqual(['UNAVAILABLE'])
      expect(answer.errors[0]?.extensions.retryable).toBe(true)
      await held.release()
      expect([await contentOf(url), await databaseStructure(url)]).toEqual(before)
      expect(await findDrift(server.app.kernel.database, coreModules())).toEqual([])
      expect(codesOf(await send(server, ids))).toEqual([])
      expect(await findDrift(server.app.kernel.database, coreModules())).toEqual([])
    },
    60_000,
  )
})
