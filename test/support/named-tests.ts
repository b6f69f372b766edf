import { existsSync, readFileSync } from 'node:fs'
import { readPage } from './pages.ts'

const fileOf = (path: string): URL => new URL(`../../${path}`, import.meta.url)

/** `…` stands for what is filled in. */
const plain = (text: string): string => text.replaceAll(/\$\{[^{}]*(\{[^{}]*\}[^{}]*)*\}|%\.?\d*[sjdi]/g, '…')

/** Whether the source has a text of exactly this title. */
function hasTitle(source: string, title: string): boolean {
  return ["'", '"', '`'].some((quote) => plain(source).includes(`${quote}${plain(title)}${quote}`))
}

/** Each test that a page names, by its file: `test/a.test.ts`: "title", "title". */
export function* namedTests(page: string): Generator<readonly [file: string, title: string]> {
  for (const [, file, titles] of readPage(page).matchAll(/`(test\/[^`]+\.test\.ts)`: ((?:"[^"]+"(?:, )?)+)/g))
    for (const [, title] of (titles as string).matchAll(/"([^"]+)"/g)) yield [file as string, title as string]
}

/** Those of them that are not there, as `file: title`. */
export function missingTests(page: string): string[] {
  return [...namedTests(page)].flatMap(([file, title]) =>
    existsSync(fileOf(file)) && hasTitle(readFileSync(fileOf(file), 'utf8'), title) ? [] : [`${file}: ${title}`],
  )
}

/** Rows of the tables of a page, without their heads. */
export function rowsOf(page: string): string[] {
  const lines = readPage(page).split('\n')
  return lines.filter((line, index) => line.startsWith('| ') && !lines[index + 1]?.startsWith('|---'))
}
