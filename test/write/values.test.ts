import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { coreModules } from '../../src/entities/index.ts'
import { runTimeModule, runTimeTables } from '../support/run-time-fields.ts'
import { openWriteKit, type WriteKit } from '../support/write-kit.ts'

const option = (value: string, retired = false) => ({ value, label: { en: value }, retired })
const modules = [
  ...coreModules(),
  runTimeModule(1000, 'thing', [
    { name: 'code', type: 'TEXT', unique: true, minLength: 2, maxLength: 5, pattern: '^[A-Z]+$' },
    { name: 'text', type: 'TEXT', minLength: 2, maxLength: 4 },
    { name: 'free', type: 'TEXT', maxLength: 4000 },
    { name: 'plate', type: 'TEXT', pattern: '^[京沪粤][A-Z] ?\\d{5}$' },
    { name: 'slow', type: 'LONG_TEXT', pattern: '^(a+)+$' },
    { name: 'mail', type: 'EMAIL', pattern: '@example\\.com$' },
    { name: 'whole', type: 'INTEGER', min: '-5', max: '5' },
    { name: 'wide', type: 'INTEGER', min: '-9999999999', max: '9999999999' },
    { name: 'exact', type: 'DECIMAL', min: '0.5', max: '1.5' },
    { name: 'share', type: 'PERCENT', max: '1' },
    { name: 'fee', type: 'MONEY', min: '10', max: '20' },
    { name: 'wait', type: 'DURATION', min: '60' },
    { name: 'stars', type: 'RATING', min: '0', max: '10' },
    { name: 'usual', type: 'RATING' },
    { name: 'day', type: 'DATE', min: '2020-02-29', max: '2020-12-31' },
    { name: 'moment', type: 'DATETIME', min: '2020-01-01T00:00:00.000Z', max: '2020-12-31T23:59:59.999Z' },
    { name: 'tier', type: 'SELECT', options: [option('gold', true), option('silver')] },
    { name: 'tiers', type: 'MULTI_SELECT', options: [option('gold', true), option('silver'), option('铂金')] },
  ]),
]
let kit: WriteKit

beforeAll(async () => {
  kit = await openWriteKit({ modules, ddl: runTimeTables(modules) })
})
afterAll(() => kit?.close())

const issuesOf = async (work: Promise<unknown>): Promise<string[]> => {
  const error = await work.catch((failure: unknown) => failure)
  return ((error as { details?: { issues?: { path: unknown[]; code: string }[] } }).details?.issues ?? []).map(
    ({ path, code }) => `${path.slice(2).join('.')} ${code}`,
  )
}

/** Values that a field takes, and those that it refuses with the issue's path and code. */
const LIMITS: readonly (readonly [string, readonly unknown[], readonly (readonly [unknown, string])[]])[] = [
  [
    'text',
    ['ab', '😀😀', '四个汉字'],
    [
      ['a', 'text TOO_SHORT'],
      ['😀', 'text TOO_SHORT'],
      ['', 'text TOO_SHORT'],
      ['abcde', 'text TOO_LONG'],
    ],
  ],
  ['free', ['x'.repeat(4000)], [['x'.repeat(4001), 'free TOO_LONG']]],
  [
    'plate',
    ['沪A 12345', '京B12345'],
    [
      ['沪a 12345', 'plate PATTERN'],
      ['x沪A 12345', 'plate PATTERN'],
      ['沪A 12345\n', 'plate PATTERN'],
    ],
  ],
  [
    'mail',
    ['a@example.com'],
    [
      ['a@example.org', 'mail PATTERN'],
      ['a', 'mail PATTERN'],
    ],
  ],
  [
    'whole',
    [-5, 5],
    [
      [-6, 'whole TOO_SMALL'],
      [6, 'whole TOO_LARGE'],
      [2 ** 31, 'whole TOO_LARGE'],
    ],
  ],
  [
    'wide',
    [2_147_483_647, -2_147_483_648],
    [
      [2_147_483_648, 'wide TOO_LARGE'],
      [-2_147_483_649, 'wide TOO_SMALL'],
    ],
  ],
  [
    'exact',
    ['0.5', 1.5],
    [
      ['0.499999', 'exact TOO_SMALL'],
      ['1.500001', 'exact TOO_LARGE'],
    ],
  ],
  ['share', ['1', '-7'], [['1.0001', 'share TOO_LARGE']]],
  [
    'fee',
    [{ amount: '10' }, { amount: '20.0000', currency: 'USD' }],
    [
      [{ amount: '9.99' }, 'fee.amount TOO_SMALL'],
      [{ amount: '20.01' }, 'fee.amount TOO_LARGE'],
    ],
  ],
  ['wait', [60], [[59, 'wait TOO_SMALL']]],
  [
    'stars',
    [0, 10],
    [
      [-1, 'stars TOO_SMALL'],
      [11, 'stars TOO_LARGE'],
    ],
  ],
  [
    'usual',
    [1, 5],
    [
      [0, 'usual TOO_SMALL'],
      [6, 'usual TOO_LARGE'],
    ],
  ],
  [
    'day',
    ['2020-02-29', '2020-12-31'],
    [
      ['2020-02-28', 'day TOO_SMALL'],
      ['2021-01-01', 'day TOO_LARGE'],
      ['2020-02-30', 'day DATE'],
    ],
  ],
  [
    'moment',
    ['2020-01-01T08:00:00+08:00', '2020-12-31T23:59:59.999Z'],
    [
      ['2020-01-01T07:59:59+08:00', 'moment TOO_SMALL'],
      ['2021-01-01T00:00:00Z', 'moment TOO_LARGE'],
    ],
  ],
]

describe.each(LIMITS)('%s', (field, taken, refused) => {
  test('takes what lies within its limits', async () => {
    const ids = await kit.create(
      kit.root,
      'thing',
      taken.map((value) => ({ [field]: value })),
    )
    expect(ids.length).toBe(taken.length)
  })

  test.each(refused)('refuses %p', async (value, issue) => {
    expect(await issuesOf(kit.create(kit.root, 'thing', [{ [field]: value }]))).toEqual([issue])
  })
})

test('a pattern that would take other engines for ever takes no time', async () => {
  const started = performance.now()
  expect(await issuesOf(kit.create(kit.root, 'thing', [{ slow: `${'a'.repeat(50_000)}!` }]))).toEqual(['slow PATTERN'])
  expect(performance.now() - started).toBeLessThan(3000)
})

test('retired options stay where they are and are not written anew', async () => {
  const [id] = (await kit.create(kit.root, 'thing', [{ tiers: ['silver'] }])) as [string]
  for (const input of [{ tier: 'gold' }, { tiers: ['silver', 'gold'] }]) {
    const issue = [`${Object.keys(input)[0]} OPTION`]
    expect(await issuesOf(kit.create(kit.root, 'thing', [input]))).toEqual(issue)
    expect(await issuesOf(kit.update(kit.root, 'thing', [{ id, input }]))).toEqual(issue)
  }
  const column = (name: string) => modules.at(-1)?.fields.find((field) => field.name === name)?.column
  await kit.rows(`UPDATE m_1000 SET ${column('tier')} = 'gold', ${column('tiers')} = '{gold}' WHERE id = $1`, [id])
  await kit.update(kit.root, 'thing', [{ id, input: { tier: 'gold', tiers: ['gold', '铂金'] } }])
  await kit.update(kit.root, 'thing', [{ id, input: { tier: 'silver', tiers: ['铂金'] } }])
  expect(await issuesOf(kit.update(kit.root, 'thing', [{ id, input: { tiers: ['gold'] } }]))).toEqual(['tiers OPTION'])
})

test('a record is found by a key that the field would not take today; none is made by one', async () => {
  const column = modules.at(-1)?.fields.find(({ name }) => name === 'code')?.column
  const [id] = (await kit.create(kit.root, 'thing', [{ title: 'Old' }])) as [string]
  await kit.rows(`UPDATE m_1000 SET ${column} = 'an old code' WHERE id = $1`, [id])
  expect(await kit.upsert(kit.root, 'thing', [{ by: { code: 'an old code' }, input: { title: 'Found' } }])).toEqual({ ids: [id], created: [false] })
  const failure = await kit.upsert(kit.root, 'thing', [{ by: { code: 'x' }, input: {} }]).catch((error: unknown) => error)
  expect(failure).toMatchObject({
    code: 'VALIDATION_FAILED',
    details: { issues: [{ path: ['upserts', 0, 'by', 'code'], code: 'TOO_SHORT' }] },
  })
  expect((await kit.upsert(kit.root, 'thing', [{ by: { code: 'NEW' }, input: {} }])).created).toEqual([true])
})
