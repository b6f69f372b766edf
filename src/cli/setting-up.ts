import { createKernel, type Kernel } from '../composition/kernel.ts'
import { type Config, type Environment, loadConfig } from '../config/index.ts'
import { openDatabase } from '../start/open-database.ts'

/**
 * Runs set-up work on the configured database, beside a running server too, and lets go of everything afterwards. `existing`: work that makes no database; throws StartupError where
 * there is none.
 */
export async function withKernel<T>(
  environment: Environment,
  directory: string,
  work: (kernel: Kernel, config: Config) => Promise<T>,
  { existing = false }: { readonly existing?: boolean } = {},
): Promise<T> {
  const config = loadConfig(environment, directory)
  const opened = await openDatabase(config, { share: true, existing })
  try {
    const kernel = await createKernel({ ...config, poolSize: 2 }, { databaseUrl: opened.url, secrets: [] })
    try {
      return await work(kernel, config)
    } finally {
      await kernel.close()
    }
  } finally {
    await opened.close()
  }
}
