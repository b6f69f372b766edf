import { existsSync, readFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'

const fileOf = (path: string): URL => new URL(`../../${path}`, import.meta.url)
const PAGE = readFileSync(fileOf('docs/known-attacks.md'), 'utf8')

/** `…` stands for what is filled in. */
const plain = (text: string): string => text.replaceAll(/\$\{[^{}]*(\{[^{}]*\}[^{}]*)*\}|%\.?\d*[sjdi]/g, '…')

/** Whether the source has a text of exactly this title. */
function hasTitle(source: string, title: string): boolean {
  return ["'", '"', '`'].some((quote) => plain(source).includes(`${quote}${plain(title)}${quote}`))
}

/** Each test that the page names, by its file. */
function* named(): Generator<readonly [file: string, title: string]> {
  for (const [, file, titles] of PAGE.matchAll(/`(test\/[^`]+\.test\.ts)`: ((?:"[^"]+"(?:, )?)+)/g))
    for (const [, title] of (titles as string).matchAll(/"([^"]+)"/g)) yield [file as string, title as string]
}

test('every test that the page of known attacks names is there', () => {
  const missing: string[] = []
  let count = 0
  for (const [file, title] of named()) {
    count += 1
    if (!existsSync(fileOf(file)) || !hasTitle(readFileSync(fileOf(file), 'utf8'), title)) missing.push(`${file}: ${title}`)
  }
  expect(missing).toEqual([])
  expect(count).toBeGreaterThan(60)
})

test('every row of it names a test, or says that the thing does not exist yet', () => {
  const rows = PAGE.split('\n').filter((line) => line.startsWith('| ') && !/^\| (what went wrong|threat) /.test(line))
  expect(rows.length).toBeGreaterThan(30)
  for (const row of rows) expect([row, /`test\/[^`]+\.test\.ts`: "|yet/.test(row)]).toEqual([row, true])
  // Nothing that looks like the name of a test is passed over by the check above.
  expect([...PAGE.matchAll(/`test\/[^`]+\.test\.ts`/g)].length).toBe([...PAGE.matchAll(/`test\/[^`]+\.test\.ts`: "/g)].length + 1)
})
