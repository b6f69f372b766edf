import type { Environment } from '../../config/index.ts'
import { StartupError } from '../../errors/index.ts'
import { type ServerOptions, serverOf } from './address.ts'
import { checkDocuments } from './check-documents.ts'
import { findDocuments } from './find-documents.ts'
import { findingLine } from './finding-line.ts'
import { readLiveSchema } from './live-schema.ts'

export interface CheckOptions extends ServerOptions {
  readonly json?: boolean
  /** What is deprecated is told and fails nothing. */
  readonly allowDeprecated?: boolean
}

/**
 * `guanxi check`: prints a line for each use of what is gone, deprecated, or hidden from whoever asks. Answers the exit code: 0 where there is none, 1 where there is one, 2 where it could
 * not be looked at (no server, no token, no documents).
 */
export async function checkCommand(environment: Environment, directory: string, globs: readonly string[], options: CheckOptions): Promise<number> {
  try {
    const server = serverOf(environment, options)
    const documents = await findDocuments(directory, globs, [])
    if (documents.files.length === 0) throw new StartupError('No documents there. Name them: guanxi check "src/**/*.{graphql,ts,tsx}"')
    const findings = checkDocuments(documents, await readLiveSchema(server), server.role)
    const failing = findings.filter(({ kind }) => kind !== 'deprecated' || !options.allowDeprecated)
    if (options.json) process.stdout.write(`${JSON.stringify({ files: documents.files.length, findings }, null, 2)}\n`)
    else process.stdout.write([...findings.map(findingLine), summary(documents.files.length, findings.length)].map((line) => `${line}\n`).join(''))
    return failing.length > 0 ? 1 : 0
  } catch (error) {
    if (!(error instanceof StartupError)) throw error
    process.stderr.write(`guanxi: ${error.message}\n`)
    return 2
  }
}

function summary(files: number, findings: number): string {
  const where = `${files} ${files === 1 ? 'file' : 'files'}`
  return findings === 0 ? `${where}: all fits the schema.` : `${where}: ${findings} ${findings === 1 ? 'finding' : 'findings'}.`
}
