import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from '@jest/globals'

const root = mkdtempSync(join(tmpdir(), 'guanxi-lint-'))
afterAll(() => rmSync(root, { recursive: true }))

/** Runs the lint over a made-up source tree of one file. */
function lint(text: string) {
  mkdirSync(join(root, 'src'), { recursive: true })
  writeFileSync(join(root, 'src', 'made-up.ts'), text)
  const { status, stderr, stdout } = spawnSync(process.execPath, ['scripts/lint-regular-expressions.mjs', root], { encoding: 'utf8' })
  return { status, problems: stderr.split('\n').filter(Boolean), told: stdout }
}

describe('the lint of regular expressions', () => {
  test('finds an expression that a chosen text makes slow', () => {
    expect(lint('export const isLong = (text: string) => /^(a+)+$/.test(text)')).toMatchObject({
      status: 1,
      problems: ['src/made-up.ts: /^(a+)+$/ is slow for some texts (exponential)'],
    })
  })

  test('finds one that is put together while the program runs', () => {
    const { status, problems } = lint('export const of = (name: string) => new RegExp(name)')
    expect([status, problems]).toEqual([1, [expect.stringContaining('src/made-up.ts: makes a regular expression while it runs')]])
  })

  test('passes what takes no longer than the text is long', () => {
    expect(lint('export const isNumber = (text: string) => /^\\d+$/.test(text)')).toMatchObject({ status: 0, problems: [] })
  })
})
