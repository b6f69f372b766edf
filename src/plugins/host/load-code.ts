import { randomUUID } from 'node:crypto'
import { cp, mkdir, readdir, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type DefinedPlugin, PLUGIN } from '../api/index.ts'
import { checkDefinition } from './check-definition.ts'
import { type ClassMetadata, collectClasses } from './classes/collect-classes.ts'
import { type ClassTypes, readClasses } from './classes/read-classes.ts'
import type { FoundPlugin } from './discover.ts'
import { checkApiVersion, type Manifest, PluginProblem } from './manifest.ts'
import { provideModules } from './provide-modules.ts'

/** Code of a plugin that is in this process. */
export interface LoadedPlugin {
  readonly manifest: Manifest
  readonly builtIn: boolean
  readonly definition: DefinedPlugin
  /** What its classes add to the schema. */
  readonly classes?: ClassTypes
}

/** Milliseconds that the code of a plugin gets to load. */
const PATIENCE = 10_000

/** Folder, inside of a plugin's, of the copies that a process which has loaded an earlier version loads a later one from: Node.js loads each path once only. */
const COPIES = '.guanxi'

/** Runs a plugin's code, one plugin at a time, and checks what it says against its manifest. `again`: this process has loaded code of the plugin before. Throws PluginProblem, whatever goes wrong. */
export async function loadCode({ manifest, builtIn, place }: FoundPlugin, again: boolean): Promise<LoadedPlugin> {
  checkApiVersion(manifest)
  if ('folder' in place) provideModules()
  const collect = collectClasses()
  let collected: ClassMetadata
  let module: unknown
  try {
    module = await inTime(manifest.name, 'load' in place ? place.load() : again ? importCopy(place) : importFrom(place.folder, place.entry))
  } finally {
    collected = collect()
  }
  const definition = (module as { default?: unknown }).default as DefinedPlugin | undefined
  if (typeof definition !== 'object' || definition === null || definition[PLUGIN] !== true)
    throw new PluginProblem(`The plugin ${manifest.name} has no default export that definePlugin has made.`)
  checkDefinition(definition, manifest, builtIn)
  const classes = classesOf(definition, collected)
  return Object.freeze({ manifest, builtIn, definition, ...(classes && { classes }) })
}

/** By definition: code that the process has loaded already notes its classes no second time. */
const known = new WeakMap<DefinedPlugin, ClassTypes>()

function classesOf(definition: DefinedPlugin, collected: ClassMetadata): ClassTypes | undefined {
  const { name, graphql: { resolvers } = {} } = definition
  if (resolvers === undefined) return undefined
  try {
    const classes = known.get(definition) ?? readClasses(resolvers, collected)
    known.set(definition, classes)
    return classes
  } catch (error) {
    throw new PluginProblem(`The plugin ${name}: ${messageOf(error)}`)
  }
}

async function inTime(name: string, loading: Promise<unknown>): Promise<unknown> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`it did not load within ${PATIENCE / 1_000} seconds`)), PATIENCE)
  })
  try {
    return await Promise.race([loading, late])
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException | null)?.code === 'ERR_MODULE_NOT_FOUND'
    const wayOut = isMissing ? '. What it needs besides guanxi/plugin and zod is installed in its own folder: npm install --omit=dev' : ''
    throw new PluginProblem(`The code of the plugin ${name} cannot be loaded: ${messageOf(error)}${wayOut}`)
  } finally {
    clearTimeout(timer)
  }
}

/** Whatever a plugin throws, as a line. */
export function messageOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error)
  return text.slice(0, 1_000)
}

function importFrom(folder: string, entry: string): Promise<unknown> {
  return import(pathToFileURL(resolve(folder, entry)).href)
}

/** Inside of the plugin's folder what it imports is found as before. The copy is not needed any more once it is loaded, but for stack traces; what it loads later must stand in it. */
async function importCopy({ folder, entry }: { readonly folder: string; readonly entry: string }): Promise<unknown> {
  const copies = join(folder, COPIES)
  const copy = join(copies, `${process.pid}-${randomUUID()}`)
  await mkdir(copy, { recursive: true })
  for (const name of await readdir(folder)) {
    if (name === COPIES || name === 'node_modules' || name === '.git') continue
    await cp(join(folder, name), join(copy, name), { recursive: true })
  }
  return importFrom(copy, entry)
}

/** Takes away the copies that this process has made. */
export async function forgetCopies(folder: string): Promise<void> {
  const copies = join(folder, COPIES)
  const names = await readdir(copies).catch((): string[] => [])
  for (const name of names) if (name.startsWith(`${process.pid}-`)) await rm(join(copies, name), { recursive: true, force: true })
}
