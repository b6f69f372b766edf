import { Decimal } from 'decimal.js'
import fc from 'fast-check'
import type { FieldType } from '../../src/entities/metadata.ts'
import { DAYS, decimal, decimalText, E164, INSTANTS, inOwnCurrency, money, moneyText, OPTIONS, PHONES, text } from './samples.ts'

/** How the values of a field are compared, and so which operators it has; null for values that nothing compares. */
export type Family = 'text' | 'phone' | 'number' | 'money' | 'flag' | 'day' | 'instant' | 'list' | 'one' | 'many' | null

/** A field type as the test drives it. All values are those of the API. */
export interface TestedType {
  readonly type: FieldType
  readonly family: Family
  /** What `createCustomField` is given besides name and type. */
  readonly attributes?: Readonly<Record<string, unknown>>
  /** Selection below the field. */
  readonly selection?: string
  /** Inputs that are accepted; absent for fields that nobody writes and for relations, whose inputs are other records. */
  readonly inputs?: fc.Arbitrary<unknown>
  /** What is answered for an input; the input itself unless given. */
  readonly answer?: (input: never) => unknown
  /** What filters and orders compare; the answer unless given. */
  readonly compared?: (input: never) => unknown
  /** Inputs that are refused, with the code of their issue. */
  readonly refused?: readonly (readonly [input: unknown, code: string])[]
  /** Taken on create where nothing is given. */
  readonly default?: unknown
  readonly sortable?: boolean
  readonly groupable?: boolean
}

/** Every type of the contract once; a test compares the list with the API's own. */
export const TESTED: readonly TestedType[] = [
  {
    type: 'TEXT',
    family: 'text',
    attributes: { maxLength: 20, pattern: '^[^!]*$' },
    inputs: text,
    refused: [
      ['有人!', 'PATTERN'],
      ['长'.repeat(21), 'TOO_LONG'],
      ['nul\u0000', 'NUL'],
    ],
    default: '默认',
    sortable: true,
    groupable: true,
  },
  {
    type: 'LONG_TEXT',
    family: 'text',
    attributes: { minLength: 0 },
    inputs: text.map((value) => `${value}\n${value}`),
    refused: [[`${'长'.repeat(100_001)}`, 'TOO_LONG']],
  },
  {
    type: 'INTEGER',
    family: 'number',
    attributes: { min: -2_000_000_000, max: 2_000_000_000 },
    inputs: fc.oneof(fc.constantFrom(-2_000_000_000, 2_000_000_000, 0), fc.integer({ min: -9, max: 9 })),
    compared: (input: number) => new Decimal(input),
    refused: [
      [2_000_000_001, 'TOO_LARGE'],
      [-2_000_000_001, 'TOO_SMALL'],
    ],
    default: 7,
    sortable: true,
    groupable: true,
  },
  {
    type: 'DECIMAL',
    family: 'number',
    attributes: { scale: 6 },
    inputs: fc.oneof(decimalText(6, 4), decimalText(6, 18)),
    compared: decimal,
    answer: (input: string) => new Decimal(input).toFixed(),
    sortable: true,
    groupable: true,
  },
  {
    type: 'MONEY',
    family: 'money',
    selection: '{ amount currency }',
    inputs: money,
    answer: ({ amount, currency }: { amount: string; currency: string }) => ({ amount: moneyText(new Decimal(amount)), currency }),
    compared: inOwnCurrency,
    refused: [
      [{ amount: '1', currency: 'XXX' }, 'CURRENCY'],
      [{ amount: '1', currency: 'EUR' }, 'NO_RATE'],
    ],
    sortable: true,
  },
  {
    type: 'PERCENT',
    family: 'number',
    inputs: decimalText(4, 5),
    compared: decimal,
    answer: (input: string) => new Decimal(input).toFixed(),
    sortable: true,
    groupable: true,
  },
  { type: 'BOOLEAN', family: 'flag', inputs: fc.boolean(), sortable: true, groupable: true, default: false },
  {
    type: 'DATE',
    family: 'day',
    inputs: fc.constantFrom(...DAYS),
    compared: (input: string) => Date.parse(input),
    sortable: true,
    groupable: true,
  },
  {
    type: 'DATETIME',
    family: 'instant',
    inputs: fc.constantFrom(...INSTANTS),
    answer: (input: string) => new Date(input).toISOString(),
    compared: (input: string) => Date.parse(input),
    sortable: true,
    groupable: true,
  },
  {
    type: 'DURATION',
    family: 'number',
    inputs: fc.integer({ min: 0, max: 5 }),
    compared: (input: number) => new Decimal(input),
    sortable: true,
    groupable: true,
  },
  {
    type: 'RATING',
    family: 'number',
    inputs: fc.integer({ min: 1, max: 5 }),
    compared: (input: number) => new Decimal(input),
    refused: [[6, 'TOO_LARGE']],
    sortable: true,
    groupable: true,
  },
  {
    type: 'SELECT',
    family: 'text',
    attributes: { options: OPTIONS },
    inputs: fc.constantFrom(...OPTIONS.map(({ value }) => value)),
    refused: [['lost', 'OPTION']],
    sortable: true,
    groupable: true,
  },
  {
    type: 'MULTI_SELECT',
    family: 'list',
    attributes: { options: OPTIONS },
    inputs: fc.subarray(OPTIONS.map(({ value }) => value)),
    refused: [[['new', 'lost'], 'OPTION']],
  },
  {
    type: 'EMAIL',
    family: 'text',
    inputs: fc.constantFrom('li.na@example.com', 'Wang@Example.org'),
    refused: [['李', 'EMAIL']],
    sortable: true,
    groupable: true,
  },
  {
    type: 'PHONE',
    family: 'phone',
    selection: '{ raw e164 }',
    inputs: fc.constantFrom(...PHONES),
    answer: (raw: (typeof PHONES)[number]) => ({ raw, e164: E164[raw] }),
    compared: (raw: (typeof PHONES)[number]) => E164[raw],
    refused: [['12', 'PHONE']],
    sortable: true,
    groupable: true,
  },
  {
    type: 'URL',
    family: 'text',
    inputs: fc.constantFrom('https://example.com/路径', 'http://example.org'),
    refused: [['ftp://example.com', 'URL']],
    sortable: true,
    groupable: true,
  },
  {
    type: 'ADDRESS',
    family: null,
    selection: '{ street city state postcode country }',
    inputs: fc.record({ street: fc.constantFrom('南京路 1 号', 'Main St'), city: fc.constantFrom('上海', 'Bonn'), country: fc.constantFrom('CN', 'DE') }),
    answer: (input: object) => ({ postcode: null, state: null, ...input }),
  },
  {
    type: 'GEO',
    family: null,
    selection: '{ latitude longitude }',
    inputs: fc.constantFrom({ latitude: 31.25, longitude: 121.5 }, { latitude: -90, longitude: 180 }),
  },
  { type: 'JSON', family: null, inputs: fc.constantFrom({ 键: [1, 'two', null] }, { nested: { deep: true } }) },
  { type: 'REFERENCE', family: 'one', selection: '{ id }' },
  { type: 'REFERENCES', family: 'many', selection: '(first: 100) { nodes { id } }' },
  { type: 'USER', family: 'one', selection: '{ id }' },
  { type: 'FORMULA', family: 'number', attributes: { formula: 'fInteger * 2 + 1' }, sortable: true, groupable: true },
  {
    type: 'ROLLUP',
    family: 'number',
    attributes: { rollup: { relation: 'fReferenceOf', function: 'SUM', field: 'fInteger' } },
    sortable: true,
    groupable: true,
  },
  { type: 'AUTO_NUMBER', family: 'text', attributes: { numbering: { prefix: '编号-', padding: 4 } }, sortable: true, groupable: true },
]

/** `fLongText` for LONG_TEXT. */
export function nameOf({ type }: Pick<TestedType, 'type'>): string {
  return `f${type
    .split('_')
    .map((word) => word.charAt(0) + word.slice(1).toLowerCase())
    .join('')}`
}
