import { createKernel, type Kernel } from '../composition/kernel.ts'
import { type Config, type Environment, loadConfig } from '../config/index.ts'
import { createLogger } from '../http/logger.ts'
import { BUILT_IN } from '../plugins/built-in.ts'
import { pluginRulesAlone } from '../plugins/host/index.ts'
import { createReadLog, writeEntries } from '../records/audit/index.ts'
import { openDatabase } from '../start/open-database.ts'

interface Setting {
  /** Work that makes no database; throws StartupError where there is none. */
  readonly existing?: boolean
  /** Work that writes records: plugins that are enabled judge it as they judge every write, and what they judge is refused where their code is not here. */
  readonly writes?: boolean
}

/** Runs set-up work on the configured database, beside a running server too, and lets go of everything afterwards. */
export async function withKernel<T>(
  environment: Environment,
  directory: string,
  work: (kernel: Kernel, config: Config) => Promise<T>,
  { existing = false, writes = false }: Setting = {},
): Promise<T> {
  const config = loadConfig(environment, directory)
  const opened = await openDatabase(config, { share: true, existing })
  try {
    const kernel = await createKernel({ ...config, poolSize: 2 }, { databaseUrl: opened.url, secrets: [] })
    try {
      return writes ? await judged(kernel, config, directory, () => work(kernel, config)) : await work(kernel, config)
    } finally {
      await kernel.close()
    }
  } finally {
    await opened.close()
  }
}

async function judged<T>(kernel: Kernel, config: Config, directory: string, work: () => Promise<T>): Promise<T> {
  const { database, now } = kernel
  const reads = createReadLog({ write: (entries) => writeEntries(database, entries, 'background'), now })
  const sources = { builtIn: BUILT_IN, packages: config.plugins, paths: config.pluginPaths, directory }
  const plugins = await pluginRulesAlone(kernel.registry(), { sources, log: createLogger(config.logLevel, process.stderr), noteReads: reads.note, now })
  kernel.judgeBy(plugins.rulesOf)
  try {
    return await work()
  } finally {
    await reads.flush()
    await plugins.close()
  }
}
