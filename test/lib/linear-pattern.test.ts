import { afterAll, expect, jest, test } from '@jest/globals'
import { RE2JS } from 're2js'
import { matchesPattern } from '../../src/lib/linear-pattern.ts'

const compile = jest.spyOn(RE2JS, 'compile')
afterAll(() => compile.mockRestore())

test('a pattern matches somewhere in the text', () => {
  expect(matchesPattern('^a+$', 'aaa')).toBe(true)
  expect(matchesPattern('b', 'abc')).toBe(true)
  expect(matchesPattern('^b', 'abc')).toBe(false)
})

test('a pattern that is used all the time is compiled once, however many others come', () => {
  compile.mockClear()
  for (let index = 0; index < 3_000; index += 1) {
    matchesPattern('^in use$', 'x')
    matchesPattern(`^once ${index}$`, 'x')
  }
  expect(compile.mock.calls.filter(([pattern]) => pattern === '^in use$')).toHaveLength(1)
})
