import type { GraphQLSchema } from 'graphql'
import semver from 'semver'
import { say } from '../../errors/index.ts'
import type { Registry } from '../../records/registry/index.ts'
import type { CodeStore } from './code-store.ts'
import { checkAddition, readAddition } from './graphql-part.ts'
import type { LoadedPlugin } from './load-code.ts'
import { PluginProblem } from './manifest.ts'
import { needsOf } from './order.ts'
import type { PluginRow } from './plugin-rows.ts'

/** Rows of plugins that are enabled. */
export function enabledOf(rows: ReadonlyMap<string, PluginRow>): ReadonlyMap<string, PluginRow> {
  return new Map([...rows].filter(([, { state }]) => state === 'enabled'))
}

/** By the registry that will hold: somebody else may have made a field meanwhile. Throws PluginProblem. */
export function refuseTakenMembers({ manifest, definition: { computed = [] } }: LoadedPlugin, registry: Registry): void {
  const taken = computed.find(({ module, name }) => registry.modules.get(module)?.fields.has(name) || registry.modules.get(module)?.inverses.has(name))
  if (taken) throw new PluginProblem(say`The plugin ${manifest.name} adds the computed field ${taken.module}.${taken.name}, which is a field already.`)
}

/** Enabled plugins that cannot do without this one, and those that cannot do without them. */
export function neededBy(name: string, rows: ReadonlyMap<string, PluginRow>, codes: CodeStore): string[] {
  const found = new Set<string>()
  const visit = (needed: string): void => {
    for (const [each, { version }] of enabledOf(rows)) {
      const manifest = codes.loaded(each, version)?.manifest
      if (found.has(each) || !manifest || !needsOf(manifest).some((need) => need.name === needed && !need.optional)) continue
      found.add(each)
      visit(each)
    }
  }
  visit(name)
  return [...found]
}

export function refuseWhileNeeded(name: string, rows: ReadonlyMap<string, PluginRow>, codes: CodeStore): void {
  const [other] = neededBy(name, rows, codes)
  if (other !== undefined) throw new PluginProblem(say`The plugin ${other} needs the plugin ${name}. Disable that first.`)
}

/** Throws where plugins that are enabled are not written for the new version. */
export function refuseMisfits(name: string, version: string, rows: ReadonlyMap<string, PluginRow>, codes: CodeStore): void {
  for (const [each, row] of enabledOf(rows)) {
    const manifest = codes.loaded(each, row.version)?.manifest
    const need = manifest && needsOf(manifest).find((other) => other.name === name)
    if (need && !semver.satisfies(version, need.version))
      throw new PluginProblem(say`The plugin ${each} needs the plugin ${name} in version ${need.version}; ${version} does not fit. Upgrade that first.`)
  }
}

/** Throws PluginProblem where what the plugin adds to the schema meets something of others, by the schema of now and the modules that it brings itself. */
export function checkSchema(
  loaded: LoadedPlugin,
  registry: Registry,
  { served, codes }: { readonly served: () => GraphQLSchema; readonly codes: CodeStore },
): void {
  const { definition, manifest } = loaded
  const standing = registry.plugins.find(({ name }) => name === manifest.name)
  const before = standing && codes.loaded(standing.name, standing.version)
  const own = (definition.modules ?? []).map(({ name }) => name)
  checkAddition(manifest.name, readAddition(loaded), {
    served: served(),
    registry,
    before: before && readAddition(before),
    brought: definition.modules ?? [],
  })
  const known = new Set(before?.definition.computed?.map(({ module, name }) => `${module}.${name}`))
  for (const { module, name, needs } of definition.computed ?? []) {
    const fields = registry.modules.get(module)?.fields
    const brought = [
      ...(definition.modules ?? []).filter((each) => each.name === module).flatMap((each) => each.fields),
      ...(definition.fields ?? []).filter((each) => each.module === module),
    ]
    const has = (field: string): boolean => fields?.has(field) === true || brought.some((each) => each.name === field)
    if (!fields && !own.includes(module)) throw new PluginProblem(say`The plugin ${manifest.name} adds the field ${name} to ${module}, which is no module.`)
    const isTaken = registry.modules.get(module)?.members?.includes(name) === true && !known.has(`${module}.${name}`)
    if (has(name) || isTaken || registry.modules.get(module)?.inverses.has(name))
      throw new PluginProblem(say`The plugin ${manifest.name} adds the computed field ${module}.${name}, which is a field already.`)
    const missing = needs.find((need) => !has(need) && need !== 'id')
    if (missing !== undefined)
      throw new PluginProblem(say`The computed field ${module}.${name} of the plugin ${manifest.name} needs ${missing}, which is no field.`)
  }
}
