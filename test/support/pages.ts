import { fileURLToPath } from 'node:url'
import { globSync } from 'tinyglobby'
import { blocksOf, type PageBlock } from '../../scripts/pages/page.mjs'
import { fileText } from './source-tree.ts'

const ROOT = new URL('../../', import.meta.url)

/** Text of a page. */
export const readPage = fileText

/** All pages of the documentation, by their path from the root. */
export const PAGES: readonly string[] = globSync(['*.md', 'docs/**/*.md'], { cwd: fileURLToPath(ROOT) }).sort()

/** A GraphQL document that a page shows. */
export interface ShownDocument {
  readonly text: string
  /** `docs/page.md:12` */
  readonly place: string
  /** It is part of a command or program. */
  readonly sent: boolean
}

/** What shells and programs of a block send. */
const SENT = [
  // ask <<GRAPHQL … GRAPHQL
  { language: 'sh', pattern: /<<'?GRAPHQL'?\n([\s\S]*?)^GRAPHQL$/gm, documentOf: (text: string) => text },
  // ask <<<'…'
  { language: 'sh', pattern: /<<<'([^']*)'/g, documentOf: (text: string) => text },
  // curl -d '{"query": …}'
  { language: 'sh', pattern: /-d '(\{"query"[^']*\})'/g, documentOf: (text: string) => JSON.parse(text).query as string },
  // POST … and a body
  { language: 'http', pattern: /^(\{"query".*\})$/gm, documentOf: (text: string) => JSON.parse(text).query as string },
  // const query = `…`
  { language: 'js', pattern: /`(\s*(?:query|mutation|subscription)\b[^`$]*(?:\$\w[^`$]*)*)`/g, documentOf: (text: string) => text },
  { language: 'ts', pattern: /(?:gql|graphql|\/\* GraphQL \*\/ )`([^`]*)`/g, documentOf: (text: string) => text },
]

/** Every GraphQL document of a page: blocks of it, and what is sent by commands and programs. */
export function* documentsOf(path: string): Generator<ShownDocument> {
  for (const { language, text, line } of blocksOf(readPage(path))) {
    const place = `${path}:${line}`
    if (language === 'graphql') yield { text, place, sent: false }
    for (const sent of SENT) {
      if (sent.language !== language) continue
      for (const [, found] of text.matchAll(sent.pattern)) yield { text: sent.documentOf(found as string), place, sent: true }
    }
  }
}

/** A document of a page with the answer that the page promises. */
export interface ShownAnswer extends ShownDocument {
  /** First name of the demo user who asks; undefined for the administrator. */
  readonly user: string | undefined
  readonly variables: Readonly<Record<string, unknown>>
  readonly expected: Readonly<Record<string, unknown>>
}

/** Documents that are followed by their answer, `json answers`, and between the two by their variables, `json variables`, if they have any. `graphql as nancy` says who asks. */
export function answersOf(path: string): ShownAnswer[] {
  const blocks = blocksOf(readPage(path))
  return blocks.flatMap((block, index) => {
    if (block.language !== 'graphql') return []
    const variables = isJson(blocks[index + 1], 'variables') ? blocks[index + 1] : undefined
    const answer = blocks[index + (variables ? 2 : 1)]
    if (!isJson(answer, 'answers')) return []
    return [
      {
        text: block.text,
        sent: false,
        place: `${path}:${block.line}`,
        user: /^as (\w+)$/.exec(block.words)?.[1],
        variables: variables ? JSON.parse(variables.text) : {},
        expected: JSON.parse((answer as PageBlock).text),
      },
    ]
  })
}

const isJson = (block: PageBlock | undefined, words: string): boolean => block?.language === 'json' && block.words === words
