import type { EnabledPlugin, Registry } from '../../records/registry/index.ts'
import type { RulesAround } from '../../records/write/index.ts'
import type { CodeStore } from './code-store.ts'
import { pluginRules } from './hooks.ts'
import { createInstance, type InstanceServices, type PluginInstance } from './instance.ts'
import { inOrder, needsOf } from './order.ts'
import type { HostServices } from './services.ts'

/** What this process makes of the plugins that are enabled in a registry. */
export interface ActiveSet {
  /** Each behind those that it needs. */
  readonly instances: readonly PluginInstance[]
  /** Enabled, but this process has not their code. */
  readonly absent: readonly EnabledPlugin[]
  readonly rules: RulesAround
}

export interface ActivePlugins {
  of(registry: Registry): ActiveSet
  /** What is known of the code has changed. */
  forget(): void
}

/** Instances outlive registries: a plugin that did not change keeps its cache, and its circuits. */
export function createActivePlugins(codes: Pick<CodeStore, 'loaded'>, services: InstanceServices & Pick<HostServices, 'noteReads'>): ActivePlugins {
  let sets = new WeakMap<Registry, ActiveSet>()
  let known = new Map<string, PluginInstance>()

  const instanceOf = (enabled: EnabledPlugin): PluginInstance | undefined => {
    const loaded = codes.loaded(enabled.name, enabled.version)
    if (!loaded) return undefined
    const before = known.get(enabled.name)
    if (before && before.loaded === loaded && JSON.stringify(before.enabled) === JSON.stringify(enabled)) return before
    return createInstance(enabled, loaded, services)
  }
  return {
    of: (registry) => {
      const set = sets.get(registry)
      if (set) return set
      const found = registry.plugins.map((enabled) => ({ enabled, instance: instanceOf(enabled) }))
      const instances = new Map(found.flatMap(({ instance }) => (instance ? [[instance.enabled.name, instance] as const] : [])))
      known = new Map(instances)
      const ordered = inOrder(instances, ({ loaded }) => needsOf(loaded.manifest))
      const absent = found.flatMap(({ enabled, instance }) => (instance ? [] : [enabled]))
      const made: ActiveSet = Object.freeze({ instances: ordered, absent, rules: pluginRules(services, ordered, absent) })
      sets.set(registry, made)
      return made
    },
    forget: () => {
      sets = new WeakMap()
    },
  }
}
