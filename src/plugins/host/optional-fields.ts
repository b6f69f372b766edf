import { applyPlugin, holdFields, type MetadataChange, type ModuleSite, type PluginSchema } from '../../records/metadata/index.ts'
import type { FieldDescription, OptionalField } from '../api/index.ts'
import { enabledOf } from './check-fit.ts'
import type { CodeStore } from './code-store.ts'
import type { LoadedPlugin } from './load-code.ts'
import type { PluginRow } from './plugin-rows.ts'
import { grantLevels } from './service-user.ts'

/** What a plugin brings while these others are enabled. */
export function schemaBeside({ definition }: Pick<LoadedPlugin, 'definition'>, enabled: ReadonlySet<string>): PluginSchema {
  const { modules = [], fields = [] } = definition
  const isThere = ({ whenPlugin }: OptionalField) => whenPlugin === undefined || enabled.has(whenPlugin)
  const described = <Field extends OptionalField & Pick<FieldDescription, 'levels'>>({ whenPlugin: _, levels: __, ...field }: Field) => field
  const held = [
    ...modules.flatMap(({ name, fields: own }) => own.filter((field) => !isThere(field)).map((field) => ({ module: name, name: field.name }))),
    ...fields.filter((field) => !isThere(field)).map(({ module, name }) => ({ module, name })),
  ]
  return {
    modules: modules.map((module) => ({ ...module, fields: module.fields.filter(isThere).map(described) })),
    fields: fields.filter(isThere).map(described),
    held,
  }
}

/** Fields that a plugin has brought until now, as `<module>.<field>`. */
export function fieldsOfPlugin(workspace: MetadataChange['workspace'], plugin: string): ReadonlySet<string> {
  const own = workspace.fields.filter(({ ownerPlugin, state }) => ownerPlugin === plugin && state !== 'purged')
  return new Set(own.map((field) => `${workspace.holderOf(field)?.name}.${field.name}`))
}

/** Enabled plugins some of whose fields are there only while this one is. */
function beside(name: string, rows: ReadonlyMap<string, PluginRow>, codes: Pick<CodeStore, 'loaded'>): LoadedPlugin[] {
  return [...enabledOf(rows)].flatMap(([each, { version }]) => {
    const loaded = each === name ? undefined : codes.loaded(each, version)
    return loaded && optionalFields(loaded).some(({ whenPlugin }) => whenPlugin === name) ? [loaded] : []
  })
}

function optionalFields({ definition: { modules = [], fields = [] } }: LoadedPlugin): readonly OptionalField[] {
  return [...modules.flatMap((module) => module.fields), ...fields]
}

/** Fields of others that wait for a plugin come with it: those of plugins that are enabled already. */
export async function bringOptionalFields(
  change: MetadataChange,
  name: string,
  rows: ReadonlyMap<string, PluginRow>,
  { codes, site }: { readonly codes: Pick<CodeStore, 'loaded'>; readonly site: ModuleSite },
): Promise<void> {
  const enabled = new Set([...enabledOf(rows).keys(), name])
  for (const loaded of beside(name, rows, codes)) {
    const owner = { plugin: loaded.manifest.name, builtIn: loaded.builtIn }
    const known = fieldsOfPlugin(change.workspace, owner.plugin)
    await applyPlugin(change, owner, schemaBeside(loaded, enabled), site)
    await grantLevels(change.transaction, loaded, change.workspace.registry, (field) => !known.has(field))
  }
}

/** They go with it, and keep their values. */
export function withholdOptionalFields(change: MetadataChange, name: string, rows: ReadonlyMap<string, PluginRow>, codes: Pick<CodeStore, 'loaded'>): void {
  const enabled = new Set([...enabledOf(rows).keys()].filter((each) => each !== name))
  for (const loaded of beside(name, rows, codes)) holdFields(change, loaded.manifest.name, schemaBeside(loaded, enabled).held ?? [])
}
