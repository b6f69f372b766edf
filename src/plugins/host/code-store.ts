import { Mutex } from 'async-mutex'
import { type Discovery, discover, type PluginSources } from './discover.ts'
import { forgetCopies, type LoadedPlugin, loadCode } from './load-code.ts'
import { PluginProblem } from './manifest.ts'
import type { NodePlugin } from './nodes.ts'

/** Code of plugins in this process: what was found, and what has been loaded of it. Code is loaded when it is wanted, and not before. */
export interface CodeStore {
  /** Looks at all sources anew. */
  discover(): Promise<Discovery>
  loaded(name: string, version: string): LoadedPlugin | undefined
  /** Loads that version, once. `attempt`: who asks. Throws PluginProblem where it is not here, or does not load. */
  load(name: string, version: string, attempt?: string): Promise<LoadedPlugin>
  /** Gives up code that turned out not to work here. */
  reject(name: string, version: string, why: string): void
  report(): Readonly<Record<string, NodePlugin>>
  /** Takes away what loading has left on the disk. */
  close(): Promise<void>
}

export function createCodeStore(sources: PluginSources, onChange: () => void): CodeStore {
  const codes = new Map<string, Map<string, LoadedPlugin>>()
  const errors = new Map<string, { readonly error: string; readonly attempt: string | null }>()
  const loading = new Map<string, Promise<LoadedPlugin>>()
  const folders = new Set<string>()
  const oneByOne = new Mutex()

  const load = async (name: string, version: string, attempt: string | null): Promise<LoadedPlugin> => {
    try {
      const { plugins, problems } = await discover(sources)
      const found = plugins.get(name)
      if (!found)
        throw new PluginProblem(problems.get(name) ?? [...problems.values()][0] ?? `There is no plugin named ${name} where this process looks for plugins.`)
      if (found.manifest.version !== version) throw new PluginProblem(`The plugin ${name} is here in version ${found.manifest.version}, and not in ${version}.`)
      const versions = codes.get(name) ?? new Map<string, LoadedPlugin>()
      const code = await oneByOne.runExclusive(() => loadCode(found, versions.size > 0 || errors.has(name)))
      if ('folder' in found.place) folders.add(found.place.folder)
      codes.set(name, versions.set(version, code))
      errors.delete(name)
      onChange()
      return code
    } catch (error) {
      errors.set(name, { error: (error as Error).message, attempt })
      throw error
    }
  }
  return {
    discover: () => discover(sources),
    loaded: (name, version) => codes.get(name)?.get(version),
    load: (name, version, attempt) => {
      const known = codes.get(name)?.get(version)
      if (known) return Promise.resolve(known)
      const key = `${name}@${version}`
      const under = loading.get(key) ?? load(name, version, attempt ?? null).finally(() => loading.delete(key))
      loading.set(key, under)
      return under
    },
    reject: (name, version, why) => {
      codes.get(name)?.delete(version)
      errors.set(name, { error: why, attempt: null })
      onChange()
    },
    report: () => {
      const names = [...new Set([...codes.keys(), ...errors.keys()])].sort()
      return Object.fromEntries(
        names.map((name) => [name, { loaded: [...(codes.get(name)?.keys() ?? [])], ...(errors.get(name) ?? { error: null, attempt: null }) }]),
      )
    },
    close: async () => {
      for (const folder of folders) await forgetCopies(folder)
    },
  }
}
