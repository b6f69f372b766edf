import semver from 'semver'
import { say } from '../../errors/index.ts'
import { type Manifest, PluginProblem } from './manifest.ts'

/** A plugin that another one needs. */
export interface Need {
  readonly name: string
  readonly version: string
  readonly optional: boolean
}

export function needsOf({ dependsOn }: Pick<Manifest, 'dependsOn'>): readonly Need[] {
  return Object.entries(dependsOn).map(([name, wanted]) =>
    typeof wanted === 'string' ? { name, version: wanted, optional: false } : { name, version: wanted.version, optional: true },
  )
}

/** Throws PluginProblem where a plugin that this one needs is not there, or is there in a version that it is not written for. */
export function checkNeeds(manifest: Pick<Manifest, 'name' | 'version' | 'dependsOn'>, present: ReadonlyMap<string, string>): void {
  for (const { name, version, optional } of needsOf(manifest)) {
    const found = present.get(name)
    if (found === undefined && optional) continue
    if (found === undefined)
      throw new PluginProblem(say`The plugin ${manifest.name} needs the plugin ${name} (${version}), which is not enabled. Enable that first.`)
    if (!semver.satisfies(found, version))
      throw new PluginProblem(say`The plugin ${manifest.name} ${manifest.version} needs the plugin ${name} in version ${version}; ${found} is enabled.`)
  }
}

/** Throws PluginProblem, naming the way round, where a plugin cannot do without itself. Who can do without each other may ask for each other. */
export function checkCycle(name: string, manifests: ReadonlyMap<string, Pick<Manifest, 'name' | 'dependsOn'>>): void {
  const way: string[] = []
  const visit = (current: string): void => {
    if (way.includes(current)) {
      if (current === name) throw new PluginProblem(say`Plugins need each other in a circle: ${[...way, current].join(' → ')}. None of them can be enabled.`)
      return
    }
    way.push(current)
    const manifest = manifests.get(current)
    if (manifest) for (const need of needsOf(manifest)) if (!need.optional) visit(need.name)
    way.pop()
  }
  visit(name)
}

/** Each behind those that it needs, and behind those that it can do without unless they need it, as far as these are among them; otherwise by name. */
export function inOrder<T>(plugins: ReadonlyMap<string, T>, needs: (plugin: T) => readonly Need[]): T[] {
  const ordered: T[] = []
  const seen = new Set<string>()
  const needsHard = (name: string, other: string, way: readonly string[] = []): boolean => {
    const plugin = plugins.get(name)
    if (plugin === undefined || way.includes(name)) return false
    return needs(plugin).some((need) => !need.optional && (need.name === other || needsHard(need.name, other, [...way, name])))
  }
  const visit = (name: string): void => {
    const plugin = plugins.get(name)
    if (plugin === undefined || seen.has(name)) return
    seen.add(name)
    for (const need of needs(plugin)) if (!need.optional || !needsHard(need.name, name)) visit(need.name)
    ordered.push(plugin)
  }
  for (const name of [...plugins.keys()].sort()) visit(name)
  return ordered
}
