import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { codesOf, issuesOf } from '../support/client.ts'
import { contentOf } from '../support/content.ts'
import { changeField, METADATA, makeField, sendField } from '../support/metadata.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

const FIELDS_PER_CALL = 100
const FIELDS_PER_MODULE = 500
const KEYS_PER_MODULE = 50

describe('limits of fields', () => {
  let server: TestServer

  beforeAll(async () => {
    server = await startTestServer()
  })
  afterAll(() => server?.close())

  const numbers = (module: string, from: number, count: number, more: object = {}) =>
    Array.from({ length: count }, (_, index) => ({ module, name: `field${from + index}`, type: 'INTEGER', ...more }))

  /** Refused with the limit, and nothing has changed. */
  const refused = async (operation: keyof typeof METADATA, variables: Readonly<Record<string, unknown>>, limit: number) => {
    const before = await contentOf(server.database.url)
    const answer = await sendField(server.admin, operation, variables)
    expect(codesOf(answer)).toEqual(['LIMIT_EXCEEDED'])
    expect(answer.errors[0]?.extensions['limit']).toBe(limit)
    expect(await contentOf(server.database.url)).toEqual(before)
  }

  test('a call makes 100, whether of a module that stands or of one that it makes', async () => {
    await refused('createFields', { input: numbers('account', 0, FIELDS_PER_CALL + 1) }, FIELDS_PER_CALL)
    const fields = numbers('', 0, FIELDS_PER_CALL + 1).map(({ module: _, ...field }) => field)
    await refused('createModule', { input: { name: 'ledger', pluralName: 'ledgers', fields } }, FIELDS_PER_CALL)
  })

  test('long chains of formulas are judged at once, and those that double each other are too large', async () => {
    const chain = (step: (before: string) => string) =>
      Array.from({ length: 60 }, (_, index) => ({
        module: 'lead',
        name: `step${index}`,
        type: 'FORMULA',
        formula: index === 0 ? 'weight + 1' : step(`step${index - 1}`),
      }))
    await makeField(server.admin, { module: 'lead', name: 'weight', type: 'INTEGER' })
    const before = await contentOf(server.database.url)
    const { answer } = await server.admin.data(METADATA.createFields, { input: chain((step) => `${step} + 1`), dryRun: true })
    expect(answer.fields).toHaveLength(60)
    const refusal = await server.admin.send(METADATA.createFields, { input: chain((step) => `${step} + ${step}`) })
    expect(issuesOf(refusal)[0]).toMatch(/^input\.\d+\.formula: LIMIT$/)
    expect(await contentOf(server.database.url)).toEqual(before)
  })

  test('the 501st field of a module is refused, in bulk, singly and by a restore', async () => {
    await server.admin.data(METADATA.createModule, { input: { name: 'ledger', pluralName: 'ledgers', fields: [{ name: 'name', type: 'TEXT' }] } })
    for (let from = 0; from < 400; from += 100) await server.admin.data(METADATA.createFields, { input: numbers('ledger', from, 100) })
    await server.admin.data(METADATA.createFields, { input: numbers('ledger', 400, 98) })
    const spare = await makeField(server.admin, { module: 'ledger', name: 'spare', type: 'INTEGER' })
    await refused('createFields', { input: numbers('ledger', 600, 100) }, FIELDS_PER_MODULE)
    await refused('createFields', { input: [...numbers('account', 0, 5), ...numbers('ledger', 600, 1)] }, FIELDS_PER_MODULE)
    await refused('createField', { input: { module: 'ledger', name: 'last', type: 'INTEGER' } }, FIELDS_PER_MODULE)
    await server.admin.data(METADATA.deleteField, { id: spare.id })
    await makeField(server.admin, { module: 'ledger', name: 'last', type: 'INTEGER' })
    await refused('restoreField', { id: spare.id }, FIELDS_PER_MODULE)
  }, 60_000)

  test('the 51st unique field is refused, in bulk, with a module, by a change and by a restore', async () => {
    const key = { unique: true }
    await refused('createFields', { input: numbers('contact', 0, KEYS_PER_MODULE + 1, key) }, KEYS_PER_MODULE)
    const fields = numbers('', 0, KEYS_PER_MODULE + 1, key).map(({ module: _, ...field }) => field)
    await refused('createModule', { input: { name: 'keyring', pluralName: 'keyrings', fields } }, KEYS_PER_MODULE)
    // Not too many at once: then the job that builds their indexes changes nothing meanwhile.
    for (let from = 0; from < KEYS_PER_MODULE - 1; from += 7) await server.admin.data(METADATA.createFields, { input: numbers('contact', from, 7, key) })
    const spare = await makeField(server.admin, { module: 'contact', name: 'spare', type: 'INTEGER', unique: true })
    const plain = await makeField(server.admin, { module: 'contact', name: 'plain', type: 'INTEGER' })
    await refused('createField', { input: { module: 'contact', name: 'other', type: 'INTEGER', unique: true } }, KEYS_PER_MODULE)
    await refused('updateField', { id: plain.id, input: { unique: true } }, KEYS_PER_MODULE)
    await server.admin.data(METADATA.deleteField, { id: spare.id })
    await changeField(server.admin, plain.id, { unique: true })
    await refused('restoreField', { id: spare.id }, KEYS_PER_MODULE)
  }, 60_000)

  test('dry runs, refusals and states use up no numbers of modules', async () => {
    const input = { name: 'counted', pluralName: 'counteds', fields: [{ name: 'name', type: 'TEXT' }] }
    for (let time = 0; time < 3; time += 1) {
      await server.admin.data(METADATA.createModule, { input, dryRun: true })
      await sendField(server.admin, 'createModule', { input: { ...input, fields: [{ name: 'id', type: 'TEXT' }] } })
    }
    const number = async (name: string) => {
      const record = (await server.admin.data(`mutation { create${name[0]?.toUpperCase()}${name.slice(1)}(input: {name: "x"}) { ${name} { id } } }`)) as Record<
        string,
        Record<string, { id: string }>
      >
      return Number.parseInt(Object.values(record)[0]?.[name]?.id.slice(-4) ?? '', 16)
    }
    await server.admin.data(METADATA.createModule, { input })
    expect(await number('counted')).toBe((await number('ledger')) + 1)
  })
})
