import { existsSync, statSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import { ALL_PAGES } from '../support/page-names.ts'
import { PAGES, readPage } from '../support/pages.ts'

/** The anchor that a heading gets: its text in small letters, without what is no letter, digit, hyphen or space, and with hyphens for spaces. */
function anchorOf(heading: string): string {
  return heading
    .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\p{M}_\- ]/gu, '')
    .replaceAll(' ', '-')
}

const withoutCode = (text: string): string => text.replaceAll(/^```[\s\S]*?^```$/gm, '')

/** Anchors of a page; of several headings of one text the later ones are numbered. */
function anchorsOf(page: string): ReadonlySet<string> {
  const anchors = new Set<string>()
  for (const [, heading] of withoutCode(readPage(page)).matchAll(/^#{1,6} (.+)$/gm)) {
    const anchor = anchorOf(heading as string)
    let name = anchor
    for (let count = 1; anchors.has(name); count += 1) name = `${anchor}-${count}`
    anchors.add(name)
  }
  return anchors
}

/** Links of a page to somewhere in the repository. */
function* linksOf(page: string): Generator<string> {
  for (const [, target] of withoutCode(readPage(page)).matchAll(/\[(?:[^\]\\]|\\.)*\]\(([^)\s]+)\)/g))
    if (!/^(https?|mailto):/.test(target as string)) yield target as string
}

const place = (path: string): URL => new URL(`../../${path}`, import.meta.url)

/** What is wrong with a link; undefined where it leads somewhere. */
function flawOf(page: string, link: string): string | undefined {
  const [file = '', anchor] = link.split('#')
  const path = file === '' ? page : new URL(file, `file:///${page}`).pathname.slice(1)
  if (!existsSync(place(path))) return 'no such file'
  if (anchor === undefined) return undefined
  if (statSync(place(path)).isDirectory() || !path.endsWith('.md')) return 'no page with headings'
  return anchorsOf(path).has(anchor) ? undefined : 'no such heading'
}

test('every link leads to a file, and to a heading of it', () => {
  const flaws: string[] = []
  let count = 0
  for (const page of ALL_PAGES)
    for (const link of linksOf(page)) {
      count += 1
      const flaw = flawOf(page, link)
      if (flaw !== undefined) flaws.push(`${page}: ${link}: ${flaw}`)
    }
  expect(flaws).toEqual([])
  expect(count).toBeGreaterThan(100)
})

test('the check sees a file and a heading that are not there', () => {
  expect(flawOf('docs/limits.md', 'limit.md')).toBe('no such file')
  expect(flawOf('docs/limits.md', '../README.md#start')).toBeUndefined()
  expect(flawOf('docs/limits.md', '#browsers')).toBeUndefined()
  expect(flawOf('docs/limits.md', '#browser')).toBe('no such heading')
})

test('every page of the documentation is reached from README.md', () => {
  const reached = new Set(['README.md'])
  for (const page of reached)
    for (const link of linksOf(page)) {
      const target = new URL(link.split('#')[0] || page, `file:///${page}`).pathname.slice(1)
      if (PAGES.includes(target)) reached.add(target)
    }
  expect(PAGES.filter((page) => !reached.has(page))).toEqual([])
})
