import { isDeepStrictEqual } from 'node:util'
import { say } from '../../errors/index.ts'
import { applyPlugin, type MetadataChange, type ModuleSite } from '../../records/metadata/index.ts'
import { enabledOf, refuseTakenMembers } from './check-fit.ts'
import type { CodeStore } from './code-store.ts'
import { beginFollowing } from './follow-events.ts'
import { judgedModules } from './hooks.ts'
import type { LoadedPlugin } from './load-code.ts'
import { PluginProblem } from './manifest.ts'
import { bringOptionalFields, fieldsOfPlugin, schemaBeside } from './optional-fields.ts'
import { checkNeeds } from './order.ts'
import { type BegunStep, type PluginRow, readPlugins } from './plugin-rows.ts'
import { grantCapabilities, grantDefaults, grantLevels } from './service-user.ts'
import { refuseUndeclaredNeeds } from './undeclared-needs.ts'

/** What comes into service, and where. */
export interface Coming {
  readonly loaded: LoadedPlugin
  readonly codes: Pick<CodeStore, 'loaded'>
  /** Id of this process. */
  readonly node: string
}

/**
 * All that a version changes in the database when it comes into service, in the transaction of the change: its modules and fields, rights, places of its handlers, and its row, which says what it has to do
 * first. Answers that. Throws PluginProblem where something is in the way.
 */
export async function bringIntoService(change: MetadataChange, site: ModuleSite, { loaded, codes, node }: Coming): Promise<BegunStep> {
  const { manifest } = loaded
  const { name, version, capabilities } = manifest
  const { workspace, transaction, rows } = change
  const stored = await readPlugins(transaction)
  const row = stored.get(name)
  if (!row) throw new PluginProblem(say`The plugin ${name} was purged meanwhile.`)
  const step = nextStep(row, version, node)
  checkNeeds(manifest, new Map([...enabledOf(stored)].map(([each, { version: has }]) => [each, has])))
  const before = new Set(workspace.modules.filter(({ ownerPlugin, state }) => ownerPlugin === name && state !== 'purged').map((module) => module.name))
  const known = fieldsOfPlugin(workspace, name)
  const { modules = [], permissions = [] } = loaded.definition
  refuseUndeclaredNeeds(loaded, workspace)
  const beside = new Set(enabledOf(stored).keys())
  await applyPlugin(change, { plugin: name, builtIn: loaded.builtIn }, schemaBeside(loaded, beside), site)
  await bringOptionalFields(change, name, stored, { codes, site })
  refuseTakenMembers(loaded, workspace.registry)
  await grantDefaults(transaction, loaded, workspace.registry, (module) => !before.has(module))
  await grantLevels(transaction, loaded, workspace.registry, (field) => !known.has(field))
  const brings = modules.some((module) => !before.has(module.name))
  if (brings || !isDeepStrictEqual(row.capabilities, capabilities)) await grantCapabilities(transaction, loaded, workspace.registry)
  await beginFollowing(transaction, name, loaded.definition.events ?? [])
  const kept = Object.fromEntries(permissions.map((each) => [each.name, row.permissions[each.name] ?? each.roles ?? []]))
  change.touched.unshift(`plugin ${name} ${version}`)
  rows.push({
    text: `UPDATE plugin SET state = 'enabled', version = $2, capabilities = $3, permissions = $4, judges = $5, members = $6, step = $7, wanted_version = NULL, last_error = NULL, last_error_at = NULL,
      changed_at = now() WHERE name = $1`,
    values: [
      name,
      version,
      JSON.stringify(capabilities),
      JSON.stringify(kept),
      judgedModules(loaded.definition),
      JSON.stringify(computedNames(loaded)),
      JSON.stringify(step),
    ],
    purpose: 'platform',
  })
  return step
}

/** What is left to do of a step that failed, or was cut off, is done by the version that comes into service next. */
function nextStep({ capabilities, version: before, step }: PluginRow, version: string, node: string): BegunStep {
  if (step) return { ...step, node }
  return capabilities !== null && before !== version ? { kind: 'upgrade', from: before, node } : { kind: 'enable', node }
}

function computedNames({ definition: { computed = [] } }: LoadedPlugin): Readonly<Record<string, readonly string[]>> {
  const modules = [...new Set(computed.map(({ module }) => module))]
  return Object.fromEntries(modules.map((module) => [module, computed.filter((field) => field.module === module).map(({ name }) => name)]))
}
