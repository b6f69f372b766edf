import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { prepareDataDir } from './data-dir.ts'
import { privateFile } from './private-file.ts'
import { generatePassword } from './user-accounts.ts'

/** A generated password, written down before it is used, so that a crash in between loses nothing. */
export interface KeptPassword {
  readonly password: string
  readonly file: string
  /** Removes the file, where this call made it: the password came to nothing. */
  discard(): void
}

/** The password that DATA_DIR keeps under this name, or a new one. */
export function keepPassword(dataDir: string, name: string): KeptPassword {
  prepareDataDir(dataDir)
  const file = join(dataDir, name)
  const { value, created } = privateFile(file, generatePassword)
  return { password: value, file, discard: () => (created ? rmSync(file, { force: true }) : undefined) }
}

/** The password that DATA_DIR keeps under this name; undefined where it keeps none. */
export function readKeptPassword(dataDir: string, name: string): string | undefined {
  const file = join(dataDir, name)
  return existsSync(file) ? readFileSync(file, 'utf8').trim() || undefined : undefined
}
