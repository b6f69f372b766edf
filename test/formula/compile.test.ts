import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { Decimal } from 'decimal.js'
import fc from 'fast-check'
import pg from 'pg'
import type { Expression } from '../../src/entities/expression.ts'
import { checkExpression, compileExpression, type ExpressionType, parseExpression, printExpression, readExpression } from '../../src/records/formula/index.ts'
import type { FieldDefinition } from '../../src/records/registry/index.ts'
import { literalSql } from '../../src/records/sql-text.ts'
import { openTestDatabase, type TestDatabase } from '../support/database.ts'
import { hostileStrings } from '../support/test-data.ts'
import { expressionsOf } from './generators.ts'
import { evaluate, type Row, textOf, type Value } from './interpreter.ts'
import { byId, byName } from './kit.ts'
import { addHostileRows, columnOf, extremeRows, makeTable } from './rows.ts'

const ROWS = extremeRows(60)

const compile = (expression: Expression): string => compileExpression(expression, byId, columnOf)
const nameOf = (id: string): string | undefined => byId(id)?.name

/** A result in the one form in which both sides are compared. */
const asText: Readonly<Record<ExpressionType, (sql: string) => string>> = {
  number: (sql) => `(${sql})::text`,
  money: (sql) => `trim_scale(${sql})::text`,
  text: (sql) => sql,
  boolean: (sql) => `(${sql})::text`,
  date: (sql) => `guanxi_date_text(${sql})`,
  dateTime: (sql) => `guanxi_time(${sql})`,
}

function expected(type: ExpressionType, value: Value): string | null {
  return textOf(type === 'money' && value instanceof Decimal ? value.toDecimalPlaces(4) : value)
}

const ANY = fc.oneof(...Object.values(expressionsOf(3)))

describe('compiled expressions', () => {
  let database: TestDatabase
  let client: pg.Client

  beforeAll(async () => {
    database = await openTestDatabase()
    client = new pg.Client({ connectionString: database.url })
    await client.connect()
    await makeTable(client, ROWS)
    // What is immutable does not look at these.
    await client.query(`SET TimeZone = 'Asia/Shanghai'; SET DateStyle = 'German'`)
  })

  afterAll(async () => {
    await client?.end()
    await database?.close()
  })

  const values = async (expression: Expression, where = 'n < 10000'): Promise<(string | null)[]> => {
    const { type } = checkExpression(expression, byId)
    const { rows } = await client.query(`SELECT ${asText[type](compile(expression))} AS value FROM deal r WHERE ${where} ORDER BY n`)
    return rows.map(({ value }) => value)
  }
  const valueOf = async (text: string): Promise<string | null | undefined> => (await values(readExpression(text, byName).expression, 'n = 0'))[0]

  test('every expression prints to a text that parses to itself', () => {
    fc.assert(
      fc.property(ANY, (expression) => {
        const text = printExpression(expression, nameOf)
        fc.pre(text.length <= 2000)
        expect(parseExpression(text, byName).expression).toEqual(expression)
      }),
      { numRuns: 1000 },
    )
  })

  test('PostgreSQL computes what the interpreter computes, and can index it', async () => {
    await client.query('CREATE TABLE empty_deal (LIKE deal)')
    await fc.assert(
      fc.asyncProperty(ANY, async (expression) => {
        const { type, stable } = checkExpression(expression, byId)
        const wanted = ROWS.map((row: Row) => expected(type, evaluate(expression, row)))
        expect({ text: printExpression(expression, nameOf), values: await values(expression) }).toEqual({
          text: printExpression(expression, nameOf),
          values: wanted,
        })
        expect(stable).toBe(true)
        await client.query(`CREATE INDEX formula ON empty_deal ((${compile(expression).replaceAll('r."', '"')}))`)
        await client.query('DROP INDEX formula')
      }),
      { numRuns: 600 },
    )
  }, 120_000)

  test('thousands of expressions raise no error over extreme rows', async () => {
    await addHostileRows(client)
    const deep = fc.oneof(...Object.values(expressionsOf(5)))
    await fc.assert(
      fc.asyncProperty(fc.array(deep, { minLength: 20, maxLength: 20 }), async (expressions) => {
        const columns = expressions.map((expression) => asText[checkExpression(expression, byId).type](compile(expression)))
        await client.query(`SELECT ${columns.map((sql, index) => `count(DISTINCT left(${sql}, 50)) AS v${index}`).join(', ')} FROM deal r`)
      }),
      { numRuns: 100 },
    )
  }, 120_000)

  test('hostile texts stay texts', async () => {
    for (const text of hostileStrings()) {
      const { rows } = await client.query(`SELECT ${literalSql(text)} AS value, 1 AS one`)
      expect(rows).toEqual([{ value: text, one: 1 }])
      const same: Expression = { kind: 'literal', type: 'text', value: text }
      const sql = compile({
        kind: 'call',
        name: '=',
        arguments: [
          { kind: 'call', name: '&', arguments: [same, same] },
          { kind: 'field', field: 'id-name' },
        ],
      })
      const found = await client.query(`SELECT ${sql} AS same FROM (SELECT $1::text AS c_name) r`, [text + text])
      expect(found.rows).toEqual([{ same: true }])
    }
    await client.query('SET standard_conforming_strings = off; SET backslash_quote = on; SET escape_string_warning = off').then(
      async () => {
        const text = `\\'; SELECT 1; --`
        expect((await client.query(`SELECT ${literalSql(text)} AS value`)).rows).toEqual([{ value: text }])
        await client.query('RESET standard_conforming_strings; RESET backslash_quote; RESET escape_string_warning')
      },
      // PostgreSQL 19 knows no other setting than on.
      (error: Error) => expect(error.message).toContain('standard_conforming_strings'),
    )
    expect(() => literalSql('a\0b')).toThrow('U+0000')
  })

  test.each([
    ['if(true, date("2026-01-31"), dateTime("2026-01-01T00:00:00Z"))', '2026-01-31T00:00:00.000Z'],
    ['dateTime("2026-01-31T00:00:00Z") = date("2026-01-31")', 'true'],
    ['dateTime("2026-01-31T12:00:00Z") - date("2026-01-31")', '0.5'],
    ['daysBetween(date("2026-01-31"), date("2026-03-01"))', '29'],
    ['date("2026-01-31") + 1.9', '2026-02-01'],
    ['dateTime("2026-01-31T00:00:00Z") + 0.5', '2026-01-31T12:00:00.000Z'],
    ['addMonths(date("2026-01-31"), 1)', '2026-02-28'],
    ['date("9999-12-31") + 1', null],
    ['date("0001-01-01") - 999999999999999', null],
    ['1 / 0', null],
    ['1 / 3', '0.3333333333'],
    ['10 % 3', '1'],
    ['999999999999999999999999999999 + 1', null],
    ['round(999999999999999999999999999999, -1)', null],
    ['round(2.5) & round(-2.5) & round(1234.567, 1) & round(1234, -2)', '3-31234.61200'],
    ['null = null', 'true'],
    ['null < 1 or null > 1', 'false'],
    ['null + 1', null],
    ['not null', 'true'],
    ['"a" & null & 1.50 & true & date("2026-01-31")', 'a1.5true2026-01-31'],
    ['number("１２.５０") * 2', '25'],
    ['number("12a")', null],
    ['number("1e5")', null],
    ['contains("Ｇｕａｎｘｉ 关系", "GUAN")', 'true'],
    ['endsWith("关系", "系") and startsWith("ABC", "ab") and not startsWith("ABC", "b")', 'true'],
    ['"a" = "A"', 'false'],
    ['left("😀😁😂", 2) & right("关系", 1) & length("😀关")', '😀😁系2'],
    ['left("abc", -1) & right("abc", 99999999999999999999)', 'abc'],
    ['replace("aXbX", "X", "关")', 'a关b关'],
    ['trim("  a　")', 'a'],
    ['isEmpty("") and isEmpty(null) and not isEmpty(0)', 'true'],
    ['min(3, null, 2) & max(date("2026-01-31"), date("2026-02-01"))', '22026-02-01'],
    ['weekday(date("2026-11-27"))', '5'],
    ['"won" in ("lost", "won") and 1 not in (2, -1)', 'true'],
    ['year(dateTime("2026-12-31T23:59:59Z"))', '2026'],
    ['dateOf(dateTime("2026-12-31T23:59:59Z"))', '2026-12-31'],
    ['hoursBetween(dateTime("2026-01-31T08:00:00Z"), dateTime("2026-01-31T08:20:00Z"))', '0.3333333333'],
  ])('%s is %j', async (text, value) => {
    expect(await valueOf(text)).toBe(value)
  })

  test('the id, whose column is a uuid, is a text', async () => {
    const sql = compileExpression(readExpression('right(id, 3) & length(id)', byName).expression, byId, () => 'r.id')
    const { rows } = await client.query(`SELECT ${sql} AS value FROM (SELECT '00000000-0000-7000-8000-000000000abc'::uuid AS id) r`)
    expect(rows).toEqual([{ value: 'abc36' }])
  })

  test('formulas stand in formulas, and rollups of any size', async () => {
    const inner = readExpression('price / 3', byName).expression
    const factor = byName('factor') as FieldDefinition
    const margin: FieldDefinition = { ...factor, id: 'id-margin', type: 'FORMULA', formula: { type: 'MONEY', expression: inner } }
    const total: FieldDefinition = { ...factor, id: 'id-total', type: 'ROLLUP', rollup: { type: 'DECIMAL', via: 'x', module: 'line', function: 'SUM' } }
    const valueWith = async (text: string): Promise<unknown> => {
      const { expression } = readExpression(text, (name) => ({ margin, total })[name] ?? byName(name))
      const fieldById = (id: string) => [margin, total].find((field) => field.id === id) ?? byId(id)
      const sql = compileExpression(expression, fieldById, (id) => (id === 'id-margin' ? compile(inner) : id === 'id-total' ? '1e40 + 1e-30' : columnOf(id)))
      return (await client.query(`SELECT (${sql})::text AS value FROM (SELECT 100::numeric AS c_price_base) r`)).rows[0]?.value
    }
    expect(await valueWith('margin * 2 + price')).toBe('166.6666')
    expect(await valueWith('margin = price / 3')).toBe('false')
    expect(await valueWith('total > 1')).toBe('true')
    expect(await valueWith('-total')).toBeNull()
    expect(await valueWith('total * 0.5')).toBeNull()
    expect(await valueWith('length(concat(total))')).toBe('72')
  })

  test('today and now are days and instants of UTC', async () => {
    expect(await valueOf('today() = dateOf(now()) and hoursBetween(now(), now()) = 0')).toBe('true')
  })

  test('the largest expressions run: deep, long, and with results that would double at each level', async () => {
    const nested = (open: string, close: string, inner: string) => `${open.repeat(49)}${inner}${close.repeat(49)}`
    expect(await valueOf(nested('1 / (', ')', '2'))).toMatch(/^\d/)
    expect(await valueOf(`${'replace('.repeat(6)}"a"${', "a", "aaaaaaaaaa")'.repeat(6)}`)).toHaveLength(100_000)
    expect(await valueOf(`length(${Array(99).fill('"关"').join(' & ')})`)).toBe('99')
    expect(await valueOf(Array(100).fill('quantity').join(' * '))).toBeNull()
    expect(await valueOf(Array(80).fill('0.00000000000000000001').join(' * '))).toBe('0')
    expect(await valueOf(nested('not ', '', 'true'))).toBe('false')
    expect(await valueOf(nested('true = (', ')', 'active in (true)'))).not.toBeNull()
    expect(compile(readExpression(nested('if(active, 1, ', ')', '2'), byName).expression).length).toBeLessThan(5000)
  })
})
