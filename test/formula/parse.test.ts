import { describe, expect, test } from '@jest/globals'
import type { Expression } from '../../src/entities/expression.ts'
import { ExpressionError, parseExpression, printExpression } from '../../src/records/formula/index.ts'
import { hostileStrings } from '../support/test-data.ts'
import { byId, byName } from './kit.ts'

const parse = (text: string): Expression => parseExpression(text, byName).expression
const print = (expression: Expression): string => printExpression(expression, (id) => byId(id)?.name)

/** The tree as nested lists: `['+', 'quantity', 1]`. */
function shape(node: Expression): unknown {
  if (node.kind === 'field') return node.field.replace('id-', '')
  if (node.kind === 'call') return [node.name, ...node.arguments.map(shape)]
  return node.type === 'null' ? null : node.type === 'text' ? `"${node.value}"` : node.type === 'number' ? Number(node.value) : node.value
}

describe('parsing', () => {
  test.each<[string, unknown]>([
    ['price * quantity * (1 - discount)', ['*', ['*', 'price', 'quantity'], ['-', 1, 'discount']]],
    ['if(stage = "won", price, 0)', ['if', ['=', 'stage', '"won"'], 'price', 0]],
    ['daysBetween(openedAt, closedAt) > 30', ['>', ['daysBetween', 'openedAt', 'closedAt'], 30]],
    [`concat(familyName, ' ', name)`, ['concat', 'familyName', '" "', 'name']],
    ['stage = "lost" and isEmpty(notes)', ['and', ['=', 'stage', '"lost"'], ['isEmpty', 'notes']]],
    ['1 + 2 * 3 - 4', ['-', ['+', 1, ['*', 2, 3]], 4]],
    ['8 / 4 / 2 % 3', ['%', ['/', ['/', 8, 4], 2], 3]],
    ['8 - (4 - 2)', ['-', 8, ['-', 4, 2]]],
    ['-quantity * 2', ['*', ['-', 'quantity'], 2]],
    ['2 - -2', ['-', 2, ['-', 2]]],
    ['1+2&3+4', ['&', ['+', 1, 2], ['+', 3, 4]]],
    ['active or paid and not active', ['or', 'active', ['and', 'paid', ['not', 'active']]]],
    ['not active = paid', ['not', ['=', 'active', 'paid']]],
    ['!active && paid || active', ['or', ['and', ['not', 'active'], 'paid'], 'active']],
    ['NOT active AND paid', ['and', ['not', 'active'], 'paid']],
    ['quantity <> 1 and quantity == 2', ['and', ['!=', 'quantity', 1], ['=', 'quantity', 2]]],
    ['stage in ("won", "lost")', ['in', 'stage', '"won"', '"lost"']],
    ['stage not in ("won")', ['not', ['in', 'stage', '"won"']]],
    ['IF(TRUE, isempty(name), Null)', ['if', true, ['isEmpty', 'name'], null]],
    ['1.50 + .5 + 007', ['+', ['+', 1.5, 0.5], 7]],
    [String.raw`"say \"hi\"" & 'it''s' & "a""b" & "\\\n\t"`, ['&', ['&', ['&', '"say "hi""', `"it's"`], '"a"b"'], '"\\\n\t"']],
    ['[true] = true', ['=', 'true', true]],
    ['quantity＊（1＋2）', ['*', 'quantity', ['+', 1, 2]]],
    ['concat（name，"，"）', ['concat', 'name', '"，"']],
    ['today()\n\t> startsOn', ['>', ['today'], 'startsOn']],
  ])('%s', (text, expected) => {
    const tree = parse(text)
    expect(shape(tree)).toEqual(expected)
    expect(parse(print(tree))).toEqual(tree)
  })

  test.each<[string, RegExp, number]>([
    ['', /The expression is empty/, 0],
    ['  ', /The expression is empty/, 0],
    ['price *', /A value, a field or a function is expected here, but the expression ends/, 7],
    ['price quantity', /An operator or the end is expected here, but there is "quantity"/, 6],
    ['quantity + prise', /There is no field prise/, 11],
    ['Quantity', /There is no field Quantity/, 0],
    ['__proto__', /There is no field __proto__/, 0],
    ['constructor', /There is no field constructor/, 0],
    ['constructor(1)', /There is no function constructor\(\)\. The functions are if, coalesce/, 0],
    ['1 + rond(2)', /There is no function rond\(\)\. Did you mean round\?/, 4],
    ['dayBetween(1, 2)', /Did you mean daysBetween, day\?/, 0],
    ['(1 + 2', /"\)" is expected here, but the expression ends/, 6],
    ['round(1, ', /A value, a field or a function is expected/, 9],
    ['round(1 2)', /A comma or a closing parenthesis is expected here, but there is "2"/, 8],
    ['1 < 2 < 3', /Comparisons cannot follow each other/, 6],
    ['stage in "won"', /"\(" is expected here, but there is a text/, 9],
    ['name = "won', /has no closing "/, 7],
    [String.raw`"a\x"`, /a backslash stands before/, 2],
    ['"a\0"', /U\+0000/, 0],
    ['"\ud800"', /half of a surrogate pair/, 0],
    ['1e5', /plain digits/, 0],
    ['1.2.3', /plain digits/, 0],
    ['1234567890123456789012345678901', /at most 30 digits before and 20 behind/, 0],
    ['name; drop', /";" has no meaning/, 4],
    ['name = 😀', /"😀" has no meaning/, 7],
    ['[true', /"\]" is expected/, 5],
    ['[1]', /The name of a field is expected in brackets/, 1],
    ['and', /A value, a field or a function is expected here, but there is "and"/, 0],
    [`${'('.repeat(51)}1${')'.repeat(51)}`, /50 levels/, 51],
    [`${'not '.repeat(51)}active`, /50 levels/, 204],
    [Array(101).fill('1').join('+'), /at most 200 parts/, 199],
  ])('refuses %j', (text, message, position) => {
    const error = caught(() => parse(text))
    expect(error.message).toMatch(message)
    expect(error.position).toBe(position)
    expect(error.message).toContain(`(At character ${position + 1}.)`)
  })

  test('refuses a text that is too long before it reads it', () => {
    expect(caught(() => parse(' '.repeat(2001))).message).toMatch(/at most 2,000 characters; this one has 2001/)
    expect(shape(parse(`1${' '.repeat(1999)}`))).toBe(1)
  })

  test('a chain of 100 terms is no deep nesting', () => {
    const tree = parse(Array(100).fill('1').join('+'))
    expect(parse(print(tree))).toEqual(tree)
  })

  test('a field that is gone prints as something that does not parse', () => {
    const text = printExpression(parse('quantity + 1'), () => undefined)
    expect(text).toBe('[?] + 1')
    expect(caught(() => parse(text))).toBeInstanceOf(ExpressionError)
  })

  test('a renamed field prints under its new name, in brackets where that is a word of the language', () => {
    expect(printExpression(parse('quantity + rating'), (id) => (id === 'id-quantity' ? 'null' : 'stars'))).toBe('[null] + stars')
  })

  test('hostile strings are refused as expressions, and kept as texts in quotes', () => {
    for (const text of hostileStrings()) {
      try {
        parse(text)
      } catch (error) {
        expect(error).toBeInstanceOf(ExpressionError)
      }
      const literal: Expression = { kind: 'literal', type: 'text', value: text }
      expect(parse(print(literal))).toEqual(literal)
    }
  })
})

function caught(work: () => unknown): ExpressionError {
  try {
    work()
  } catch (error) {
    if (error instanceof ExpressionError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}
