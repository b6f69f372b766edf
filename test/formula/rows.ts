import type pg from 'pg'
import { columnsOf } from '../../src/entities/columns.ts'
import { hostileStrings } from '../support/test-data.ts'
import { dayOf, decimal, momentOf, type Row, textOf, type Value } from './interpreter.ts'
import { DEAL } from './kit.ts'

const TEXTS = [null, '', 'won', 'Won', '关系', '關係 ＡＢＣ', '😀😁', 'it\'s "quoted" \\ %_ $1', ' 12.50 ', '-３', 'a.b', '1'.repeat(100), 'aB1.'.repeat(125)]
const DECIMALS = [null, '0', '1', '-1', '0.5', '0.000001', '-0.000001', '9999999999999999999999999999', '-9999999999999999999999999999.999999', '12.3456']
const MONEY = [null, '0', '0.0001', '-19.99', '999999999999999.9999', '-999999999999999.9999', '100']
const DAYS = [null, '0001-01-01', '9999-12-31', '2024-02-29', '2026-01-31', '1970-01-01', '2026-11-27']
const MOMENTS = [
  null,
  '0001-01-01T00:00:00.000Z',
  '9999-12-31T23:59:59.999Z',
  '2024-02-29T23:59:59.999Z',
  '2026-03-31T12:34:56.789Z',
  '1969-12-31T23:59:59.999Z',
]
const INTEGERS = [null, '0', '1', '-1', '2147483647', '-2147483648', '30', '7']
const DURATIONS = [null, '0', '86400', '9223372036854775807', '-9223372036854775808', '3600']
const BOOLEANS = [null, true, false]

const pick = <T>(values: readonly T[], seed: number): T => values[seed % values.length] as T
const read = <T>(text: string | null, make: (text: string) => T): T | null => (text === null ? null : make(text))

/** Rows that hold each extreme beside others; the same ones at every run. `id-<name>` → value. */
export function extremeRows(count: number): readonly Row[] {
  return Array.from({ length: count }, (_, n) => {
    const at = (factor: number): number => n * factor + Math.floor(n / 7)
    const entries: readonly [string, Value][] = [
      ['name', pick(TEXTS, at(1))],
      ['familyName', pick(TEXTS, at(5))],
      ['stage', pick(['won', 'lost', null], at(1))],
      ['phone', pick(['+8613800138000', null], at(1))],
      ['email', pick(['a@b.example', null, 'Ａ@例.example'], at(2))],
      ['quantity', read(pick(INTEGERS, at(3)), decimal)],
      ['rating', read(pick([null, '1', '5', '-32768'], at(1)), decimal)],
      ['effort', read(pick(DURATIONS, at(1)), decimal)],
      ['factor', read(pick(DECIMALS, at(3)), decimal)],
      ['discount', read(pick(DECIMALS, at(7)), decimal)],
      ['price', read(pick(MONEY, at(2)), decimal)],
      ['cost', read(pick(MONEY, at(3)), decimal)],
      ['active', pick(BOOLEANS, at(1))],
      ['paid', pick(BOOLEANS, at(2))],
      ['true', pick(BOOLEANS, at(4))],
      ['startsOn', read(pick(DAYS, at(2)), dayOf)],
      ['endsOn', read(pick(DAYS, at(3)), dayOf)],
      ['openedAt', read(pick(MOMENTS, at(1)), momentOf)],
      ['closedAt', read(pick(MOMENTS, at(5)), momentOf)],
      ['interests', pick([null, [], ['a'], ['a', 'won', '关']], at(1))],
      ['address', pick([null, { json: '{"city":"x"}' }], at(1))],
      ['assignee', pick([null, '00000000-0000-7000-8000-000000000001'], at(1))],
    ]
    return new Map(entries.map(([name, value]) => [`id-${name}`, value]))
  })
}

const partOf: Readonly<Record<string, string>> = { MONEY: '_base', PHONE: '_e164' }

/** SQL of a field's comparable value in the row `r`. */
export function columnOf(id: string): string {
  const field = [...DEAL.fields.values()].find((each) => each.id === id)
  return `r."${field?.column}${partOf[field?.type ?? ''] ?? ''}"`
}

/** Makes the table `deal` of the kit's module, and fills it. */
export async function makeTable(client: pg.Client, rows: readonly Row[]): Promise<void> {
  const fields = [...DEAL.fields.values()].filter((field) => !field.system)
  const columns = fields.flatMap(columnsOf).map(({ name, type }) => `"${name}" ${type}`)
  await client.query(`CREATE TABLE deal (n integer PRIMARY KEY, ${columns.join(', ')})`)
  for (const [n, row] of rows.entries()) {
    const ids = [...row.keys()]
    const names = ids.map((id) => columnOf(id).slice(2)).join(', ')
    const values = ids.map((id) => {
      const value = row.get(id) ?? null
      return Array.isArray(value) ? value : value !== null && typeof value === 'object' && 'json' in value ? value.json : textOf(value)
    })
    await client.query(`INSERT INTO deal (n, ${names}) VALUES (${n}, ${ids.map((_, index) => `$${index + 1}`).join(', ')})`, values)
  }
}

/** Texts that broke other programs, one a row, with long notes; for `never an error`. */
export async function addHostileRows(client: pg.Client): Promise<void> {
  const texts = hostileStrings().filter((text) => !text.includes('\0'))
  await client.query(
    `INSERT INTO deal (n, c_name, "c_familyName", c_stage) SELECT 10000 + n, t, reverse(t), t FROM unnest($1::text[]) WITH ORDINALITY AS x(t, n) WHERE n % 6 = 0`,
    [texts],
  )
}
