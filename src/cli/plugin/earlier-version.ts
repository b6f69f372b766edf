import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { StartupError } from '../../errors/index.ts'
import { PRODUCT_FOLDER } from './product-package.ts'

const run = promisify(execFile)

/** A version of the plugin beside the one that is examined. */
export interface EarlierVersion {
  readonly folder: string
  remove(): void
}

/**
 * Installs a version into a folder that is thrown away, without running scripts of anybody: a version of the registry (`1.2.0`, `latest`), a packed file, or a folder, which is taken as it is. Null where
 * the registry has no such package yet and none was asked for. Throws StartupError.
 */
export async function earlierVersion(name: string, against: string | undefined, directory: string): Promise<EarlierVersion | null> {
  const path = against === undefined ? undefined : resolve(directory, against)
  if (path !== undefined && existsSync(path) && statSync(path).isDirectory()) return { folder: path, remove: () => {} }
  const root = mkdtempSync(join(tmpdir(), 'guanxi-earlier-'))
  const remove = (): void => rmSync(root, { recursive: true, force: true })
  const wanted = path !== undefined && existsSync(path) ? path : `${name}@${against ?? 'latest'}`
  try {
    writeFileSync(join(root, 'package.json'), '{ "private": true }')
    // Without what is needed beside it: that is the product which examines it.
    await run('npm', ['install', wanted, '--ignore-scripts', '--no-audit', '--no-fund', '--omit=dev', '--legacy-peer-deps', '--loglevel=error'], { cwd: root })
    const folder = join(root, 'node_modules', name)
    if (!existsSync(folder)) throw new StartupError(`${wanted} is no version of ${name}: ${readdirSync(join(root, 'node_modules')).join(', ')}`)
    const product = join(root, 'node_modules', 'guanxi')
    mkdirSync(join(root, 'node_modules'), { recursive: true })
    rmSync(product, { recursive: true, force: true })
    symlinkSync(PRODUCT_FOLDER, product)
    return { folder, remove }
  } catch (error) {
    remove()
    if (error instanceof StartupError) throw error
    const { stderr = '' } = error as { stderr?: string }
    if (against === undefined && /E404/.test(stderr)) return null
    throw new StartupError(`The earlier version ${wanted} cannot be installed: ${stderr.trim().split('\n')[0] ?? (error as Error).message}`)
  }
}
