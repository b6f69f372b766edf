import { existsSync, statSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import { PAGES, readPage } from '../support/pages.ts'

const ROOT = new URL('../../', import.meta.url)

/** Anchors of a page, as GitHub makes them of its headings. */
function anchorsOf(path: string): Set<string> {
  const headings = readPage(path)
    .replaceAll(/^```[\s\S]*?^```$/gm, '')
    .matchAll(/^#+ (.*)$/gm)
  return new Set(
    [...headings].map(([, heading]) =>
      (heading as string)
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  )
}

/** Links of a page to something of this repository, as they stand there. */
const linksOf = (path: string): string[] =>
  [
    ...readPage(path)
      .replaceAll(/^```[\s\S]*?^```$/gm, '')
      .matchAll(/\]\(([^)\s]+)\)/g),
  ].flatMap(([, target]) => (/^[a-z]+:/.test(target as string) ? [] : [target as string]))

test('every link between pages leads to a file, and to a heading that is there', () => {
  const broken: string[] = []
  let count = 0
  for (const path of PAGES) {
    for (const link of linksOf(path)) {
      count += 1
      const url = new URL(link, new URL(path, ROOT))
      const target = decodeURIComponent(url.pathname).slice(decodeURIComponent(ROOT.pathname).length) || path
      if (!existsSync(new URL(target, ROOT))) broken.push(`${path}: ${link}`)
      else if (url.hash && statSync(new URL(target, ROOT)).isFile() && !anchorsOf(target).has(decodeURIComponent(url.hash.slice(1))))
        broken.push(`${path}: ${link}`)
    }
  }
  expect(broken).toEqual([])
  expect(count).toBeGreaterThan(150)
})

test('every page of the documentation is reached from README.md', () => {
  const reached = new Set(['README.md', 'README.zh-CN.md'])
  for (const path of reached) {
    for (const link of linksOf(path)) {
      const target = decodeURIComponent(new URL(link, new URL(path, ROOT)).pathname).slice(decodeURIComponent(ROOT.pathname).length)
      if (PAGES.includes(target)) reached.add(target)
    }
  }
  expect(PAGES.filter((page) => !reached.has(page))).toEqual([])
})
