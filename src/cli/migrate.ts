import type { Environment } from '../config/index.ts'
import { migrations } from '../records/migrations/index.ts'
import { withKernel } from './setting-up.ts'

/** `guanxi migrate`: opening the kernel is what migrates. */
export async function migrateCommand(environment: Environment, directory: string): Promise<void> {
  await withKernel(environment, directory, async () => {})
  process.stdout.write(`The database stands at migration ${migrations.length}.\n`)
}
