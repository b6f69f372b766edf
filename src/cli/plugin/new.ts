import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import { StartupError } from '../../errors/index.ts'
import { PLUGIN_API_VERSION } from '../../plugins/api/index.ts'
import { prefixOf, problemWithModule, problemWithName, problemWithPlural, refuseProblem } from './names.ts'
import { PRODUCT_FOLDER, productPackage } from './product-package.ts'

/** As the command line gives them. */
export interface NewPluginOptions {
  readonly description?: string
  readonly module?: string
  readonly plural?: string
  readonly directory?: string
  /** What the package depends on in the place of the published product: a folder, or a packed file. */
  readonly guanxi?: string
  /** Ask nothing. */
  readonly yes?: boolean
}

interface Answers {
  readonly name: string
  readonly description: string
  readonly module: string
  readonly plural: string
}

/** Where questions are asked and answered. */
export interface Terminal {
  readonly input: Readable & { readonly isTTY?: boolean }
  readonly output: Writable
}

const TEMPLATE = join(PRODUCT_FOLDER, 'assets', 'plugin-template')

/** `guanxi plugin new`: a package that compiles, lints and passes its own tests; asks for what is not given where the terminal is one. Throws StartupError, with nothing written, for names that cannot be and a folder that is not empty. */
export async function newPluginCommand(
  directory: string,
  given: string | undefined,
  options: NewPluginOptions,
  terminal: Terminal = { input: process.stdin, output: process.stdout },
): Promise<void> {
  const answers = await answersFor(given, options, terminal)
  if (!answers) return
  const { name, module, plural } = answers
  refuseProblem(problemWithName(name), problemWithModule(module, name), problemWithPlural(plural, name))
  if (module === plural) throw new StartupError('The name of a module and its plural differ: give --plural.')
  const folder = resolve(directory, options.directory ?? name)
  if (existsSync(folder) && readdirSync(folder).length > 0) throw new StartupError(`${folder} is there already and not empty. Choose another --directory.`)
  const guanxi = dependencyOn(options.guanxi, directory, folder)
  writeTemplate(folder, answers, guanxi)
  terminal.output.write(`Made ${relative(directory, folder) || '.'}. Next:\n\n  cd ${relative(directory, folder) || '.'}\n  npm install\n  npm test\n`)
}

/** Asks for what is not given, where somebody is there to answer. Undefined: that somebody has changed their mind. */
async function answersFor(
  given: string | undefined,
  { description, module, plural, yes }: NewPluginOptions,
  { input, output }: Terminal,
): Promise<Answers | undefined> {
  const asks = yes !== true && input.isTTY === true
  if (given === undefined && !asks) throw new StartupError('Name the plugin: guanxi plugin new warranty-claims')
  const { text, isCancel } = await import('@clack/prompts')
  const ask = async (message: string, value: string | undefined, initial: string, validate: (text: string) => string | undefined = () => undefined) => {
    if (value !== undefined || !asks) return value ?? initial
    const answer = await text({ message, initialValue: initial, validate: (typed) => validate(typed ?? ''), input, output })
    if (isCancel(answer)) throw new Cancelled()
    return answer
  }
  try {
    const name = await ask('Name of the plugin', given, 'my-plugin', problemWithName)
    refuseProblem(problemWithName(name))
    const about = await ask('What is it for?', description, `The plugin ${name} for Guanxi.`)
    const first = await ask('Name of its first module', module, `${prefixOf(name)}Item`, (typed) => problemWithModule(typed, name))
    return { name, description: about, module: first, plural: await ask('In the plural', plural, `${first}s`, (typed) => problemWithPlural(typed, name)) }
  } catch (error) {
    if (error instanceof Cancelled) return undefined
    throw error
  }
}

class Cancelled extends Error {}

/** The published product by its version; one from a path by that, as npm writes it. */
function dependencyOn(given: string | undefined, directory: string, folder: string): string {
  if (given === undefined) return `^${productPackage().version}`
  const path = resolve(directory, given)
  if (!existsSync(path)) throw new StartupError(`--guanxi: there is no ${path}. Give the folder of a checkout, or the file that npm pack has made of it.`)
  return `file:${relative(folder, path)}`
}

function writeTemplate(folder: string, { name, description, module, plural }: Answers, guanxi: string): void {
  const { version, dependencies = {}, devDependencies = {} } = productPackage()
  const values: Readonly<Record<string, string>> = {
    NAME: name,
    MODULE: module,
    PLURAL: plural,
    TYPE: module.charAt(0).toUpperCase() + module.slice(1),
    API_VERSION: PLUGIN_API_VERSION,
    PEER: `^${version}`,
    GUANXI: guanxi,
    ZOD: dependencies['zod'] ?? '',
    BIOME: devDependencies['@biomejs/biome'] ?? '',
    TYPESCRIPT: devDependencies['typescript'] ?? '',
    TYPES_NODE: devDependencies['@types/node'] ?? '',
  }
  const fill = (file: string, text: string): string =>
    text.replaceAll(/__([A-Z_]+?)__/g, (whole, key: string) => (key === 'DESCRIPTION' ? asTextOf(file, description) : (values[key] ?? whole)))
  const existed = existsSync(folder)
  try {
    for (const file of templateFiles()) {
      const path = join(folder, file.replace(/(^|\/)_gitignore$/, '$1.gitignore').replace(/(^|\/)_/, '$1'))
      mkdirSync(dirname(path), { recursive: true })
      writeFileSync(path, fill(file, readFileSync(join(TEMPLATE, file), 'utf8')))
    }
  } catch (error) {
    if (!existed) rmSync(folder, { recursive: true, force: true })
    throw error
  }
}

const asTextOf = (file: string, text: string): string => (file.endsWith('.json') ? JSON.stringify(text).slice(1, -1) : text)

function templateFiles(): string[] {
  return readdirSync(TEMPLATE, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(TEMPLATE, join(entry.parentPath, entry.name)))
}
