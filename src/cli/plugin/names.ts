import { StartupError } from '../../errors/index.ts'

const PLUGIN_NAME = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/
const MODULE_NAME = /^[a-z][A-Za-z0-9]{0,46}$/
const LONGEST = 48

/** Why a text cannot name a plugin; undefined where it can. */
export function problemWithName(name: string): string | undefined {
  if (name.length <= LONGEST && PLUGIN_NAME.test(name)) return undefined
  return `The name of a plugin is small letters and digits, with hyphens between, and ${LONGEST} characters at most: warranty-claims.`
}

/** What the names of a plugin's modules begin with. */
export const prefixOf = (name: string): string => name.replaceAll('-', '').slice(0, 16)

/** Why a text cannot name a module of the plugin; undefined where it can. */
export function problemWithModule(module: string, plugin: string): string | undefined {
  const prefix = prefixOf(plugin)
  if (!MODULE_NAME.test(module)) return 'The name of a module begins with a small letter and has 47 letters and digits at most: warrantyClaim.'
  if (new RegExp(`^${prefix}([A-Z0-9]|$)`).test(module)) return undefined
  return `The modules of the plugin ${plugin} begin with ${prefix}, so that they are in nobody's way: ${prefix}Item.`
}

/** Likewise, the plural: `rentals` of a plugin named rental. */
export function problemWithPlural(plural: string, plugin: string): string | undefined {
  const prefix = prefixOf(plugin)
  if (MODULE_NAME.test(plural) && plural.startsWith(prefix)) return undefined
  return `The plural of a module's name is letters and digits, and begins with ${prefix}, as the module does: ${prefix}Items.`
}

/** Throws StartupError for the first text that is a problem. */
export function refuseProblem(...problems: readonly (string | undefined)[]): void {
  const problem = problems.find((each) => each !== undefined)
  if (problem !== undefined) throw new StartupError(problem)
}
