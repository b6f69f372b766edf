import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import pg from 'pg'
import { coreModules } from '../../src/entities/index.ts'
import { connectForMaintenance, findDrift, maintain } from '../../src/records/metadata/index.ts'
import { codesOf, issuesOf, type TestClient } from '../support/client.ts'
import { contentOf } from '../support/content.ts'
import { changeField, METADATA, makeField, sendField } from '../support/metadata.ts'
import { CALL, openMetadata } from '../support/metadata-kit.ts'
import { PROVE, tell } from '../support/nodes.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

const RIVALS = 3

describe('values that move to other columns while others write', () => {
  let server: TestServer
  let raw: pg.Client

  beforeAll(async () => {
    server = await startTestServer()
    raw = new pg.Client({ connectionString: server.database.url })
    await raw.connect()
  })
  afterAll(async () => {
    await raw?.end()
    await server?.close()
  })

  /** Makes a module of `count` records whose field `code` has the value "0"; `beside`: fields that fill its table before. */
  async function fill(name: string, count: number, beside: number): Promise<{ readonly fieldId: string; readonly ids: readonly string[] }> {
    const fields = Array.from({ length: beside }, (_, index) => ({ module: name, name: `beside${index}`, type: 'BOOLEAN' }))
    await server.admin.data(METADATA.createModule, {
      input: { name, pluralName: `${name}s`, label: name, fields: [{ name: 'subject', type: 'TEXT', searchable: false }] },
    })
    for (let start = 0; start < beside; start += 100) await server.admin.data(METADATA.createFields, { input: fields.slice(start, start + 100) })
    const { id: fieldId } = await makeField(server.admin, { module: name, name: 'code', type: 'TEXT', searchable: false })
    const type = `${name[0]?.toUpperCase()}${name.slice(1)}`
    const ids: string[] = []
    for (let start = 0; start < count; start += 1000) {
      const input = Array.from({ length: Math.min(1000, count - start) }, (_, index) => ({ code: `0.${String(start + index).padStart(5, '0')}5` }))
      const data = await server.admin.data(`mutation ($input: [Create${type}Input!]!) { answer: create${type}s(input: $input) { ${name}s { id } } }`, { input })
      ids.push(...data.answer[`${name}s`].map(({ id }: { id: string }) => id))
    }
    return { fieldId, ids }
  }

  /** Writes one record after the other until told to stop; answers what was acknowledged last, by record. */
  async function write(
    client: TestClient,
    name: string,
    own: readonly string[],
    rival: number,
    isOver: () => boolean,
  ): Promise<ReadonlyMap<string, string | null>> {
    const type = `${name[0]?.toUpperCase()}${name.slice(1)}`
    const update = `mutation ($id: ID!, $input: Update${type}Input!) { update${type}(id: $id, input: $input) { changeSetId } }`
    const create = `mutation ($input: Create${type}Input!) { answer: create${type}(input: $input) { record: ${name} { id } } }`
    const last = new Map<string, string | null>()
    for (let count = 1; !isOver(); count += 1) {
      // A number that reads the same as a text and as a decimal, and that nobody else writes.
      const code = count % 7 === 0 ? null : `${rival + 1}.${count}1`
      if (count % 5 === 0) {
        const { answer } = await client.data(create, { input: { code } })
        last.set(answer.record.id, code)
      } else {
        const id = own[(count * 37) % own.length] as string
        await client.data(update, { id, input: { code } })
        last.set(id, code)
      }
    }
    return last
  }

  const CASES = [
    {
      name: 'few',
      count: 150,
      beside: 0,
      changes: ['DECIMAL', 'TEXT', 'DECIMAL', 'LONG_TEXT', 'DECIMAL'].map((type) => ({ type })),
      what: 'some values become others',
    },
    {
      name: 'many',
      count: PROVE ? 19_000 : 2_500,
      beside: 0,
      changes: [{ type: 'DECIMAL' }, { type: 'TEXT' }, { type: 'DECIMAL' }],
      what: 'many values become others',
    },
    {
      name: 'wide',
      count: 150,
      beside: 200,
      changes: [{ type: 'DECIMAL' }, { type: 'TEXT' }, { unique: true }],
      what: 'values of an extension table become others, and a key',
    },
  ] as const

  for (const { name, count, beside, changes, what } of CASES) {
    test(
      `${what}: every write that was acknowledged is there afterwards`,
      async () => {
        const { fieldId, ids } = await fill(name, count, beside)
        let over = false
        const share = Math.floor(ids.length / RIVALS)
        const rivals = Array.from({ length: RIVALS }, (_, rival) => write(server.admin, name, ids.slice(rival * share, (rival + 1) * share), rival, () => over))
        const changed = (async () => {
          try {
            for (const change of changes) {
              await new Promise((resolve) => setTimeout(resolve, 200))
              await changeField(server.admin, fieldId, change)
            }
          } finally {
            over = true
          }
        })()
        const acknowledged = new Map((await Promise.all([...rivals, changed.then(() => new Map<string, string | null>())])).flatMap((each) => [...each]))
        expect(acknowledged.size).toBeGreaterThan(20)
        const all = await valuesOf(name)
        for (const [index, id] of ids.entries()) if (!acknowledged.has(id)) acknowledged.set(id, `0.${String(index).padStart(5, '0')}5`)
        expect(new Map([...all].sort())).toEqual(new Map([...acknowledged].sort()))
        expect(await findDrift(server.app.kernel.database, coreModules())).toEqual([])
      },
      PROVE ? 300_000 : 120_000,
    )
  }

  async function valuesOf(name: string): Promise<Map<string, string | null>> {
    const all = new Map<string, string | null>()
    for (let after: string | null = null; ; ) {
      const data: Record<string, { nodes: { id: string; code: string | null }[]; pageInfo: { hasNextPage: boolean; endCursor: string } }> =
        await server.admin.data(
          `query ($after: String) { page: ${name}s(first: 500, after: $after) { nodes { id code } pageInfo { hasNextPage endCursor } } }`,
          { after },
        )
      const { nodes, pageInfo } = data['page'] as (typeof data)[string]
      for (const { id, code } of nodes) all.set(id, code)
      if (!pageInfo.hasNextPage) return all
      after = pageInfo.endCursor
    }
  }

  test('a value that came while the change waited, and has no form in the new type, refuses the change', async () => {
    const { fieldId, ids } = await fill('late', 3, 0)
    const { column, table } = await placeOf(fieldId)
    await raw.query('BEGIN')
    await raw.query(`UPDATE ${table} SET ${column} = 'many', version = version + 1 WHERE id = $1`, [ids[0]])
    const answer = sendField(server.admin, 'updateField', { id: fieldId, input: { type: 'DECIMAL' } })
    await waitingForLock(table)
    await raw.query('COMMIT')
    const refused = await answer
    expect(issuesOf(refused)).toEqual(['input.type: CONVERSION'])
    expect((await valuesOf('late')).get(ids[0] as string)).toBe('many')
  })

  /** Waits until somebody waits for the table's strongest lock; a try takes 150 ms. */
  async function waitingForLock(table: string): Promise<void> {
    for (;;) {
      const { rows } = await raw.query(`SELECT FROM pg_locks WHERE relation = $1::regclass AND mode = 'AccessExclusiveLock' AND NOT granted`, [
        `public.${table}`,
      ])
      if (rows.length > 0) return
      await new Promise((resolve) => setTimeout(resolve, 2))
    }
  }

  test('a change that fails after its columns were filled leaves them to a later field, empty', async () => {
    const { fieldId, ids } = await fill('left', 3_000, 0)
    const { number, table, column } = await placeOf(fieldId)
    const before = await valuesOf('left')
    const answer = sendField(server.admin, 'updateField', { id: fieldId, input: { type: 'DECIMAL' } })
    await untilSlot(number, (full) => full > 0)
    await raw.query(`UPDATE ${table} SET ${column} = 'many', version = version + 1 WHERE id = $1`, [ids[7]])
    expect(issuesOf(await answer)).toEqual(['input.type: CONVERSION'])
    expect(await valuesOf('left')).toEqual(new Map([...before]).set(ids[7] as string, 'many'))
    await tidy()
    await untilSlot(number, (full) => full === 0)
    const { rows: slots } = await raw.query('SELECT column_name AS column FROM custom_slot WHERE module_number = $1', [number])
    expect(slots).toHaveLength(1)
    expect((await raw.query(`SELECT FROM ${table} WHERE ${slots[0].column} IS NOT NULL`)).rows).toEqual([])
    expect(await findDrift(server.app.kernel.database, coreModules())).toEqual([])
  })

  test('a change whose guard is lost, so that maintenance empties what it fills, is made all the same', async () => {
    const { fieldId } = await fill('guarded', 3_000, 0)
    const { number } = await placeOf(fieldId)
    const before = await valuesOf('guarded')
    const change = changeField(server.admin, fieldId, { type: 'DECIMAL' })
    await untilSlot(number, (full) => full > 0)
    const { rows } = await raw.query(
      `SELECT pg_terminate_backend(l.pid) FROM pg_locks l JOIN pg_stat_activity a USING (pid)
        WHERE l.locktype = 'advisory' AND l.granted AND a.state = 'idle in transaction' AND a.datname = current_database()`,
    )
    expect(rows.length).toBeGreaterThan(0)
    await tidy()
    await change
    expect(await valuesOf('guarded')).toEqual(before)
    await tidy()
    await untilSlot(number, (full) => full === 0)
    expect(await valuesOf('guarded')).toEqual(before)
  })

  test('a change whose field others change meanwhile, there and back, takes nothing from columns that were given up in between', async () => {
    const { fieldId } = await fill('back', 1_100, 0)
    await changeField(server.admin, fieldId, { type: 'TEXT', maxLength: 90 })
    const first = await placeOf(fieldId)
    await raw.query(`UPDATE ${first.table} SET ${first.column} = '0' || ${first.column}`)
    const [reached, go] = [gate(), gate()]
    const slow = await openMetadata(server.database.url, {
      before: async (text) => {
        if (!text.includes('json_to_recordset')) return
        reached.open()
        await go.opened
      },
    })
    try {
      const change = slow.metadata.updateField(await slow.principal(), { id: fieldId }, { type: 'LONG_TEXT' }, CALL)
      await reached.opened
      // Meanwhile "00.000005" becomes a number and a text again, in the columns where it was, which takes the second zero away.
      await changeField(server.admin, fieldId, { type: 'DECIMAL' })
      await tidy()
      // Those that the slow change fills.
      await untilSlot(first.number, (full) => full === 1)
      await changeField(server.admin, fieldId, { type: 'TEXT' })
      expect(await placeOf(fieldId)).toEqual(first)
      const expected = await valuesOf('back')
      go.open()
      await change
      expect(await valuesOf('back')).toEqual(expected)
    } finally {
      go.open()
      await slow.close()
    }
    expect(await findDrift(server.app.kernel.database, coreModules())).toEqual([])
  })

  test(
    'administrators who race for the type of one field lose no value',
    async () => {
      const { fieldId } = await fill('raced', 1_300, 0)
      const before = await valuesOf('raced')
      const types = ['DECIMAL', 'TEXT', 'LONG_TEXT']
      let over = false
      const tidying = (async () => {
        while (!over) await tidy()
      })()
      const answers: string[] = []
      const race = async (offset: number) => {
        for (let turn = 0; turn < (PROVE ? 60 : 4); turn += 1) {
          const { errors = [] } = await sendField(server.admin, 'updateField', { id: fieldId, input: { type: types[(turn + offset) % types.length] } })
          answers.push(errors[0]?.extensions.code ?? 'ok')
        }
      }
      await Promise.all([race(0), race(1), race(2)]).finally(() => {
        over = true
      })
      await tidying
      // All ask for one row first, so that everybody has a turn; who is held up for very long may be told so.
      expect(answers.filter((answer) => answer !== 'ok' && answer !== 'UNAVAILABLE')).toEqual([])
      expect(answers).toContain('ok')
      expect(await valuesOf('raced')).toEqual(before)
      expect(await findDrift(server.app.kernel.database, coreModules())).toEqual([])
    },
    PROVE ? 600_000 : 60_000,
  )

  /** Something to wait for until it is opened. */
  function gate(): { readonly opened: Promise<void>; open(): void } {
    let open = (): void => {}
    const opened = new Promise<void>((resolve) => {
      open = resolve
    })
    return { opened, open: () => open() }
  }

  const tidy = () =>
    maintain({
      ...server.app.kernel,
      core: coreModules(),
      announce: async () => {},
      connect: () => connectForMaintenance(server.database.url),
      retention: 30,
      principal: async () => Promise.reject(new Error('nothing is purged here')),
    })

  async function placeOf(fieldId: string): Promise<{ readonly number: number; readonly table: string; readonly column: string }> {
    const { rows } = await raw.query(
      'SELECT m.number, m.table_name AS table, f.column_name AS column FROM custom_field f JOIN custom_module m ON m.number = f.module_number WHERE f.id = $1',
      [fieldId],
    )
    return rows[0]
  }

  /** Waits until the number of the module's free columns that are not empty is a certain one. */
  async function untilSlot(number: number, holds: (full: number) => boolean): Promise<void> {
    for (;;) {
      const { rows } = await raw.query('SELECT count(*)::int AS full FROM custom_slot WHERE module_number = $1 AND NOT cleared', [number])
      if (holds(rows[0].full)) return
      await new Promise((resolve) => setTimeout(resolve, 2))
    }
  }

  test('a default fills many empty records, with another type too, and few with the version and history of a write', async () => {
    const { fieldId, ids } = await fill('gap', 1_003, 0)
    const { table, column } = await placeOf(fieldId)
    await raw.query(`UPDATE ${table} SET ${column} = NULL, version = version + 1 WHERE id <> $1`, [ids[0]])
    await server.admin.data(`mutation { deleteGap(id: "${ids[9]}") { changeSetId } }`)
    await changeField(server.admin, fieldId, { type: 'DECIMAL', required: true, default: '7' })
    const { gapsAggregate } = await server.admin.data('{ gapsAggregate { count min { code } sum { code } } }')
    expect(gapsAggregate).toEqual([{ count: 1_002, min: { code: '0.000005' }, sum: { code: '7007.000005' } }])
    const { gaps } = await server.admin.data('{ gaps(deleted: ONLY) { nodes { code } } }')
    expect(gaps.nodes).toEqual([{ code: null }])
    expect(codesOf(await server.admin.send(`mutation { updateGap(id: "${ids[1]}", input: {code: null}) { changeSetId } }`))).toEqual(['VALIDATION_FAILED'])
    expect(await findDrift(server.app.kernel.database, coreModules())).toEqual([])

    await changeField(server.admin, fieldId, { required: false, default: null })
    await server.admin.data(`mutation { updateGap(id: "${ids[5]}", input: {code: null}) { changeSetId } }`)
    await changeField(server.admin, fieldId, { type: 'TEXT', required: true, default: 'none' })
    const { gap } = await server.admin.data(`{ gap(id: "${ids[5]}") { code history(first: 1) { nodes { changes { field before after } } } } }`)
    expect(gap).toEqual({ code: 'none', history: { nodes: [{ changes: [{ field: 'code', before: null, after: 'none' }] }] } })
  })

  test('a default fills many empty records while others write: what they wrote stays, and nobody waits for long', async () => {
    const count = PROVE ? 15_000 : 3_000
    const { fieldId, ids } = await fill('void', count, 0)
    const { table, column } = await placeOf(fieldId)
    await raw.query(`UPDATE ${table} SET ${column} = NULL, version = version + 1`)
    let over = false
    let longest = 0
    const written = new Map<string, string>()
    const timed = async (query: string) => {
      const began = performance.now()
      const data = await server.admin.data(query)
      longest = Math.max(longest, performance.now() - began)
      return data
    }
    const writers = [0, 1, 2].map(async (writer) => {
      for (let index = writer; !over; index += 3) {
        const id = ids[(index * 37) % ids.length] as string
        await timed(`mutation { updateVoid(id: "${id}", input: {code: "${index}"}) { changeSetId } }`)
        written.set(id, String(index))
        if (index % 5 === 0) written.set((await timed('mutation { made: createVoid(input: {subject: "new"}) { void { id } } }')).made.void.id, 'none')
      }
    })
    await new Promise((resolve) => setTimeout(resolve, 300))
    await changeField(server.admin, fieldId, { required: true, default: 'none' })
    over = true
    await Promise.all(writers)
    const all = await valuesOf('void')
    expect(all.size).toBeGreaterThan(count)
    expect([...all].filter(([id, code]) => code !== (written.get(id) ?? 'none'))).toEqual([])
    tell(`${count} records filled: a writer waited ${longest.toFixed(0)} ms at most`)
    // Includes the swap of the schema in this very process.
    expect(longest).toBeLessThan(PROVE ? 600 : 1_500)
    expect(await findDrift(server.app.kernel.database, coreModules())).toEqual([])
  }, 120_000)

  test('one state that moves the values of two fields: all of them or none', async () => {
    await server.admin.data(METADATA.createModule, {
      input: {
        name: 'pair',
        pluralName: 'pairs',
        label: 'Pair',
        fields: ['subject', 'first', 'second'].map((name) => ({ name, type: 'TEXT', searchable: false })),
      },
    })
    const made = Array.from({ length: 1000 }, (_, index) => ({ first: `${index}`, second: `${index}.5` }))
    for (let time = 0; time < 2; time += 1)
      await server.admin.data('mutation ($input: [CreatePairInput!]!) { createPairs(input: $input) { changeSetId } }', { input: made })
    type State = { readonly name: string; readonly fields: { readonly name: string; type: string }[] }
    const { exportMetadata } = (await server.admin.data('{ exportMetadata }')) as { exportMetadata: State[] }
    const wanted = (second: string) =>
      exportMetadata.map((state) =>
        state.name !== 'pair'
          ? state
          : { ...state, fields: state.fields.map((field) => ({ ...field, type: { first: 'INTEGER', second }[field.name] ?? field.type })) },
      )
    const before = await contentOf(server.database.url)
    const refused = await server.admin.send(METADATA.apply, { input: wanted('INTEGER') })
    expect(issuesOf(refused)).toEqual([expect.stringMatching(/fields\.\d+\.type: CONVERSION$/)])
    // Nothing was prepared for the field that could be converted either.
    expect(await contentOf(server.database.url)).toEqual(before)
    const dry = await server.admin.data(METADATA.apply, { input: wanted('DECIMAL'), dryRun: true })
    expect(dry.answer.plan.map(({ field }: { field: string }) => field)).toEqual(['first', 'second'])
    expect(await contentOf(server.database.url)).toEqual(before)
    await server.admin.data(METADATA.apply, { input: wanted('DECIMAL') })
    const { pairsAggregate } = await server.admin.data('{ pairsAggregate { count sum { first second } } }')
    expect(pairsAggregate).toEqual([{ count: 2000, sum: { first: '999000', second: '1000000' } }])
    expect(await findDrift(server.app.kernel.database, coreModules())).toEqual([])
  }, 60_000)

  test('many values: nobody waits for long', async () => {
    const count = PROVE ? 20_000 : 4_000
    const { fieldId, ids } = await fill('big', count, 0)
    for (const type of ['DECIMAL', 'TEXT'] as const) {
      let over = false
      let [longestRead, longestWrite] = [0, 0]
      const timed = async (work: () => Promise<unknown>) => {
        const began = performance.now()
        await work()
        return performance.now() - began
      }
      const reader = (async () => {
        while (!over) longestRead = Math.max(longestRead, await timed(() => server.admin.data('{ bigs(first: 1) { nodes { id } } }')))
      })()
      const writer = (async () => {
        for (let index = 0; !over; index += 1) {
          const id = ids[(index * 101) % ids.length]
          longestWrite = Math.max(
            longestWrite,
            await timed(() => server.admin.data(`mutation { updateBig(id: "${id}", input: {subject: "${index}"}) { changeSetId } }`)),
          )
        }
      })()
      const took = await timed(() => changeField(server.admin, fieldId, { type }))
      over = true
      await Promise.all([reader, writer])
      tell(`${count} values to ${type} in ${took.toFixed(0)} ms: a reader waited ${longestRead.toFixed(0)} ms at most, a writer ${longestWrite.toFixed(0)} ms`)
      // Includes the swap of the schema in this very process.
      expect(longestRead).toBeLessThan(PROVE ? 600 : 1_500)
      expect(longestWrite).toBeLessThan(PROVE ? 600 : 1_500)
    }
  }, 120_000)
})
