import { existsSync, readFileSync } from 'node:fs'
import { dirname, isAbsolute, join } from 'node:path'
import type { WantedPlugin } from '../protocol.ts'

/** A plugin that a test wants, and where the server finds it. */
export interface FoundSource extends WantedPlugin {
  readonly name: string
  readonly kind: 'path' | 'package' | 'built in'
}

/** Finds out what a source is, and how the plugin is called. Throws where it is no plugin. */
export function findPlugin(wanted: WantedPlugin, directory: string): FoundSource {
  const { source } = wanted
  if (isAbsolute(source)) return { ...wanted, kind: 'path', name: nameIn(source) }
  for (let folder = directory; ; folder = dirname(folder)) {
    const found = join(folder, 'node_modules', source)
    if (existsSync(join(found, 'package.json'))) return { ...wanted, kind: 'package', name: nameIn(found) }
    if (dirname(folder) === folder) return { ...wanted, kind: 'built in', name: source }
  }
}

function nameIn(folder: string): string {
  const path = join(folder, 'package.json')
  if (!existsSync(path)) throw new Error(`There is no plugin in ${folder}: it has no package.json.`)
  const { guanxi } = JSON.parse(readFileSync(path, 'utf8')) as { guanxi?: { name?: unknown } }
  if (typeof guanxi?.name !== 'string') throw new Error(`${path} has no member "guanxi" with the name of a plugin.`)
  return guanxi.name
}
