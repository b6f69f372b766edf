import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import pg from 'pg'
import { coreModules } from '../../src/entities/index.ts'
import { DefectError } from '../../src/errors/index.ts'
import { findDrift } from '../../src/records/metadata/index.ts'
import { indexDefinition } from '../../src/records/metadata/index-definitions.ts'
import { issuesOf } from '../support/client.ts'
import { contentOf } from '../support/content.ts'
import { changeField, METADATA, makeField, sendField } from '../support/metadata.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

describe('what is made of a field that changes', () => {
  let server: TestServer

  beforeAll(async () => {
    server = await startTestServer()
    await server.admin.data(METADATA.createModule, {
      input: {
        name: 'parcel',
        pluralName: 'parcels',
        label: 'Parcel',
        fields: [
          { name: 'subject', type: 'TEXT' },
          { name: 'dueOn', type: 'DATE' },
          { name: 'code', type: 'TEXT' },
          { name: 'price', type: 'DECIMAL' },
          { name: 'account', type: 'REFERENCE', reference: { module: 'account', inverseName: 'parcels' } },
        ],
      },
    })
    const { createAccount } = await server.admin.data('mutation { createAccount(input: {name: "One", type: "customer"}) { account { id } } }')
    const account = { id: createAccount.account.id }
    const input = [
      { subject: 'a', dueOn: '2026-01-31', code: '7', price: '1.5', account },
      { subject: 'b', dueOn: '2026-03-01', code: '10', price: '20', account },
    ]
    await server.admin.data('mutation ($input: [CreateParcelInput!]!) { createParcels(input: $input) { changeSetId } }', { input })
  })
  afterAll(() => server?.close())

  const idOf = async (module: string, name: string): Promise<string> => {
    const { customFields } = await server.admin.data('query ($module: String) { customFields(module: $module) { id name } }', { module })
    return customFields.find((field: { name: string }) => field.name === name).id
  }

  /** Refused with this issue, of which the message says so much, and nothing is changed. */
  const refuses = async (id: string, input: object, issue: string, part: string) => {
    const before = await contentOf(server.database.url)
    const answer = await sendField(server.admin, 'updateField', { id, input })
    expect(issuesOf(answer)).toEqual([issue])
    expect(answer.errors[0]?.message).toContain(part)
    expect(await contentOf(server.database.url)).toEqual(before)
  }

  test('a rollup has the type that its field has now, and so has a formula over it', async () => {
    await makeField(server.admin, { module: 'account', name: 'lastDue', type: 'ROLLUP', rollup: { relation: 'parcels', function: 'MAX', field: 'dueOn' } })
    await makeField(server.admin, { module: 'account', name: 'endsOn', type: 'FORMULA', formula: 'lastDue' })
    const query = (filter: string) => server.admin.data(`{ accounts(filter: {${filter}}) { nodes { name lastDue endsOn } } }`)
    expect((await query('lastDue: {eq: "2026-03-01"}')).accounts.nodes).toEqual([{ name: 'One', lastDue: '2026-03-01', endsOn: '2026-03-01' }])
    await changeField(server.admin, await idOf('parcel', 'dueOn'), { type: 'DATETIME' })
    const moment = '2026-03-01T00:00:00.000Z'
    for (const field of ['lastDue', 'endsOn']) {
      expect((await query(`${field}: {eq: "${moment}"}`)).accounts.nodes).toEqual([{ name: 'One', lastDue: moment, endsOn: moment }])
      expect((await query(`${field}: {gt: "2026-03-01T00:00:00.001Z"}`)).accounts.nodes).toEqual([])
    }
  })

  test('a formula over a text that becomes a number is a number, through other formulas too', async () => {
    await makeField(server.admin, { module: 'parcel', name: 'mark', type: 'FORMULA', formula: 'code', indexed: true })
    await makeField(server.admin, { module: 'parcel', name: 'grade', type: 'FORMULA', formula: 'mark', indexed: true })
    await makeField(server.admin, {
      module: 'account',
      name: 'best',
      type: 'ROLLUP',
      rollup: { relation: 'parcels', function: 'COUNT', filter: 'grade = code' },
    })
    const order = async () => {
      const { parcels } = await server.admin.data('{ parcels(orderBy: [{grade: ASC}]) { nodes { grade } } }')
      return parcels.nodes.map(({ grade }: { grade: string }) => grade)
    }
    // Texts.
    expect(await order()).toEqual(['10', '7'])
    await changeField(server.admin, await idOf('parcel', 'code'), { type: 'INTEGER' })
    expect(await order()).toEqual(['7', '10'])
    const { parcels, parcelsAggregate, accounts } = await server.admin.data(
      '{ parcels(filter: {grade: {gt: "8"}, mark: {gte: "10"}}) { nodes { code mark grade } } parcelsAggregate { sum { grade mark } } accounts { nodes { best } } }',
    )
    expect(parcels.nodes).toEqual([{ code: 10, mark: '10', grade: '10' }])
    expect(parcelsAggregate).toEqual([{ sum: { grade: '17', mark: '17' } }])
    expect(accounts.nodes).toEqual([{ best: 2 }])
    expect(await findDrift(server.app.kernel.database, coreModules())).toEqual([])
  })

  test('a formula over a decimal that becomes money is money', async () => {
    const double = await makeField(server.admin, { module: 'parcel', name: 'double', type: 'FORMULA', formula: 'price * 2' })
    await makeField(server.admin, { module: 'account', name: 'worth', type: 'ROLLUP', rollup: { relation: 'parcels', function: 'SUM', field: 'double' } })
    const { answer } = await server.admin.data(METADATA.updateField, { id: await idOf('parcel', 'price'), input: { type: 'MONEY' } })
    expect(answer.dependents).toContainEqual({ kind: 'formula', name: 'parcel.double', detail: null, blocking: false })
    const { parcels, accounts } = await server.admin.data(
      '{ parcels(filter: {double: {gt: "3.5"}}) { nodes { price { amount currency } double { amount currency } } } accounts { nodes { worth { amount currency } } } }',
    )
    expect(parcels.nodes).toEqual([{ price: { amount: '20.00', currency: 'USD' }, double: { amount: '40.00', currency: 'USD' } }])
    expect(accounts.nodes).toEqual([{ worth: { amount: '43.00', currency: 'USD' } }])
    // The formula's own change reaches what is made of it.
    await changeField(server.admin, double.id, { formula: 'if(price > 2, 1, 0)' })
    const { accounts: counted } = await server.admin.data('{ accounts(filter: {worth: {eq: "1"}}) { nodes { worth } } }')
    expect(counted.nodes).toEqual([{ worth: '1' }])
  })

  test('an expression that would not hold any more refuses the change', async () => {
    const text = await makeField(server.admin, { module: 'parcel', name: 'region', type: 'TEXT' })
    await makeField(server.admin, { module: 'parcel', name: 'loud', type: 'FORMULA', formula: 'upper(region)' })
    await refuses(text.id, { type: 'INTEGER' }, 'input: DEPENDENT', 'parcel.loud would no longer hold')
    const kind = await makeField(server.admin, { module: 'parcel', name: 'kindOf', type: 'TEXT' })
    const shown = await makeField(server.admin, { module: 'parcel', name: 'shown', type: 'FORMULA', formula: 'kindOf' })
    await makeField(server.admin, { module: 'parcel', name: 'reason', type: 'TEXT', requiredWhen: 'shown = "lost"' })
    await refuses(kind.id, { type: 'INTEGER' }, 'input: DEPENDENT', 'parcel.reason would no longer hold')
    await refuses(shown.id, { formula: '1' }, 'input: DEPENDENT', 'parcel.reason would no longer hold')
  })

  test('what was deleted meanwhile comes back as what its field is now, or not at all', async () => {
    const size = await makeField(server.admin, { module: 'parcel', name: 'size', type: 'TEXT' })
    const twin = await makeField(server.admin, { module: 'parcel', name: 'twin', type: 'FORMULA', formula: 'size', indexed: true })
    const loud = await makeField(server.admin, { module: 'parcel', name: 'louder', type: 'FORMULA', formula: 'upper(size)' })
    for (const { id } of [twin, loud]) await server.admin.data(METADATA.deleteField, { id })
    await changeField(server.admin, size.id, { type: 'INTEGER' })
    await server.admin.data('mutation { createParcels(input: [{subject: "d", size: 9}, {subject: "e", size: 10}]) { changeSetId } }')
    await server.admin.data(METADATA.restoreField, { id: twin.id })
    const { parcels } = await server.admin.data('{ parcels(filter: {twin: {gte: "9"}}, orderBy: [{twin: ASC}]) { nodes { subject twin } } }')
    expect(parcels.nodes).toEqual([
      { subject: 'd', twin: '9' },
      { subject: 'e', twin: '10' },
    ])
    const before = await contentOf(server.database.url)
    const refused = await server.admin.send(METADATA.restoreField, { id: loud.id })
    expect(issuesOf(refused)).toEqual(['id: DEPENDENT'])
    expect(refused.errors[0]?.message).toContain('parcel.louder would no longer hold')
    expect(await contentOf(server.database.url)).toEqual(before)
    expect(await findDrift(server.app.kernel.database, coreModules())).toEqual([])
  })

  test('so does a module', async () => {
    const due = await makeField(server.admin, { module: 'contact', name: 'dueOn', type: 'DATE' })
    await server.admin.data(METADATA.createModule, {
      input: {
        name: 'tour',
        pluralName: 'tours',
        label: 'Tour',
        fields: [
          { name: 'subject', type: 'TEXT' },
          { name: 'guests', type: 'REFERENCES', reference: { module: 'contact' } },
        ],
      },
    })
    await makeField(server.admin, { module: 'tour', name: 'latest', type: 'ROLLUP', rollup: { relation: 'guests', function: 'MAX', field: 'dueOn' } })
    await makeField(server.admin, { module: 'tour', name: 'until', type: 'FORMULA', formula: 'latest' })
    const { createContact } = await server.admin.data('mutation { createContact(input: {name: "Li", dueOn: "2026-02-03"}) { contact { id } } }')
    await server.admin.data(`mutation { createTour(input: {subject: "x", guests: {set: [{id: "${createContact.contact.id}"}]}}) { changeSetId } }`)
    await server.admin.data(METADATA.deleteModule, { name: 'tour' })
    await changeField(server.admin, due.id, { type: 'DATETIME' })
    await server.admin.data(METADATA.restoreModule, { name: 'tour' })
    const moment = '2026-02-03T00:00:00.000Z'
    const { tours } = await server.admin.data(`{ tours(filter: {until: {eq: "${moment}"}}) { nodes { latest until } } }`)
    expect(tours.nodes).toEqual([{ latest: moment, until: moment }])
  })

  test('an indexed formula keeps the others behind it indexable', async () => {
    await makeField(server.admin, { module: 'parcel', name: 'score', type: 'DECIMAL' })
    const base = await makeField(server.admin, { module: 'parcel', name: 'base', type: 'FORMULA', formula: 'score * 2' })
    const middle = await makeField(server.admin, { module: 'parcel', name: 'middle', type: 'FORMULA', formula: 'base + 1' })
    await makeField(server.admin, { module: 'parcel', name: 'ranked', type: 'FORMULA', formula: 'middle + 1', indexed: true })
    await refuses(base.id, { formula: 'score + year(today())' }, 'input: DEPENDENT', 'parcel.ranked would no longer hold: A formula can be indexed while')
    await refuses(middle.id, { formula: 'base + year(now())' }, 'input: DEPENDENT', 'parcel.ranked')
    await changeField(server.admin, base.id, { formula: 'score * 3' })
    expect(await findDrift(server.app.kernel.database, coreModules())).toEqual([])
    await server.admin.data('mutation { createParcel(input: {subject: "c", score: "5"}) { changeSetId } }')
    const { parcels } = await server.admin.data('{ parcels(filter: {ranked: {eq: "17"}}) { nodes { subject ranked } } }')
    expect(parcels.nodes).toEqual([{ subject: 'c', ranked: '17' }])
  })

  test('no index is ever made of a formula without its SQL', () => {
    const formula = { type: 'FORMULA', column: 'c_9', extension: 0, parameters: {} } as const
    expect(() => indexDefinition(formula, 'order', 'accounts')).toThrow(DefectError)
    expect(indexDefinition(formula, 'order', 'accounts', 'c_1 + 1').definition).toBe('((c_1 + 1), id)')
  })

  test('a formula that others use must not grow until those are too large', async () => {
    const small = await makeField(server.admin, { module: 'parcel', name: 'small', type: 'FORMULA', formula: 'score + 1' })
    await makeField(server.admin, { module: 'parcel', name: 'large', type: 'FORMULA', formula: Array(60).fill('small').join(' + ') })
    await refuses(small.id, { formula: Array(60).fill('score').join(' * ') }, 'input: DEPENDENT', 'parcel.large would no longer hold: With the formulas')
  })

  test('a field that an indexed formula uses does not leave for an extension table', async () => {
    const fields = Array.from({ length: 199 }, (_, index) => ({ name: `beside${index}`, type: 'BOOLEAN' }))
    await server.admin.data(METADATA.createModule, {
      input: { name: 'broad', pluralName: 'broads', label: 'Broad', fields: [{ name: 'subject', type: 'TEXT' }] },
    })
    const score = await makeField(server.admin, { module: 'broad', name: 'score', type: 'INTEGER' })
    const plain = await makeField(server.admin, { module: 'broad', name: 'plain', type: 'FORMULA', formula: 'score + 1' })
    await makeField(server.admin, { module: 'broad', name: 'ranked', type: 'FORMULA', formula: 'plain + 1', indexed: true })
    for (const part of [fields.slice(0, 100), fields.slice(100)])
      await server.admin.data(METADATA.createFields, { input: part.map((field) => ({ module: 'broad', ...field })) })
    await refuses(score.id, { type: 'DECIMAL' }, 'input: DEPENDENT', 'broad.ranked would no longer hold')
    await server.admin.data('mutation { createBroad(input: {score: 3}) { broad { ranked } } }')
    await changeField(server.admin, await idOf('broad', 'ranked'), { indexed: false })
    await changeField(server.admin, score.id, { type: 'DECIMAL' })
    const client = new pg.Client({ connectionString: server.database.url })
    await client.connect()
    const { rows } = await client.query('SELECT extension FROM custom_field WHERE id = $1', [score.id])
    await client.end()
    expect(rows).toEqual([{ extension: 1 }])
    const { broads } = await server.admin.data('{ broads(filter: {ranked: {eq: "5"}}) { nodes { score plain ranked } } }')
    expect(broads.nodes).toEqual([{ score: '3', plain: '4', ranked: '5' }])
    await refuses(plain.id, { indexed: true }, 'input.indexed: NOT_APPLICABLE', 'A formula can be indexed while')
  })
})
