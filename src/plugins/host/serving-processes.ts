import { say } from '../../errors/index.ts'
import type { CodeStore } from './code-store.ts'
import type { FoundPlugin } from './discover.ts'
import type { LoadedPlugin } from './load-code.ts'
import { PluginProblem } from './manifest.ts'
import type { LiveNode, Nodes } from './nodes.ts'
import { want } from './plugin-rows.ts'
import type { HostServices } from './services.ts'

/** Topic of the signal that processes should look what is wanted of them. */
export const PLUGINS_TOPIC = 'plugins'

/** Milliseconds for all processes to load a version, and to serve it once it is enabled. */
const LOAD_PATIENCE = 30_000
const SERVE_PATIENCE = 15_000

/** What this process works with, and knows of the others. */
export interface ServingProcesses extends HostServices {
  readonly codes: CodeStore
  readonly nodes: Nodes
}

/** Has every live process load the version. Throws PluginProblem with what is in the way; then nothing has changed. */
export async function loadEverywhere({ database, signals, codes, nodes }: ServingProcesses, found: FoundPlugin): Promise<LoadedPlugin> {
  const { name, version } = found.manifest
  const attempt = await want(database, name, version)
  signals.publish(PLUGINS_TOPIC, name)
  try {
    const loaded = await codes.load(name, version)
    await nodes.beat()
    const late = await nodes.waitFor((node) => hasLoaded(node, name, version) || node.plugins[name]?.attempt === attempt, LOAD_PATIENCE)
    const without = late.length > 0 ? late : (await nodes.live()).filter((node) => !hasLoaded(node, name, version))
    const [first] = without
    if (first)
      throw new PluginProblem(
        say`The process ${first.process} (${first.role}) has not version ${version} of the plugin ${name}: ${first.plugins[name]?.error ?? say`it does not answer`}`,
      )
    return loaded
  } catch (error) {
    await want(database, name, null, (error as Error).message)
    throw error
  }
}

/** Waits for every live process to serve a version of the schema, and not for ever: one that is late refuses what it does not serve. */
export async function servedEverywhere({ nodes, log }: ServingProcesses, version: number): Promise<void> {
  const [late] = await nodes.waitFor((node) => node.schemaVersion >= version, SERVE_PATIENCE)
  if (late) log.warn({ process: late.process, version }, 'a process does not serve a change of plugins yet')
}

function hasLoaded({ plugins }: LiveNode, name: string, version: string): boolean {
  return plugins[name]?.loaded.includes(version) === true
}
