import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Environment } from '../../config/index.ts'
import { loadConfig } from '../../config/index.ts'
import { StartupError } from '../../errors/index.ts'
import { discover } from '../../plugins/host/discover.ts'
import { openDatabase } from '../../start/open-database.ts'
import { compileOnChange, compileOnce } from './compile.ts'
import { type DevServer, startDevServer } from './dev-server.ts'
import { watchFiles } from './watch-files.ts'

export interface DevOptions {
  /** False: `--no-build`. */
  readonly build?: boolean
}

/**
 * `guanxi plugin dev`: PostgreSQL under `.guanxi` in the plugin's folder, and a server with the plugin enabled, which begins anew when the compiled code or the manifest changes; the data stays. Ends with a
 * signal. Answers the exit code. Throws StartupError.
 */
export async function devCommand(environment: Environment, directory: string, given: string | undefined, { build = true }: DevOptions): Promise<number> {
  const folder = resolve(directory, given ?? '.')
  const say = (text: string): void => void process.stdout.write(`guanxi plugin dev: ${text}\n`)
  if (build) await compileOnce(folder)
  const { plugins, problems } = await discover({ builtIn: [], packages: [], paths: [folder], directory: folder })
  const [plugin] = plugins.values()
  if (!plugin || !('folder' in plugin.place)) throw new StartupError([...problems.values()][0] ?? `There is no plugin in ${folder}.`)
  const config = loadConfig({ DATA_DIR: join(folder, '.guanxi'), ...environment }, folder)
  const database = await openDatabase(config)
  const compiler = build ? compileOnChange(folder) : undefined
  const told = toldToEnd()
  const end = new Promise<void>((resolve) => told.addEventListener('abort', () => resolve()))
  let server: DevServer | undefined
  const settings = { ...environment, DATABASE_URL: database.url, DATA_DIR: config.dataDir, PLUGIN_PATHS: folder, DEMO: environment.DEMO ?? '0' }
  const begin = async (): Promise<void> => {
    await server?.stop()
    server = undefined
    server = await startDevServer(settings, folder)
    say(await server.enable(plugin.manifest.name))
  }
  const first = begin()
  let running = first
  // From the beginning on: what is changed while the server starts counts, too.
  const unwatch = watchFiles(watchedIn(folder, plugin.place.entry), () => {
    running = running.then(async () => {
      if (told.aborted) return
      say('changed; beginning anew')
      await begin().catch((error: unknown) => say(`${(error as Error).message.replace(/\.?$/, '.')} Mend it: the next change begins anew.`))
    })
  })
  try {
    await Promise.race([first, end])
    await end
    return 0
  } finally {
    unwatch()
    compiler?.stop()
    await running.catch(() => {})
    await server?.stop()
    await database.close()
  }
}

/** What decides how the plugin works: the folder of the compiled code, and the manifest. */
function watchedIn(folder: string, entry: string): readonly string[] {
  const compiled = join(folder, entry.split('/').slice(0, -1).join('/'))
  return [...new Set([compiled, join(folder, 'package.json')])].filter((path) => existsSync(path))
}

/** Aborted when somebody tells this process to end, by Ctrl-C or SIGTERM, which from the call on does nothing else. */
function toldToEnd(): AbortSignal {
  const told = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => told.abort())
  return told.signal
}
