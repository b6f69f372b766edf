import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, relative, resolve, sep } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { type ExecutableDefinitionNode, Kind, type OperationDefinitionNode } from 'graphql'
import type { Environment } from '../../config/index.ts'
import { StartupError } from '../../errors/index.ts'
import { type ServerOptions, serverOf } from './address.ts'
import { checkDocuments } from './check-documents.ts'
import { factsOf } from './facts.ts'
import { type Documents, findDocuments, placeIn } from './find-documents.ts'
import { findingLine } from './finding-line.ts'
import { type LiveSchema, readLiveSchema, readSchemaVersion, type ServerAddress } from './live-schema.ts'
import { printOperations } from './print-operations.ts'
import { printSchemaTypes } from './print-schema-types.ts'

export interface SyncOptions extends ServerOptions {
  /** Folder to write into, relative to the directory. */
  readonly out: string
  readonly watch?: boolean
}

const CLIENT = fileURLToPath(new URL('../../../assets/client/client.ts', import.meta.url))
const HEADER = '// Written by `guanxi sync`. The next one writes it anew.\n'
/** Milliseconds between two looks of `--watch`. */
const WATCHED_EVERY = 1_000

/**
 * `guanxi sync`: the schema, its TypeScript types, the operations of the documents with theirs, and a client, into a folder. Files that are as they should be are not touched. Throws StartupError
 * where a document does not fit the schema, with nothing written.
 */
export async function syncCommand(environment: Environment, directory: string, globs: readonly string[], options: SyncOptions): Promise<void> {
  const server = serverOf(environment, options)
  const look = () => sync(server, directory, globs, options.out)
  if (!options.watch) return look()
  for (let seen = ''; ; await delay(WATCHED_EVERY)) {
    try {
      const state = await stateOf(server, directory, globs, options.out)
      if (state === seen) continue
      seen = state
      await look()
    } catch (error) {
      if (!(error instanceof StartupError)) throw error
      process.stderr.write(`guanxi sync: ${error.message}\n`)
    }
  }
}

async function sync(server: ServerAddress, directory: string, globs: readonly string[], out: string): Promise<void> {
  const [live, documents] = await Promise.all([readLiveSchema(server), documentsOf(directory, globs, out)])
  const files = filesOf(live, documents, server.role)
  const folder = resolve(directory, out)
  mkdirSync(folder, { recursive: true })
  const written = Object.entries(files).filter(([name, text]) => writeWhereDifferent(join(folder, name), text))
  const operations = documents.definitions.filter(({ kind }) => kind === Kind.OPERATION_DEFINITION).length
  const changed = written.length > 0 ? `wrote ${written.map(([name]) => name).join(', ')}` : 'nothing has changed'
  process.stdout.write(`guanxi sync: ${out}: ${changed} (${operations} ${operations === 1 ? 'operation' : 'operations'}).\n`)
}

/** The text of each file. Throws StartupError for documents that cannot be typed. */
export function filesOf(live: LiveSchema, documents: Documents, role?: string): Readonly<Record<string, string>> {
  const flaws = checkDocuments(documents, live, role).filter(({ kind }) => kind !== 'deprecated')
  if (flaws.length > 0) throw new StartupError(`the documents do not fit the schema; nothing was written. ${flaws.map(findingLine).join(' ')}`)
  requireNames(documents.definitions)
  const facts = factsOf(live.modules, live.schema)
  return {
    'schema.graphql': `${live.sdl.trim()}\n`,
    'schema.ts': HEADER + printSchemaTypes(live.schema, facts),
    'operations.ts': HEADER + printOperations(documents.definitions, { schema: live.schema, facts }),
    'client.ts': readFileSync(CLIENT, 'utf8'),
  }
}

/** What is written is no source. */
function documentsOf(directory: string, globs: readonly string[], out: string): Promise<Documents> {
  const folder = relative(directory, resolve(directory, out)).split(sep).join('/')
  return findDocuments(directory, globs, [`${folder}/schema.graphql`, `${folder}/{schema,operations,client}.ts`])
}

/** Types are named after operations and fragments. */
function requireNames(definitions: readonly ExecutableDefinitionNode[]): void {
  const known = new Map<string, string>()
  for (const definition of definitions) {
    const at = definition.loc ? placeIn(definition.loc.source, definition.loc.start) : { file: '', line: 1 }
    const place = `${at.file}:${at.line}`
    if (definition.name === undefined) throw new StartupError(`${place} has an operation without a name, after which its types would be called.`)
    const key = `${definition.kind === Kind.FRAGMENT_DEFINITION ? 'fragment' : (definition as OperationDefinitionNode).operation} ${definition.name.value.toLowerCase()}`
    const other = known.get(key)
    if (other !== undefined)
      throw new StartupError(
        `${place} and ${other} have two that are called ${definition.name.value}. Types are called after them: give each a name of its own.`,
      )
    known.set(key, place)
  }
}

function writeWhereDifferent(path: string, text: string): boolean {
  if (existsSync(path) && readFileSync(path, 'utf8') === text) return false
  writeFileSync(path, text)
  return true
}

/** Differs where a sync may write something else. */
async function stateOf(server: ServerAddress, directory: string, globs: readonly string[], out: string): Promise<string> {
  const [version, { definitions, unreadable }] = await Promise.all([readSchemaVersion(server), documentsOf(directory, globs, out)])
  return JSON.stringify([version, definitions.map(({ loc }) => loc?.source.body.slice(loc.start, loc.end)), unreadable])
}
