import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { Expression } from '../../src/entities/expression.ts'
import { coreModules } from '../../src/entities/index.ts'
import type { ModuleMetadata } from '../../src/entities/metadata.ts'
import { readExpression } from '../../src/records/formula/index.ts'
import { buildRegistry, fieldNamed } from '../../src/records/registry/index.ts'
import type { ModuleRule } from '../../src/records/write/index.ts'
import { runTimeField, runTimeModule, runTimeTables } from '../support/run-time-fields.ts'
import { openWriteKit, type WriteKit } from '../support/write-kit.ts'

const plain = [
  ...coreModules(),
  runTimeModule(1000, 'deal', [
    { name: 'must', type: 'TEXT', required: true, default: 'given' },
    { name: 'kinds', type: 'MULTI_SELECT', required: true, options: [{ value: 'a', label: { en: 'A' } }] },
    { name: 'status', type: 'SELECT', options: ['open', 'lost'].map((value) => ({ value, label: { en: value } })) },
    { name: 'value', type: 'MONEY' },
    { name: 'due', type: 'DATE' },
    { name: 'phone', type: 'PHONE' },
    { name: 'far', type: 'TEXT', extension: 1 },
  ]),
]

/** The module with fields that are demanded under a condition; expressions can name the fields before them. */
function withConditions(modules: readonly ModuleMetadata[]): ModuleMetadata[] {
  const deal = buildRegistry(modules, 1).module('deal')
  const read = (text: string): Expression => readExpression(text, (name) => fieldNamed(deal, name)).expression
  const doubled = runTimeField({ name: 'doubled', type: 'FORMULA', formula: { expression: read('value * 2'), type: 'MONEY' } })
  const conditional = [
    runTimeField({ name: 'reason', type: 'TEXT', requiredWhen: read('status = "lost" and title <> "secret"') }),
    runTimeField({ name: 'approval', type: 'TEXT', requiredWhen: read('value >= 1000 or far = "away"'), extension: 1 }),
    runTimeField({ name: 'callers', type: 'REFERENCES', reference: { module: 'contact', onDelete: 'clear' }, requiredWhen: read('phone = "+8613800138000"') }),
  ]
  const extended = modules.map((module) => (module.name === 'deal' ? { ...module, fields: [...module.fields, doubled, ...conditional] } : module))
  const whole = buildRegistry(extended, 1).module('deal')
  const note = runTimeField({
    name: 'note',
    type: 'TEXT',
    requiredWhen: readExpression('doubled > 5000 and due < date("2020-01-01")', (name) => fieldNamed(whole, name)).expression,
  })
  return extended.map((module) => (module.name === 'deal' ? { ...module, fields: [...module.fields, note] } : module))
}

const modules = withConditions(plain)
/** Loses every deal whose title says so. */
const rule: ModuleRule = {
  module: 'deal',
  before: (changes) => {
    for (const change of changes) {
      if (change.after['title'] === 'lose me') change.set('status', 'lost')
      if (change.after['title'] === 'empty me') change.set('must', null)
      if (change.after['title'] === 'blank me') change.set('must', ' \u200b')
    }
  },
  after: async (changes, { derive }) => {
    const copied = changes.filter(({ after }) => after['title'] === 'copy me')
    await derive.create(
      'deal',
      copied.map(({ after: { must, kinds } }) => ({ title: 'copy', must, kinds })),
    )
  },
}
const column = (name: string) => modules.at(-1)?.fields.find((field) => field.name === name)?.column
let kit: WriteKit

beforeAll(async () => {
  kit = await openWriteKit({ modules, ddl: runTimeTables(modules), rules: [rule] })
})
afterAll(() => kit?.close())

const deal = async (input: Record<string, unknown> = {}) => (await kit.create(kit.root, 'deal', [{ kinds: ['a'], ...input }]))[0] as string
const update = (id: string, input: Record<string, unknown>) => kit.update(kit.root, 'deal', [{ id, input }])
const refused = async (work: Promise<unknown>) => {
  const error = (await work.catch((failure: unknown) => failure)) as { details?: { issues: { path: unknown[]; code: string }[] } }
  return error.details?.issues.map(({ path, code }) => `${path.join('.')} ${code}`)
}

test('a required value is demanded on create, when given null, and when cleared; an empty list is none', async () => {
  expect(await refused(kit.create(kit.root, 'deal', [{}, { kinds: [] }, { kinds: ['a'], must: null }]))).toEqual([
    'input.1.kinds REQUIRED',
    'input.2.must REQUIRED',
    'input.0.kinds REQUIRED',
  ])
  expect(await refused(kit.create(kit.root, 'deal', [{ kinds: [] }]))).toEqual(['input.0.kinds REQUIRED'])
  const id = await deal()
  expect(await kit.row('deal', id)).toMatchObject({ [column('must') as string]: 'given' })
  for (const input of [{ must: null }, { kinds: null }, { kinds: [] }])
    expect(await refused(update(id, input))).toEqual([`input.0.${Object.keys(input)[0]} REQUIRED`])
  expect(await refused(update(id, { title: 'empty me' }))).toEqual(['input.0.must REQUIRED'])
})

test('what was empty before does not block a change that leaves it out', async () => {
  const id = await deal()
  await kit.rows(`UPDATE m_1000 SET ${column('must')} = NULL, ${column('kinds')} = '{}', created_at = '2019-01-01' WHERE id = $1`, [id])
  await update(id, { title: 'still' })
  expect(await refused(update(id, { must: null }))).toEqual(['input.0.must REQUIRED'])
  await kit.remove(kit.root, 'deal', [{ id }])
  await kit.restore(kit.root, 'deal', [{ id }])
  await update(id, { must: 'now', kinds: ['a'] })
})

test('a blank text is none, be it given or set by a rule; what the system copies of one that was there before stands', async () => {
  const id = await deal()
  expect(await refused(deal({ must: ' ' }))).toEqual(['input.0.must REQUIRED'])
  for (const must of ['', '\u3000', '\u200b']) expect(await refused(update(id, { must }))).toEqual(['input.0.must REQUIRED'])
  expect(await refused(update(id, { title: 'blank me' }))).toEqual(['input.0.must REQUIRED'])
  expect(await refused(update(id, { status: 'lost', reason: '\t' }))).toEqual(['input.0.reason REQUIRED'])
  expect(await kit.row('deal', id)).toMatchObject({ [column('must') as string]: 'given', version: 1 })
  await kit.rows(`UPDATE m_1000 SET ${column('must')} = ' ' WHERE id = $1`, [id])
  await update(id, { title: 'copy me' })
  expect(await kit.rows(`SELECT ${column('must')} AS must FROM m_1000 WHERE ${column('title')} = 'copy'`)).toEqual([{ must: ' ' }])
})

test('the check of the database speaks as the pipeline does', async () => {
  const failure = await kit
    .run(kit.root, async (_changes) => kit.database.query({ text: 'INSERT INTO m_1000 (id) VALUES (gen_random_uuid())', purpose: 'record' }))
    .catch((error: unknown) => error)
  expect(failure).toMatchObject({ code: 'VALIDATION_FAILED', details: { issues: [{ path: ['must'], code: 'REQUIRED' }] } })
})

test('a value is demanded by what the record will be, rules and stored values included', async () => {
  expect(await refused(kit.create(kit.root, 'deal', [{ kinds: ['a'] }, { kinds: ['a'], status: 'lost' }, { kinds: ['a'], title: 'lose me' }]))).toEqual([
    'input.1.reason REQUIRED',
    'input.2.reason REQUIRED',
  ])
  const id = await deal({ title: '机密', status: 'lost', reason: 'price' })
  expect(await refused(update(id, { reason: null }))).toEqual(['input.0.reason REQUIRED'])
  await update(id, { title: 'secret', reason: null })
  // Nothing is not "secret".
  expect(await refused(update(id, { title: null }))).toEqual(['input.0.reason REQUIRED'])
  expect(await refused(update(id, { title: 'known' }))).toEqual(['input.0.reason REQUIRED'])
  await kit.remove(kit.root, 'deal', [{ id }])
  await kit.restore(kit.root, 'deal', [{ id }])
})

test('money counts in the organisation’s currency, formulas, phones, extensions and links are known', async () => {
  await kit.create(kit.root, 'exchangeRate', [{ currency: 'CNY', rate: '0.1', validFrom: '2020-01-01' }])
  await deal({ value: { amount: '9000', currency: 'CNY' } })
  expect(await refused(deal({ value: { amount: '10000', currency: 'CNY' } }))).toEqual(['input.0.approval REQUIRED'])
  expect(await refused(deal({ far: 'away' }))).toEqual(['input.0.approval REQUIRED'])
  const rich = { value: { amount: '3000', currency: 'USD' }, approval: 'yes' }
  const id = await deal({ ...rich, due: '2020-01-01' })
  expect(await refused(update(id, { due: '2019-12-31' }))).toEqual(['input.0.note REQUIRED'])
  expect(await refused(deal({ phone: '138 0013 8000' }))).toEqual(['input.0.callers REQUIRED'])
  const [contact] = await kit.create(kit.root, 'contact', [{ name: 'C' }])
  const called = await deal({ phone: '138 0013 8000', callers: { set: [{ id: contact }] } })
  await update(called, { title: 'links stand' })
  expect(await refused(update(called, { callers: null }))).toEqual(['input.0.callers REQUIRED'])
})

test('all records of a batch are judged in one statement, and none where nothing is missing', async () => {
  const inputs = Array.from({ length: 500 }, (_, index) => ({
    kinds: ['a'],
    title: `${index}`,
    status: index % 2 ? 'lost' : 'open',
    reason: index % 2 ? 'x' : null,
  }))
  kit.takeStatements()
  const ids = await kit.create(kit.root, 'deal', inputs)
  expect(kit.takeStatements().length).toBe(3)
  const full = { reason: 'x', approval: 'x', note: 'x', callers: { set: [{ id: (await kit.create(kit.root, 'contact', [{ name: 'C' }]))[0] }] } }
  kit.takeStatements()
  await kit.create(kit.root, 'deal', [{ kinds: ['a'], ...full }])
  expect(kit.takeStatements().length).toBe(4)
  expect(ids.length).toBe(500)
})
