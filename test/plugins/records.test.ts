import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { codesOf, type TestClient } from '../support/client.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { eventually, pluginFolder, step } from './kit.ts'

const CREATE = 'mutation ($input: [CreateTallyItemInput!]!) { createTallyItems(input: $input) { nodes: tallyItems { id } } }'
const GROUPS = 'query ($module: String!, $options: JSON!) { tallyGroups(module: $module, options: $options) }'

/** Figures over many records, locks, and rights that hang on related records. */
describe('what plugins do with many records', () => {
  const folder = pluginFolder()
  let server: TestServer
  let admin: TestClient
  let rep: { readonly id: string; readonly client: TestClient }
  let box: string

  beforeAll(async () => {
    const tally = folder.write({
      name: 'tally',
      manifest: { capabilities: { modules: { account: ['READ'], user: ['READ'] }, system: true, jobs: true } },
      definition: `
        modules: [
          { name: 'tallyBox', pluralName: 'tallyBoxes', fields: [{ name: 'name', type: 'TEXT', required: true }, { name: 'items', type: 'INTEGER' }, { name: 'keeper', type: 'USER' }] },
          { name: 'tallyItem', pluralName: 'tallyItems', fields: [{ name: 'name', type: 'TEXT' }, { name: 'kind', type: 'SELECT', options: [{ value: 'a' }, { value: 'b' }] },
            { name: 'size', type: 'DECIMAL' }, { name: 'twice', type: 'FORMULA', formula: 'size * 2' }, { name: 'price', type: 'MONEY', sensitivity: 'finance' }, { name: 'day', type: 'DATE' },
            { name: 'box', type: 'REFERENCE', reference: { module: 'tallyBox', inverseName: 'things', onDelete: 'cascade' } }] }],
        grants: [
          { role: 'sales_rep', module: 'tallyBox', actions: ['READ'], scope: 'ALL', where: { keeper: { id: { eq: { viewer: 'id' } } } } },
          { role: 'sales_rep', module: 'tallyBox', actions: ['CREATE', 'READ', 'UPDATE'], scope: 'OWN' },
          { role: 'sales_rep', module: 'tallyItem', actions: ['READ'], scope: 'ALL', where: { box: { keeper: { id: { eq: { viewer: 'id' } } } } } },
          { role: 'sales_rep', module: 'tallyItem', actions: ['CREATE', 'READ', 'UPDATE', 'BULK'], scope: 'ALL', where: { kind: { eq: 'a' } } }],
        guards: [{ module: 'tallyBox', run: (changes, { derived, user }) => {
          for (const change of changes) if (change.given('items') && !derived && !user.self) change.refuse('items', 'COUNTED', 'The plugin counts them.') } }],
        after: [{ module: 'tallyItem', run: async (changes, { derive, asSystem }) => {
          const ids = [...new Set(changes.flatMap(({ before, after }) => [before?.box, after.box]).filter(Boolean))]
          const boxes = await derive.lock('tallyBox', ids)
          if (boxes.size === 0) return
          const system = await asSystem('count')
          const groups = await system.aggregate('tallyItem', { filter: { box: { id: { in: [...boxes.keys()] } } }, groupBy: ['box'] })
          await derive.update('tallyBox', [...boxes.keys()].map((id) => ({ id, values: { items: groups.find(({ key }) => key.box === id)?.count ?? 0 } })))
        } }],
        jobs: [{ name: 'mark', run: async (payload, { records }) => {
          await records.change(async (changes) => { await changes.lock('tallyBox', [payload.box]); const { items } = await changes.get('tallyBox', payload.box); await changes.update('tallyBox', [{ id: payload.box, values: { items: items + 1_000 } }]) }) } }],
        routes: [],
        lifecycle: {},
        events: [{ name: 'marked', modules: ['tallyBox'], on: ['UPDATED'], run: async (events, { jobs, records }) => {
          for (const { id, changedFields } of events) if (changedFields.includes('name')) await jobs.add('mark', { box: id }, { key: id }) } }],
        graphql: { types: 'extend type Query { tallyGroups(module: String!, options: JSON!): JSON }',
          Query: { tallyGroups: async ({ module, options }, { records }) => records.aggregate(module, options) } }`,
    })
    server = await startTestServer({ environment: { PLUGIN_PATHS: tally, GUANXI_ROLE: 'all' } })
    admin = server.admin
    await step(admin, 'enablePlugin', 'tally')
    rep = await server.addUser('Rep', 'sales_rep')
    box = (await admin.data('mutation { createTallyBox(input: {name: "Box"}) { tallyBox { id } } }')).createTallyBox.tallyBox.id
    const input = Array.from({ length: 60 }, (_, index) => ({
      name: `Item ${index}`,
      kind: index % 3 === 0 ? 'b' : 'a',
      size: `${index}.5`,
      day: `2026-01-${String(1 + (index % 28)).padStart(2, '0')}`,
      price: { amount: `${index}`, currency: 'USD' },
      ...(index < 40 && { box: { id: box } }),
    }))
    await admin.data(CREATE, { input })
  })
  afterAll(async () => {
    await server?.close()
    folder.remove()
  })

  const groups = async (client: TestClient, options: object, module = 'tallyItem') => (await client.data(GROUPS, { module, options })).tallyGroups

  test('figures of groups come in one statement, by the rights of whoever asks', async () => {
    expect(await groups(admin, { groupBy: ['kind'], sum: ['size', 'twice'], min: ['day'], max: ['size', 'day'], avg: ['size'] })).toEqual([
      {
        key: { kind: 'a' },
        count: 40,
        sum: { size: '1220', twice: '2440' },
        avg: { size: '30.5' },
        min: { day: '2026-01-01' },
        max: { size: '59.5', day: '2026-01-28' },
      },
      {
        key: { kind: 'b' },
        count: 20,
        sum: { size: '580', twice: '1160' },
        avg: { size: '29' },
        min: { day: '2026-01-01' },
        max: { size: '57.5', day: '2026-01-28' },
      },
    ])
    expect(await groups(admin, { groupBy: ['box'], sum: ['price'], filter: { kind: { eq: 'a' } } })).toEqual([
      { key: { box }, count: 26, sum: { price: { amount: '507.00', currency: 'USD' } }, avg: {}, min: {}, max: {} },
      { key: { box: null }, count: 14, sum: { price: { amount: '693.00', currency: 'USD' } }, avg: {}, min: {}, max: {} },
    ])
    // No box of others, nothing of kind b.
    expect(await groups(rep.client, {})).toEqual([{ key: {}, count: 40, sum: {}, avg: {}, min: {}, max: {} }])
    const hidden = await rep.client.send(GROUPS, { module: 'tallyItem', options: { sum: ['price'] } })
    expect(codesOf(hidden)).toEqual(['VALIDATION_FAILED'])
    for (const options of [{ groupBy: ['price'] }, { sum: ['day'] }, { max: ['name'] }, { sum: ['nothing'] }, { filter: { nothing: { eq: 1 } } }])
      expect(codesOf(await admin.send(GROUPS, { module: 'tallyItem', options }))).toEqual(['VALIDATION_FAILED'])
    expect(codesOf(await admin.send(GROUPS, { module: 'lead', options: {} }))).toEqual(['FORBIDDEN'])
  })

  test('a figure that is made under a lock misses nothing, however many write at once', async () => {
    const add = (count: number) => admin.data(CREATE, { input: Array.from({ length: count }, () => ({ kind: 'a', box: { id: box } })) })
    await Promise.all(Array.from({ length: 12 }, (_, index) => add(1 + (index % 3))))
    expect((await admin.data('query ($id: ID!) { tallyBox(id: $id) { items } }', { id: box })).tallyBox.items).toBe(40 + 24)
  })

  test('a plugin knows its own work from what users ask for', async () => {
    const UPDATE = 'mutation ($id: ID!, $input: UpdateTallyBoxInput!) { updateTallyBox(id: $id, input: $input) { changeSetId } }'
    expect(codesOf(await admin.send(UPDATE, { id: box, input: { items: 5 } }))).toEqual(['VALIDATION_FAILED'])
    await admin.data(UPDATE, { id: box, input: { name: 'Marked' } })
    await eventually(async () => (await admin.data('query ($id: ID!) { tallyBox(id: $id) { items } }', { id: box })).tallyBox.items === 1_064)
  })

  test('a default grant can hang on related records', async () => {
    const seen = async () => {
      const { tallyBoxes, tallyItems } = await rep.client.data('{ tallyBoxes { totalCount } tallyItems { totalCount } }')
      return [tallyBoxes.totalCount, tallyItems.totalCount]
    }
    expect(await seen()).toEqual([0, 64])
    await admin.data('mutation ($id: ID!, $user: ID!) { updateTallyBox(id: $id, input: {keeper: {id: $user}}) { changeSetId } }', { id: box, user: rep.id })
    expect(await seen()).toEqual([1, 78])
  })
})
