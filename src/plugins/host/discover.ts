import { existsSync } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { dirname, isAbsolute, join, resolve } from 'node:path'
import { isObject } from '../../lib/is-object.ts'
import type { PluginManifest } from '../api/index.ts'
import { type Manifest, PluginProblem, readManifest } from './manifest.ts'

/** A plugin that comes with the product. */
export interface BuiltInPlugin {
  readonly manifest: PluginManifest
  /** Answers the module of its code. */
  readonly load: () => Promise<unknown>
}

/** Where plugins are looked for. */
export interface PluginSources {
  readonly builtIn: readonly BuiltInPlugin[]
  /** Names of npm packages. */
  readonly packages: readonly string[]
  /** Folders, each with a package.json. */
  readonly paths: readonly string[]
  /** Folder that relative paths, and the search for packages, begin at. */
  readonly directory: string
}

/** A plugin that was found. No code of it has run. */
export interface FoundPlugin {
  readonly manifest: Manifest
  readonly builtIn: boolean
  /** What it is found by: a folder, or the code that comes with the product. */
  readonly place: { readonly folder: string; readonly entry: string } | { readonly load: () => Promise<unknown> }
}

/** What was found, and what is in the way of the rest, by the name of the plugin or, where that is not known, of its source. */
export interface Discovery {
  readonly plugins: ReadonlyMap<string, FoundPlugin>
  readonly problems: ReadonlyMap<string, string>
}

/** Looks at the manifests of all sources, as they are now. Runs no code of plugins that do not come with the product. Never throws. */
export async function discover({ builtIn, packages, paths, directory }: PluginSources): Promise<Discovery> {
  const plugins = new Map<string, FoundPlugin>()
  const problems = new Map<string, string>()
  const add = async (source: string, find: () => Promise<FoundPlugin>) => {
    try {
      const found = await find()
      const { name } = found.manifest
      if (plugins.has(name)) throw new PluginProblem(`Two plugins are named ${name}; the one of ${source} is left out.`)
      plugins.set(name, found)
    } catch (error) {
      if (!(error instanceof PluginProblem)) throw error
      problems.set(source, error.message)
    }
  }
  for (const { manifest, load } of builtIn)
    await add(manifest.name, async () => ({ manifest: readManifest(manifest, `The plugin ${manifest.name}`), builtIn: true, place: { load } }))
  for (const name of packages) await add(name, () => readPackage(packageFolder(name, directory), name))
  for (const path of paths) await add(path, () => readPackage(isAbsolute(path) ? path : resolve(directory, path), path))
  return { plugins, problems }
}

/** Folder of an npm package, found as Node.js finds it, whatever the package exports. Throws PluginProblem. */
function packageFolder(name: string, directory: string): string {
  for (let folder = directory; ; folder = dirname(folder)) {
    const found = join(folder, 'node_modules', name)
    if (existsSync(join(found, 'package.json'))) return found
    if (dirname(folder) === folder) throw new PluginProblem(`The package ${name} is not installed. Install it where the server runs: npm install ${name}`)
  }
}

/** A package.json is a page or two; what is longer is something else. */
const LONGEST = 256 * 1024

async function readPackage(folder: string, source: string): Promise<FoundPlugin> {
  const content = await packageJson(folder, source)
  const { guanxi, version } = content
  if (!isObject(guanxi)) throw new PluginProblem(`The package.json of ${source} has no member "guanxi", which says what plugin it is.`)
  const { entry = './index.js', ...rest } = guanxi as Record<string, unknown>
  const manifest = readManifest({ ...rest, version }, `The package.json of ${source}`)
  if (typeof entry !== 'string' || !/^\.\/[\w./-]+\.m?js$/.test(entry) || entry.includes('..'))
    throw new PluginProblem(`The package.json of ${source}: guanxi.entry is a path inside of the package, such as ./dist/index.js.`)
  return { manifest, builtIn: false, place: { folder, entry } }
}

async function packageJson(folder: string, source: string): Promise<Record<string, unknown>> {
  const path = join(folder, 'package.json')
  try {
    if ((await stat(path)).size > LONGEST) throw new PluginProblem(`The package.json of ${source} is too large.`)
    const content: unknown = JSON.parse(await readFile(path, 'utf8'))
    if (isObject(content)) return content as Record<string, unknown>
    throw new PluginProblem(`The package.json of ${source} is no object.`)
  } catch (error) {
    if (error instanceof PluginProblem) throw error
    throw new PluginProblem(`The package.json of ${source} cannot be read: ${(error as Error).message}`)
  }
}
