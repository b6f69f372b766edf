import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { TestClient } from '../support/client.ts'

export { eventually } from '../../src/testing/eventually.ts'

/** The well-behaved plugin. */
export const WARRANTY = fileURLToPath(new URL('./fixtures/warranty', import.meta.url))

export const PLUGINS = '{ plugins { name version available state lastError capabilities settingsSchema settings permissions { name roles } } }'

const STEP = (name: string) => `mutation ($name: String!) { ${name}(name: $name) { plugin { name state version lastError } } }`

/** Calls one of `enablePlugin`, `disablePlugin` …; answers the plugin. */
export async function step(client: TestClient, mutation: string, name: string) {
  const data = await client.data(STEP(mutation), { name })
  return data[mutation].plugin
}

/** Likewise, for what is refused: the first error. */
export async function refusedStep(client: TestClient, mutation: string, name: string) {
  const { errors } = await client.send(STEP(mutation), { name })
  return errors[0]
}

export async function pluginNamed(client: TestClient, name: string) {
  const { plugins } = await client.data(PLUGINS)
  return plugins.find((plugin: { readonly name: string }) => plugin.name === name)
}

/** A plugin that a test writes: its manifest, and the members of its definition as code. */
export interface WrittenPlugin {
  readonly name: string
  readonly version?: string
  readonly manifest?: object
  readonly definition?: string
  /** Before the definition. */
  readonly prelude?: string
  /** Further files, by name. */
  readonly files?: Readonly<Record<string, string>>
  /** The text of package.json, where it is not to be JSON. */
  readonly raw?: string
}

/** A folder for plugins that a test writes; `remove` takes it away. */
export function pluginFolder() {
  const root = mkdtempSync(join(tmpdir(), 'guanxi-plugins-'))
  return {
    root,
    remove: () => rmSync(root, { recursive: true, force: true }),
    /** Answers the plugin's folder. */
    write: ({ name, version = '1.0.0', manifest = {}, definition = '', prelude = '', files = {}, raw }: WrittenPlugin): string => {
      const folder = join(root, name)
      mkdirSync(folder, { recursive: true })
      const content = { name: `guanxi-${name}`, version, type: 'module', guanxi: { name, apiVersion: '^1.0.0', entry: './index.js', ...manifest } }
      writeFileSync(join(folder, 'package.json'), raw ?? JSON.stringify(content))
      const said = `name: ${JSON.stringify(name)}, version: ${JSON.stringify(version)}, apiVersion: ${JSON.stringify((content.guanxi as { apiVersion: string }).apiVersion)}`
      writeFileSync(join(folder, 'index.js'), `${prelude}\nexport default { [Symbol.for('guanxi.plugin')]: true, ${said}, ${definition} }\n`)
      for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, file), text)
      return folder
    },
  }
}
