import { expect, test } from '@jest/globals'
import { ERROR_CODES } from '../../src/errors/codes.ts'
import { readPage } from '../support/pages.ts'

test('the page on handling errors says of every code, and of no other one, what a client does', () => {
  const rows = readPage('docs/handling-errors.md').matchAll(/^\| `([A-Z_]+)` \| (.+) \|$/gm)
  const advice = new Map([...rows].map(([, code, text]) => [code as string, text as string]))
  expect([...advice.keys()]).toEqual(Object.keys(ERROR_CODES))
  for (const [code, text] of advice) expect([code, text.length > 30]).toEqual([code, true])
})
