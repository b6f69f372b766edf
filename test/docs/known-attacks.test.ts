import { expect, test } from '@jest/globals'
import { missingTests, namedTests, rowsOf } from '../support/named-tests.ts'
import { readPage } from '../support/pages.ts'

const PAGE = 'docs/known-attacks.md'

test('every test that the page of known attacks names is there', () => {
  expect(missingTests(PAGE)).toEqual([])
  expect([...namedTests(PAGE)].length).toBeGreaterThan(60)
})

test('every row of it names a test, or says that the thing does not exist yet', () => {
  const rows = rowsOf(PAGE)
  expect(rows.length).toBeGreaterThan(30)
  for (const row of rows) expect([row, /`test\/[^`]+\.test\.ts`: "|yet/.test(row)]).toEqual([row, true])
  // Nothing that looks like the name of a test is passed over by the check above.
  const page = readPage(PAGE)
  expect([...page.matchAll(/`test\/[^`]+\.test\.ts`/g)].length).toBe([...page.matchAll(/`test\/[^`]+\.test\.ts`: "/g)].length + 1)
})
