import { existsSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import { codeSpans, commandLines } from '../support/page-names.ts'
import { readPage } from '../support/pages.ts'

const { scripts } = JSON.parse(readPage('package.json')) as { readonly scripts: Readonly<Record<string, string>> }
/** What npm does by itself. */
const OF_NPM = new Set(['ci', 'pkg', 'install', 'pack', 'run', 'ls', 'init', 'view', 'publish', 'create', 'exec', 'link', 'uninstall', 'audit'])
/** Scripts of the packages that `guanxi plugin new` makes, which pages about plugins name. */
const OF_PLUGINS = JSON.parse(readPage('assets/plugin-template/_package.json')).scripts as Readonly<Record<string, string>>

/** Scripts that a page may name: those of the product, and of the package that it is about. */
function knownTo(page: string): Readonly<Record<string, string>> {
  const [example] = /^examples\/[\w-]+\//.exec(page) ?? []
  if (example) return { ...scripts, ...JSON.parse(readPage(`${example}package.json`)).scripts }
  return page.includes('plugin') ? { ...scripts, ...OF_PLUGINS } : scripts
}

/** Scripts that a line calls: `npm run x`, `npm test`, `npm start`. */
function* called(line: string): Generator<string> {
  for (const [, run, name] of line.matchAll(/\bnpm (run )?(?:-s |--silent )?([a-z][\w:-]*)/g))
    if (run !== undefined || !OF_NPM.has(name as string)) yield name as string
}

test('each script that a page names is there', () => {
  const missing: string[] = []
  for (const [page, line] of commandLines()) for (const name of called(line)) if (!(name in knownTo(page))) missing.push(`${page}: npm run ${name}`)
  expect(missing).toEqual([])
})

test('each script is told of in CONTRIBUTING.md', () => {
  const page = readPage('CONTRIBUTING.md')
  const told = new Set([...page.matchAll(/`([^`]+)`/g)].flatMap(([, span]) => [...called(span as string)]))
  // npm calls it.
  expect(Object.keys(scripts).filter((name) => name !== 'prepack' && !told.has(name))).toEqual([])
})

test('each file of the repository that a page names is there', () => {
  const missing: string[] = []
  for (const [page, span] of codeSpans()) {
    const [path] = /^(src|test|scripts|bench|docs|bin|explorer|assets|\.ci|examples)\/[\w./-]+$/.exec(span) ?? []
    if (path === undefined || page.includes('plugins/tutorial') || page.startsWith('assets/')) continue
    const near = new URL(`../../${page.split('/').slice(0, -1).join('/')}/${path}`, import.meta.url)
    if (!existsSync(new URL(`../../${path}`, import.meta.url)) && !existsSync(near)) missing.push(`${page}: ${path}`)
  }
  expect(missing).toEqual([])
})
