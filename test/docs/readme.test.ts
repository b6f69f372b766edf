import { expect, test } from '@jest/globals'
import { blocksOf } from '../../scripts/pages/page.mjs'
import { readPage } from '../support/pages.ts'

const [english, chinese] = ['README.md', 'README.zh-CN.md'].map(readPage) as [string, string]

/** What both have to say alike, in their order. */
const PARTS: Readonly<Record<string, (page: string) => unknown>> = {
  headings: (page) => [...page.matchAll(/^(#+) /gm)].map(([, level]) => level),
  'blocks of code': (page) => blocksOf(page).map(({ language, words, text }) => [language, words, text]),
  'indented commands': (page) => [...page.matchAll(/^ {4}\S.*$/gm)].map(([line]) => line),
  // Each leads to the other one.
  links: (page) => [...page.matchAll(/\]\(([^)]+)\)/g)].map(([, target]) => target).filter((target) => !target?.startsWith('README')),
  'rows of tables': (page) => page.split('\n').filter((line) => line.startsWith('|')).length,
  // Of code within a line, without what is told in words around it.
  'names in code': (page) => [...page.replaceAll(/^```[\s\S]*?^```$/gm, '').matchAll(/`([^`\n]+)`/g)].map(([, code]) => code).sort(),
  'points of lists': (page) => page.split('\n').filter((line) => line.startsWith('- ')).length,
}

test.each(Object.entries(PARTS))('the English and the Chinese README have the same %s', (_, partOf) => {
  const part = partOf(english)
  expect(partOf(chinese)).toEqual(part)
  expect(Array.isArray(part) ? part.length : part).toBeGreaterThan(1)
})

test('each README leads to the other one', () => {
  expect(english).toContain('[简体中文](README.zh-CN.md)')
  expect(chinese).toContain('[English](README.md)')
})
