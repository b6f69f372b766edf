import type { Registry } from '../../records/registry/index.ts'
import type { RulesAround } from '../../records/write/index.ts'
import { createActivePlugins } from './active-plugins.ts'
import { createCodeStore } from './code-store.ts'
import type { PluginSources } from './discover.ts'
import { messageOf } from './load-code.ts'
import type { HostLog, HostServices } from './services.ts'

export interface RulesAloneOptions extends Pick<HostServices, 'noteReads' | 'now'> {
  readonly sources: PluginSources
  readonly log: HostLog
}

/**
 * What plugins have to say about writes, for a process that writes records and serves nothing: a command beside the server, or before it. Loads the plugins that the registry has enabled; where
 * the code of one is not here, what it judges is refused, as everywhere.
 */
export async function pluginRulesAlone(
  registry: Registry,
  { sources, log, noteReads, now }: RulesAloneOptions,
): Promise<{
  rulesOf(registry: Registry): RulesAround
  close(): Promise<void>
}> {
  const codes = createCodeStore(sources, () => active.forget())
  const active = createActivePlugins(codes, {
    log,
    noteReads,
    now,
    report: (plugin, what, error) => log.warn({ err: error, plugin, what }, 'a plugin failed'),
    metrics: { call: () => {}, count: () => {} },
    transport: async () => {
      throw new Error('a command has no network')
    },
  })
  for (const { name, version } of registry.plugins)
    await codes.load(name, version).catch((error: unknown) => log.warn({ plugin: name, reason: messageOf(error) }, 'a plugin cannot be run by this process'))
  return { rulesOf: (served) => active.of(served).rules, close: () => codes.close() }
}
