import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { StartupError } from '../../errors/index.ts'
import { discover, type FoundPlugin } from '../../plugins/host/discover.ts'
import { loadCode } from '../../plugins/host/load-code.ts'
import { PluginProblem } from '../../plugins/host/manifest.ts'
import { checkSource } from '../../plugins/host/source/check-source.ts'
import { type Finding, fail, findingLine, ok, warn } from '../../start/doctor/finding.ts'
import { compareVersions } from './compare-versions.ts'
import { earlierVersion } from './earlier-version.ts'
import { lintRights } from './lint-rights.ts'
import { schemaWith } from './plugin-schema.ts'

export interface CheckOptions {
  readonly against?: string
}

/** `guanxi plugin check`: prints a line for each finding; answers 1 where something is wrong, else 0. Throws StartupError where there is no plugin to look at. */
export async function checkCommand(directory: string, folder: string | undefined, options: CheckOptions): Promise<number> {
  let failed = false
  for await (const finding of examinePlugin(resolve(directory, folder ?? '.'), directory, options)) {
    failed ||= finding.level === 'fail'
    process.stdout.write(`${findingLine(finding)}\n`)
  }
  return failed ? 1 : 0
}

/** In the order in which it matters; ends at what makes the rest impossible. */
async function* examinePlugin(folder: string, directory: string, { against }: CheckOptions): AsyncGenerator<Finding> {
  const found = await findIn(folder)
  if ('problem' in found) return yield fail('manifest', found.problem)
  const { name, version, apiVersion } = found.manifest
  yield ok('manifest', `${name} ${version}, written for version ${apiVersion} of the plugin API`)
  const loaded = await attempt(() => loadCode(found, false))
  if ('problem' in loaded) return yield fail('code', loaded.problem)
  yield ok('code', 'it loads, and asks for nothing that its manifest does not')
  const files = sourcesOf(found)
  yield* lintRights(loaded, files.map(({ text }) => text).join('\n'))
  for (const { path, text } of files) for (const { line, message } of checkSource(text)) yield warn('source', `${path}:${line} ${message}`)
  const schema = await attempt(() => schemaWith(folder))
  if ('problem' in schema) return yield fail('schema', schema.problem)
  yield ok('schema', 'a server has it enabled')
  if (against === 'none') return
  const earlier = await earlierVersion(packageName(folder), against, directory)
  if (!earlier) return yield warn('schema', `${packageName(folder)} is not published: there is nothing to compare with. Name an earlier version by --against.`)
  try {
    const before = await findIn(earlier.folder)
    if ('problem' in before) return yield warn('schema', `the earlier version is no plugin: ${before.problem}`)
    const its = await attempt(() => schemaWith(earlier.folder))
    if ('problem' in its) return yield warn('schema', `the earlier version cannot be enabled any more: ${its.problem}`)
    yield* compareVersions({ manifest: before.manifest, schema: its }, { manifest: found.manifest, schema })
  } finally {
    earlier.remove()
  }
}

interface Problem {
  readonly problem: string
}

async function attempt<T extends object>(work: () => Promise<T>): Promise<T | Problem> {
  try {
    return await work()
  } catch (error) {
    return { problem: (error as Error).message }
  }
}

async function findIn(folder: string): Promise<FoundPlugin | Problem> {
  const { plugins, problems } = await discover({ builtIn: [], packages: [], paths: [folder], directory: folder })
  const [found] = plugins.values()
  return found ?? { problem: [...problems.values()][0] ?? new PluginProblem('nothing is there').message }
}

function packageName(folder: string): string {
  const { name } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { name?: unknown }
  if (typeof name !== 'string') throw new StartupError(`The package.json of ${folder} has no name.`)
  return name
}

/** The compiled code below the folder of the entry, dependencies left out. */
function sourcesOf({ place }: FoundPlugin): { readonly path: string; readonly text: string }[] {
  if (!('folder' in place)) return []
  const root = join(place.folder, dirname(place.entry))
  const paths = readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.m?js$/.test(entry.name))
    .map((entry) => relative(place.folder, join(entry.parentPath, entry.name)))
    .filter((path) => !/(^|[/\\])(node_modules|test|\.guanxi)[/\\]/.test(path))
  return paths.sort().map((path) => ({ path, text: readFileSync(join(place.folder, path), 'utf8') }))
}
