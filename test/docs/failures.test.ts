import { expect, test } from '@jest/globals'
import { missingTests, namedTests, rowsOf } from '../support/named-tests.ts'

const PAGE = 'docs/failures.md'

test('every test that the page of failures names is there', () => {
  expect(missingTests(PAGE)).toEqual([])
  expect([...namedTests(PAGE)].length).toBeGreaterThan(40)
})

test('every line of it names a test in its last column', () => {
  const rows = rowsOf(PAGE)
  expect(rows.length).toBeGreaterThan(25)
  for (const row of rows) expect([row, /\| (?:`test\/[^`]+\.test\.ts`: "[^|]+")+ \|$/.test(row)]).toEqual([row, true])
})
