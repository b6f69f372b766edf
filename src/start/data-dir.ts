import { accessSync, chmodSync, constants, existsSync, mkdirSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { StartupError } from '../errors/index.ts'

/**
 * Makes DATA_DIR where it does not exist. Started by root it may be passed by everybody, because PostgreSQL runs as
 * another user; the files with secrets in it are private each. Throws StartupError where it cannot be used.
 */
export function prepareDataDir(dataDir: string): void {
  try {
    if (!existsSync(dataDir)) {
      makeDirectories(dataDir)
      chmodSync(dataDir, process.getuid?.() === 0 ? 0o755 : 0o700)
    }
    if (!statSync(dataDir).isDirectory()) throw new Error('it is not a directory')
    accessSync(dataDir, constants.R_OK | constants.W_OK | constants.X_OK)
  } catch (error) {
    throw new StartupError(`DATA_DIR ${dataDir} cannot be used: ${(error as Error).message}. Choose a directory that you may write to.`)
  }
}

/** One by one: the recursive option of Node never returns below /proc and the like. */
function makeDirectories(path: string): void {
  if (!existsSync(dirname(path))) makeDirectories(dirname(path))
  mkdirSync(path)
}
