import { existsSync, readFileSync, watch } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Environment } from '../../config/index.ts'
import { loadConfig } from '../../config/index.ts'
import { StartupError } from '../../errors/index.ts'
import { discover } from '../../plugins/host/discover.ts'
import { openDatabase } from '../../start/open-database.ts'
import { compileOnChange, compileOnce } from './compile.ts'
import { type DevServer, startDevServer } from './dev-server.ts'

export interface DevOptions {
  /** False: `--no-build`. */
  readonly build?: boolean
}

/** Milliseconds for which nothing must have changed before the server begins anew: a compiler writes one file after the other. */
const QUIET = 300

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
  let server: DevServer | undefined
  try {
    const settings = { ...environment, DATABASE_URL: database.url, DATA_DIR: config.dataDir, PLUGIN_PATHS: folder, DEMO: environment.DEMO ?? '0' }
    const begin = async (): Promise<void> => {
      await server?.stop()
      server = await startDevServer(settings, folder)
      say(await server.enable(plugin.manifest.name))
    }
    await begin()
    await untilEnd(watchedIn(folder, plugin.place.entry), async () => {
      say('changed; beginning anew')
      await begin().catch((error: unknown) => say(`${(error as Error).message} Mend it: the next change begins anew.`))
    })
    return 0
  } finally {
    compiler?.stop()
    await server?.stop()
    await database.close()
  }
}

/** What decides how the plugin works: the folder of the compiled code, and the manifest. */
function watchedIn(folder: string, entry: string): readonly string[] {
  const compiled = join(folder, entry.split('/').slice(0, -1).join('/'))
  return [...new Set([compiled, join(folder, 'package.json')])].filter((path) => existsSync(path))
}

/** Calls, one after the other, whenever something has changed, until a signal ends it. */
async function untilEnd(paths: readonly string[], changed: () => Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  let running: Promise<void> = Promise.resolve()
  const contents = new Map<string, string>()
  const note = (root: string) => (_event: string, name: string | null) => {
    if (name !== null && /(^|[/\\])(node_modules|\.guanxi)([/\\]|$)|\.(map|tsbuildinfo|d\.ts)$/.test(name)) return
    const path = name === null || root.endsWith('.json') ? root : join(root, name)
    const content = existsSync(path) ? contentOf(path) : ''
    if (contents.get(path) === content) return
    contents.set(path, content)
    clearTimeout(timer)
    timer = setTimeout(() => {
      running = running.then(changed)
    }, QUIET)
  }
  const watchers = paths.map((path) => watch(path, { recursive: !path.endsWith('.json') }, note(path)))
  await new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve())
  })
  clearTimeout(timer)
  for (const watcher of watchers) watcher.close()
  await running
}

function contentOf(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
