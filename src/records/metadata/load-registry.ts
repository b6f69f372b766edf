import type { ModuleMetadata } from '../../entities/metadata.ts'
import type { Executor } from '../database.ts'
import { buildRegistry, type Registry } from '../registry/index.ts'
import { composeModules } from './compose.ts'
import { readMetadata } from './stored.ts'

/** The registry that is valid now, under the schema epoch of the same snapshot. */
export async function loadRegistry(executor: Executor, core: readonly ModuleMetadata[]): Promise<Registry> {
  const stored = await readMetadata(executor)
  return buildRegistry(composeModules(core, stored), stored.epochs.schema, stored.plugins)
}
