import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type DefinitionNode, type ExecutableDefinitionNode, GraphQLError, isExecutableDefinitionNode, parse, Source } from 'graphql'
import { glob } from 'tinyglobby'
import { graphqlTemplates } from './templates.ts'

/** A place in a file, counted from 1. */
export interface Place {
  readonly file: string
  readonly line: number
  readonly column: number
}

/** A text that cannot be read. */
export interface Unreadable extends Place {
  readonly message: string
}

export interface Documents {
  /** Operations and fragments of all files. */
  readonly definitions: readonly ExecutableDefinitionNode[]
  readonly unreadable: readonly Unreadable[]
  /** Files that hold some, relative to the directory. */
  readonly files: readonly string[]
}

/** Where documents are looked for when nothing is named. */
export const EVERYWHERE = ['**/*.{graphql,gql,ts,tsx,mts,cts,js,jsx,mjs,cjs}']
const NEVER = ['**/node_modules/**', '**/dist/**', '**/.*/**', '**/*.d.ts']

/**
 * Operations and fragments of GraphQL files, and of templates in JavaScript and TypeScript. `globs` are relative to the directory; what begins with `!` is left out.
 * `without`: folders and files that are no sources. Files that describe types are passed over.
 */
export async function findDocuments(directory: string, globs: readonly string[], without: readonly string[]): Promise<Documents> {
  const files = (await glob([...(globs.length > 0 ? globs : EVERYWHERE)], { cwd: directory, ignore: [...NEVER, ...without], expandDirectories: false })).sort()
  const definitions: ExecutableDefinitionNode[] = []
  const unreadable: Unreadable[] = []
  const holding: string[] = []
  for (const file of files) {
    const sources = sourcesIn(readFileSync(join(directory, file), 'utf8'), file)
    if (sources.length > 0) holding.push(file)
    for (const source of sources) {
      try {
        definitions.push(...(parse(source).definitions as readonly DefinitionNode[]).filter(isExecutableDefinitionNode))
      } catch (error) {
        if (!(error instanceof GraphQLError)) throw error
        unreadable.push({ ...placeIn(source, error.positions?.[0] ?? 0), message: error.message })
      }
    }
  }
  return { definitions, unreadable, files: holding }
}

/** Where the character of a source stands in its file. */
export function placeIn({ body, name, locationOffset }: Source, position: number): Place {
  const lines = body.slice(0, position).split(/\r\n|\n|\r/)
  const [line, column] = [lines.length, (lines.at(-1) as string).length + 1]
  return { file: name, line: locationOffset.line + line - 1, column: line === 1 ? locationOffset.column + column - 1 : column }
}

function sourcesIn(text: string, file: string): Source[] {
  if (/\.(graphql|gql)$/.test(file)) return /\S/.test(text.replace(/#.*/g, '')) ? [new Source(text, file)] : []
  if (!/gql|graphql/i.test(text)) return []
  return graphqlTemplates(text).flatMap((embedded) => {
    if (!/\S/.test(embedded.text)) return []
    const { line, column } = placeIn(new Source(text, file), embedded.offset)
    return [new Source(embedded.text, file, { line, column })]
  })
}
