import semver from 'semver'
import type { EnabledPlugin } from '../../records/registry/index.ts'
import { underCurrentEpochs } from '../../records/under-current-epochs.ts'
import type { CodeStore } from './code-store.ts'
import type { Lifecycle } from './lifecycle.ts'
import { messageOf } from './load-code.ts'
import type { Nodes } from './nodes.ts'
import { readPlugins } from './plugin-rows.ts'
import type { HostServices } from './services.ts'

export interface Tending {
  readonly services: HostServices
  readonly codes: CodeStore
  readonly nodes: Nodes
  readonly lifecycle: Lifecycle
}

/**
 * Enabled plugins whose code this process has not. While another process that lives has it, this one alone refuses what they judge. Where none has it any more, a later version that is here
 * takes its place, as after an update of the product or of a package; where there is none, the plugin is out of service everywhere, so that the rest is served.
 */
export async function tendAbsent(tending: Tending, absent: readonly EnabledPlugin[]): Promise<void> {
  for (const plugin of absent) await tend(tending, plugin)
}

async function tend({ services, codes, nodes, lifecycle }: Tending, { name, version }: EnabledPlugin): Promise<void> {
  const live = await nodes.live()
  if (live.some((node) => node.plugins[name]?.loaded.includes(version))) return
  await services.database.transaction(async (transaction) => {
    // One process does so; the others find it done.
    const [lock] = await transaction.query<{ held: boolean }>({
      text: 'SELECT pg_try_advisory_xact_lock(hashtextextended($1, 7203116)) AS held',
      values: [`plugin ${name}`],
      purpose: 'background',
    })
    const row = (await readPlugins(services.database)).get(name)
    if (!lock?.held || row?.state !== 'enabled' || row.version !== version) return
    const found = (await codes.discover()).plugins.get(name)
    if (found && semver.gt(found.manifest.version, version)) {
      try {
        const origin = { requestId: `plugin ${name}`, client: null, ip: null }
        await underCurrentEpochs(async () => lifecycle.upgrade(await services.system(`plugin ${name}`), name, origin))
        services.log.info({ plugin: name, from: version, to: found.manifest.version }, 'a plugin was upgraded, since only the later version is here')
        return
      } catch (error) {
        services.log.error({ err: error, plugin: name }, 'a plugin could not be upgraded')
        await lifecycle.quarantine(name, messageOf(error))
        return
      }
    }
    await lifecycle.quarantine(name, codes.report()[name]?.error ?? `No process has version ${version} of it.`)
  })
}
