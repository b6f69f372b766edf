import type { MetadataChange } from '../../records/metadata/index.ts'
import type { FieldDescription } from '../api/index.ts'
import type { LoadedPlugin } from './load-code.ts'
import { PluginProblem } from './manifest.ts'

/** What a plugin builds on: a module, or a field of one, and what of it does so. */
interface Use {
  readonly what: string
  readonly module: string
  readonly field?: string
}

/**
 * Throws PluginProblem where a plugin builds on modules or fields that another one brings, and does not say that it depends on that: it would be broken whenever the other is switched off. Likewise where it judges,
 * follows or refers to what is not there at all, unless an optional dependency may bring it.
 */
export function refuseUndeclaredNeeds(loaded: LoadedPlugin, workspace: MetadataChange['workspace']): void {
  const { modules, fields, registry } = workspace
  const { name, dependsOn, capabilities } = loaded.manifest
  const own = new Set((loaded.definition.modules ?? []).map((module) => module.name))
  const declares = (owner: string | null | undefined): boolean => owner == null || owner === name || Object.hasOwn(dependsOn, owner)
  const mayCome = Object.values(dependsOn).some((wanted) => typeof wanted === 'object')
  const refuse = (use: Use, thing: string, owner: string): never => {
    throw new PluginProblem(
      `The plugin ${name} builds on ${thing} of the plugin ${owner} (${use.what}). Name ${owner} in its dependsOn, with the versions that it is written for.`,
    )
  }
  const asked = [...Object.keys(capabilities.modules ?? {}), ...(capabilities.events ?? [])].map(
    (module): Use => ({ what: `its capabilities name ${module}`, module }),
  )
  const built = usesOf(loaded.definition)
  for (const use of [...built, ...asked]) {
    if (own.has(use.module) || use.module === '*') continue
    // What is there counts, and else what was there: the plugin that brought it may be switched off.
    const live = registry.modules.get(use.module)
    const module = modules.find((each) => (live ? each.number === live.number : each.name === use.module))
    if (module && !declares(module.ownerPlugin)) refuse(use, `the module ${use.module}`, module.ownerPlugin as string)
    if (!live && !mayCome && built.includes(use))
      throw new PluginProblem(
        `The plugin ${name} builds on ${String(use.module).slice(0, 60)}, which is no module here (${use.what}). If a plugin brings it, name that in dependsOn.`,
      )
    const liveField = live?.fields.get(use.field ?? '')
    const field = fields.find((each) => (liveField ? each.id === liveField.id : each.name === use.field && workspace.holderOf(each)?.name === use.module))
    if (field && !declares(field.ownerPlugin)) refuse(use, `the field ${use.module}.${use.field}`, field.ownerPlugin as string)
  }
}

function usesOf({
  modules = [],
  fields = [],
  before = [],
  guards = [],
  after = [],
  validations = [],
  timers = [],
  transitions = {},
  computed = [],
  events = [],
}: LoadedPlugin['definition']): Use[] {
  const referring = ({ name, reference }: Pick<FieldDescription, 'name' | 'reference'>, module: string): Use[] =>
    reference ? [{ what: `the reference ${module}.${name}`, module: reference.module }] : []
  return [
    ...modules.flatMap(({ name, fields: all }) => all.flatMap((field) => referring(field, name))),
    ...fields.flatMap((field) => [{ what: `its field ${field.module}.${field.name}`, module: field.module }, ...referring(field, field.module)]),
    ...[...before, ...guards, ...after].map(({ module }) => ({ what: `a hook on ${module}`, module })),
    ...validations.map(({ module, code }) => ({ what: `the validation ${code}`, module })),
    ...timers.map(({ module, name }) => ({ what: `its timer ${name}`, module })),
    ...Object.keys(transitions).map((key) => {
      const [module, field] = key.split('.') as [string, string]
      return { what: `transitions of ${key}`, module, field }
    }),
    ...computed.flatMap(({ module, name, needs }) => needs.map((field) => ({ what: `its computed field ${module}.${name}`, module, field }))),
    ...computed.map(({ module, name }) => ({ what: `its computed field ${module}.${name}`, module })),
    ...events.flatMap(({ name, modules: followed }) => followed.map((module) => ({ what: `its handler ${name}`, module }))),
  ]
}
