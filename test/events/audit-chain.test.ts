import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import pg from 'pg'
import { connectStamper, startStamper } from '../../src/events/index.ts'
import { checkpointKey, verifyAudit } from '../../src/records/audit/index.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

const KEY = checkpointKey({ id: 'tests', secret: new Uint8Array(32).fill(7) })
const ROWS = 40

describe('the audit log', () => {
  let server: TestServer
  let client: pg.Client

  beforeAll(async () => {
    server = await startTestServer()
    for (let index = 0; index < ROWS; index += 1)
      await server.admin.data(`mutation { createAccount(input: {name: "账户 ${index}", type: "customer"}) { changeSetId } }`)
    client = new pg.Client(server.database.url)
    await client.connect()
    // From here on the log stands still; the server's own checkpoint gives way to one whose key is known here.
    await server.admin.close()
    await server.app.close()
    await client.query('DELETE FROM audit_checkpoint')
    await stampOn(new Date('2026-05-01T10:00:00.000Z'))
    await client.query(`CREATE TABLE kept_log AS SELECT * FROM audit_log`)
    await client.query(`CREATE TABLE kept_stamper AS SELECT * FROM stamper`)
    await client.query(`CREATE TABLE kept_checkpoint AS SELECT * FROM audit_checkpoint`)
  }, 60_000)
  afterEach(async () => {
    await client.query('BEGIN')
    for (const [table, kept] of [
      ['audit_log', 'kept_log'],
      ['stamper', 'kept_stamper'],
      ['audit_checkpoint', 'kept_checkpoint'],
    ]) {
      await client.query(`DELETE FROM ${table}`)
      await client.query(`INSERT INTO ${table} OVERRIDING SYSTEM VALUE SELECT * FROM ${kept}`)
    }
    await client.query('COMMIT')
  })
  afterAll(async () => {
    await client?.end()
    await server?.database.close()
  })

  /** Stamps what waits, and signs, as on this day. */
  async function stampOn(day: Date): Promise<void> {
    let signed = (): void => {}
    const done = new Promise<void>((resolve) => {
      signed = resolve
    })
    const stamper = startStamper({
      onStamped: () => {},
      connect: () => connectStamper(server.database.url),
      now: () => day,
      key: KEY,
      onCheckpoint: () => signed(),
      onError: () => {},
    })
    await done
    await stamper.stop()
  }
  const verify = (keys = [KEY]) => verifyAudit({ query: async ({ text, values }) => (await client.query(text, values as unknown[])).rows as never }, keys)
  const positions = async (): Promise<number[]> =>
    (await client.query('SELECT position::int FROM kept_log ORDER BY position')).rows.map(({ position }) => position)

  test('is whole as it was written, with a checkpoint for the day', async () => {
    const verdict = await verify()
    expect(verdict).toEqual({ rows: (await positions()).length, checkpoints: 1, waiting: 0, findings: [] })
    expect(verdict.rows).toBeGreaterThan(ROWS)
  })

  test('any edit, removal, move or addition is found', async () => {
    const all = await positions()
    const COLUMNS = [
      ...[
        "at = at + interval '1 ms'",
        'actor_id = gen_random_uuid()',
        "via = via || 'x'",
        "action = action || 'x'",
        'module_number = coalesce(module_number, 0) + 1',
      ],
      ...[
        'record_ids = record_ids || gen_random_uuid()',
        "changed_fields = array_append(changed_fields, 'x')",
        'change_set_id = gen_random_uuid()',
        "request_id = 'x'",
      ],
      ...[
        "client = coalesce(client, '') || 'x'",
        "ip = '203.0.113.1'",
        "result = result || 'x'",
        "salt = sha256('x')",
        "content_digest = sha256('x')",
        "digest = sha256('x')",
      ],
      ...[
        "operation = coalesce(operation, '') || 'x'",
        "root_fields = array_append(root_fields, 'x')",
        'session_id = gen_random_uuid()',
        'api_key_id = gen_random_uuid()',
        `details = coalesce(details, '{}') || '{"x": 1}'`,
      ],
    ]
    const place = fc.nat({ max: all.length - 1 }).map((index) => all[index] as number)
    const tampering = fc.oneof(
      fc.record({ kind: fc.constant('edit' as const), place, column: fc.constantFrom(...COLUMNS) }),
      fc.record({ kind: fc.constant('remove' as const), place }),
      fc.record({ kind: fc.constant('swap' as const), place, other: place }).filter(({ place: one, other }) => one !== other),
      fc.record({ kind: fc.constant('add' as const), place }),
    )
    await fc.assert(
      fc.asyncProperty(tampering, async (how) => {
        await client.query('BEGIN')
        try {
          if (how.kind === 'edit') await client.query(`UPDATE audit_log SET ${how.column} WHERE position = $1`, [how.place])
          if (how.kind === 'remove') await client.query('DELETE FROM audit_log WHERE position = $1', [how.place])
          if (how.kind === 'swap') {
            await client.query('UPDATE audit_log SET position = -position WHERE position IN ($1, $2)', [how.place, how.other])
            await client.query('UPDATE audit_log SET position = CASE -position WHEN $1 THEN $2::bigint ELSE $1::bigint END WHERE position < 0', [
              how.place,
              how.other,
            ])
          }
          if (how.kind === 'add') {
            await client.query('UPDATE audit_log SET position = -(position + 1) WHERE position >= $1', [how.place])
            await client.query('UPDATE audit_log SET position = -position WHERE position < 0')
            await client.query(
              `INSERT INTO audit_log (at, via, action, result, position, salt, content_digest, digest) SELECT at, via, action, result, $1, salt, content_digest, digest FROM kept_log WHERE position = $1`,
              [how.place],
            )
          }
          expect((await verify()).findings).not.toEqual([])
        } finally {
          await client.query('ROLLBACK')
        }
      }),
      { numRuns: 60 },
    )
    expect((await verify()).findings).toEqual([])
  })

  test('rows that are taken from the end are missed by the stamper, and by a checkpoint even where its row is changed too', async () => {
    const last = (await positions()).at(-1) as number
    await client.query('DELETE FROM audit_log WHERE position > $1', [last - 3])
    expect((await verify()).findings).toEqual(
      expect.arrayContaining([expect.stringContaining('The checkpoint of 2026-05-01'), expect.stringContaining('rows at the end are missing')]),
    )
    await client.query('UPDATE stamper SET audit_position = $1, audit_digest = (SELECT digest FROM audit_log WHERE position = $1)', [last - 3])
    expect((await verify()).findings).toEqual([expect.stringContaining(`stands at row ${last}, which is missing`)])
  })

  test('a history that is rewritten with a chain of its own does not fit what was signed', async () => {
    await client.query(`UPDATE audit_log SET result = 'refused' WHERE position = 5`)
    await client.query('UPDATE audit_log SET position = NULL, salt = NULL, content_digest = NULL, digest = NULL')
    await client.query(`UPDATE stamper SET audit_position = 0, audit_digest = decode(repeat('00', 32), 'hex')`)
    const { rows: kept } = await client.query('DELETE FROM audit_checkpoint RETURNING *')
    await stampOn(new Date('2026-05-02T10:00:00.000Z'))
    expect((await verify()).findings).toEqual([])
    const [{ position, at, digest, key_id, signature }] = kept
    await client.query('DELETE FROM audit_checkpoint')
    await client.query('INSERT INTO audit_checkpoint VALUES ($1, $2, $3, $4, $5)', [position, at, digest, key_id, signature])
    expect((await verify()).findings).toEqual([expect.stringContaining('does not fit the rows before it: they were rewritten')])
    await client.query(`UPDATE audit_checkpoint SET digest = (SELECT digest FROM audit_log WHERE position = $1)`, [position])
    expect((await verify()).findings).toEqual([expect.stringContaining('has a signature that is not genuine')])
  })

  test('checkpoints of a key that is not given are told apart from forged ones', async () => {
    const other = checkpointKey({ id: 'other', secret: new Uint8Array(32).fill(8) })
    expect((await verify([other])).findings).toEqual([expect.stringContaining('none of this installation')])
  })

  test('is found whole while a server adds to it', async () => {
    const busy = await startTestServer()
    const { database } = busy.app.kernel
    let done = false
    const writing = (async () => {
      for (let index = 0; !done; index += 1) await busy.admin.data(`mutation { createAccount(input: {name: "${index}", type: "customer"}) { changeSetId } }`)
    })()
    try {
      for (let times = 0; times < 30; times += 1)
        expect((await verifyAudit(database, [KEY])).findings.filter((finding) => !/none of this installation/.test(finding))).toEqual([])
    } finally {
      done = true
      await writing
      await busy.close()
    }
  }, 30_000)
})
