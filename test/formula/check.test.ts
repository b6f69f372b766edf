import { describe, expect, test } from '@jest/globals'
import { DefectError, given } from '../../src/errors/index.ts'
import { checkExpression, ExpressionError, readExpression, resultFieldType } from '../../src/records/formula/index.ts'
import { byId, byName } from './kit.ts'

const check = (text: string) => readExpression(text, byName)

describe('types', () => {
  test.each([
    ['price * quantity * (1 - discount)', 'money'],
    ['price + cost', 'money'],
    ['-price', 'money'],
    ['price / cost', 'number'],
    ['price / 3', 'money'],
    ['price - 10', 'money'],
    ['price > 1000', 'boolean'],
    ['if(stage = "won", price, 0)', 'money'],
    ['coalesce(price, cost, 0)', 'money'],
    ['max(price, money(quantity))', 'money'],
    ['number(price) * 1.5 + quantity', 'number'],
    ['rating + effort + factor', 'number'],
    ['closedAt - openedAt', 'number'],
    ['endsOn - startsOn', 'number'],
    ['closedAt - startsOn', 'number'],
    ['startsOn + 30', 'date'],
    ['30 + startsOn', 'date'],
    ['openedAt - 0.5', 'dateTime'],
    ['if(active, startsOn, openedAt)', 'dateTime'],
    ['openedAt >= date("2026-01-31")', 'boolean'],
    ['dateOf(openedAt)', 'date'],
    ['dateTime("2026-01-31T08:00:00+08:00")', 'dateTime'],
    ['name & quantity & price & active & startsOn & openedAt', 'text'],
    ['concat("a", 1)', 'text'],
    ['phone & email & notes & id', 'text'],
    ['name = null', 'boolean'],
    ['null = null', 'boolean'],
    ['if(active, null, 1)', 'number'],
    ['if(active, "yes", null)', 'text'],
    ['coalesce(null, active)', 'boolean'],
    ['isEmpty(assignee) or isEmpty(address) or isEmpty(interests) or isEmpty(owner)', 'boolean'],
    ['contains(interests, "a")', 'boolean'],
    ['stage in ("won", "lost")', 'boolean'],
    ['quantity in (1, -2)', 'boolean'],
    ['startsOn in (date("2026-01-31"))', 'boolean'],
    ['round(price)', 'money'],
    ['round(factor, 2)', 'number'],
    ['length(name)', 'number'],
    ['number(name)', 'number'],
  ])('%s is %s', (text, type) => {
    expect(check(text)).toMatchObject({ type, stable: true })
  })

  test.each(['today() > startsOn', 'if(active, now(), openedAt)', 'year(today())'])('%s is not stable', (text) => {
    expect(check(text).stable).toBe(false)
  })

  test.each<[string, RegExp, number]>([
    ['name + " x"', /"\+" cannot be used between a text and a text\. Join texts with &\./, 5],
    ['quantity + "1"', /between a number and a text/, 9],
    ['quantity * "2"', /number\(x\) reads a number out of a text/, 9],
    ['price * cost', /"\*" cannot be used between money and money/, 6],
    ['price + quantity', /between money and a number\. money\(x\) makes an amount/, 6],
    ['price > factor', /between money and a number/, 6],
    ['if(active, price, quantity)', /Value 3 of if\(condition, a, b\) must be money here, not a number\. money\(x\)/, 0],
    ['startsOn = "2026-01-31"', /between a date and a text\. A day is written date\("2026-01-31"\)/, 9],
    ['startsOn + endsOn', /between a date and a date/, 9],
    ['active < paid', /between a yes\/no value and a yes\/no value\. Compare it with = or !=/, 7],
    ['active + 1', /between a yes\/no value and a number/, 7],
    ['-name', /"-" takes a number or money, not a text/, 0],
    ['quantity and active', /"and" joins conditions; a number is none/, 9],
    ['not name', /"not" joins conditions; a text is none/, 0],
    ['if(name, 1, 2)', /Value 1 of if\(condition, a, b\) must be a yes\/no value here, not a text/, 0],
    ['if(active, 1)', /if\(\) is called as if\(condition, a, b\), not with 2 values/, 0],
    ['if(active, 1, "a")', /Value 3 of if\(condition, a, b\) must be a number or money here, not a text/, 0],
    ['upper(quantity)', /Value 1 of upper\(x\) must be a text here, not a number/, 0],
    ['1 + round(name)', /must be a number or money here, not a text/, 4],
    ['now(1)', /now\(\) is called as now\(\), not with 1 value\./, 0],
    ['min(1)', /min\(\) is called as min\(a, b, …\)/, 0],
    ['min(1, 2, "a")', /Value 3 of min/, 0],
    ['null', /whole expression is null/, 0],
    ['if(active, null, null)', /whole expression is null/, 0],
    ['interests', /cannot result in a list of options/, 0],
    ['address', /cannot result in a value of several parts/, 0],
    ['assignee', /cannot result in another record/, 0],
    ['interests = "a"', /cannot be used with a list of options; what can be asked of it is contains\(field, "value"\) and isEmpty\(field\)/, 10],
    ['assignee = "x"', /cannot be used with another record; what can be asked of it is isEmpty\(field\)/, 9],
    ['upper(interests)', /must be a text here, not a list of options/, 0],
    ['concat(name, assignee)', /must be a text here, not another record/, 0],
    ['isEmpty(friends)', /friends leads to other records/, 8],
    ['isEmpty(tags)', /tags leads to other records/, 8],
    ['date("2026-02-30")', /date\(\) takes a day in quotes/, 0],
    ['date(name)', /use dateOf\(\)/, 0],
    ['date(startsOn)', /must be a text here, not a date/, 0],
    ['dateTime("2026-01-31")', /dateTime\(\) takes an instant in quotes/, 0],
    ['replace(name, "a", familyName)', /third argument of replace\(\)/, 0],
    [`replace(name, "a", "${'x'.repeat(101)}")`, /at most 100 characters/, 0],
    ['stage = "wonn"', /stage has no option "wonn"\. Did you mean "won"\?/, 6],
    ['"paid" != stage', /stage has no option "paid"\. Its options are "won", "lost"\./, 7],
    ['stage in ("won", "paid")', /stage has no option "paid"/, 6],
    ['if(stage = "", 1, 2)', /stage has no option ""/, 9],
    ['contains(interests, "zzz")', /interests has no option "zzz"\. Its options are "a"\./, 0],
    ['stage in ()', /The list behind "in" is empty/, 6],
    ['stage in (1)', /here are a text, a number/, 6],
    ['stage in (name)', /holds values written out/, 6],
    ['stage in ("won", null)', /holds values written out/, 6],
  ])('refuses %s', (text, message, position) => {
    try {
      check(text)
    } catch (error) {
      if (!(error instanceof ExpressionError)) throw error
      expect(error.message).toMatch(message)
      expect(error.position).toBe(position)
      return
    }
    throw new Error('nothing was thrown')
  })

  test('a field that is gone, and a function that never was', () => {
    expect(() => checkExpression({ kind: 'field', field: 'id-gone' }, byId)).toThrow(
      new ExpressionError(given('The expression uses a field that does not exist any more.')),
    )
    expect(() => checkExpression({ kind: 'call', name: 'pg_sleep', arguments: [] }, byId)).toThrow(DefectError)
  })

  test('each result type is a field type', () => {
    expect((['number', 'money', 'text', 'boolean', 'date', 'dateTime'] as const).map(resultFieldType)).toEqual([
      'DECIMAL',
      'MONEY',
      'TEXT',
      'BOOLEAN',
      'DATE',
      'DATETIME',
    ])
  })
})
