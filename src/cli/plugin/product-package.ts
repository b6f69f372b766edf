import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Where the product is installed, or checked out. */
export const PRODUCT_FOLDER = fileURLToPath(new URL('../../..', import.meta.url))

interface Package {
  readonly version: string
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
}

/** The package.json of the product. */
export function productPackage(): Package {
  return JSON.parse(readFileSync(join(PRODUCT_FOLDER, 'package.json'), 'utf8')) as Package
}
