import { readdirSync } from 'node:fs'
import { readPage } from './pages.ts'

const ROOT = new URL('../../', import.meta.url)

/** All texts for people, beside the documentation those of folders of the source, by their path from the root of the repository. */
export const ALL_PAGES: readonly string[] = [
  ...readdirSync(ROOT).filter((name) => name.endsWith('.md')),
  ...['docs', 'src', 'test', 'bench', 'explorer', 'examples', 'assets', 'scripts'].flatMap((folder) =>
    readdirSync(new URL(folder, ROOT), { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.md') && !path.includes('node_modules/'))
      .map((path) => `${folder}/${path}`),
  ),
]

/** What stands in backticks in the running text, with its page. What was true once may be called by its name of then. */
export function* codeSpans(pages: readonly string[] = ALL_PAGES.filter((page) => page !== 'CHANGELOG.md')): Generator<readonly [page: string, span: string]> {
  for (const page of pages)
    for (const [, span] of readPage(page)
      .replaceAll(/^```[\s\S]*?^```$/gm, '')
      .matchAll(/`([^`\n]+)`/g))
      yield [page, span as string]
}

/** Lines of shell commands: what stands in blocks of a shell, what is indented, and what stands in backticks. */
export function* commandLines(): Generator<readonly [page: string, line: string]> {
  for (const page of ALL_PAGES) {
    const text = readPage(page)
    for (const [, block] of text.matchAll(/^```(?:sh|bash|console)[^\n]*\n([\s\S]*?)^```$/gm))
      for (const line of (block as string).split('\n')) yield [page, line]
    for (const line of text.split('\n')) if (line.startsWith('    ')) yield [page, line.trim()]
  }
  yield* codeSpans()
}

/** The rows of the first table below a heading, each as its cells. */
export function tableBelow(page: string, heading: string): string[][] {
  const [, below = ''] = readPage(page).split(new RegExp(`^${heading}$`, 'm'))
  const [section = ''] = below.split(/^## /m)
  return section
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) =>
      line
        .slice(1, -1)
        .split(/(?<!\\)\|/)
        .map((cell) => cell.trim()),
    )
}

/** Names in backticks of a cell. */
export function namesOf(cell: string): string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, name]) => name as string)
}
