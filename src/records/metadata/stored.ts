import type { FieldMetadata, FieldType, LocalizedText } from '../../entities/metadata.ts'
import type { Epochs } from '../access/policy.ts'
import type { Executor } from '../database.ts'
import type { EnabledPlugin } from '../registry/index.ts'

/** What brings a custom module its usual fields when it is made. */
export const MODULE_KINDS = ['plain', 'person', 'company', 'event', 'document'] as const
export type ModuleKind = (typeof MODULE_KINDS)[number]

/** `withheld`: its plugin is not enabled. */
export type StoredState = 'active' | 'withheld' | 'deleted' | 'purged'

/** A row of `custom_module`. */
export interface StoredModule {
  readonly id: string
  readonly number: number
  readonly name: string
  readonly pluralName: string
  readonly label: LocalizedText
  readonly pluralLabel: LocalizedText
  readonly table: string
  readonly nameField: string
  readonly accessParent: string | null
  readonly ownerPlugin: string | null
  readonly kind: ModuleKind
  readonly position: number
  readonly state: StoredState
  /** RFC 3339; set while it is deleted. */
  readonly deletedAt: string | null
}

/** What a field's row keeps in `parameters`: all of its metadata that has no column of its own. */
export type FieldParameters = Omit<FieldMetadata, 'id' | 'ordinal' | 'name' | 'aliases' | 'type' | 'label' | 'column' | 'extension' | 'keyUnavailable'>

export type IndexKind = 'order' | 'unique' | 'search' | 'reference'

/** An index that a field asks for. */
export interface StoredIndex {
  readonly name: string
  readonly kind: IndexKind
  readonly state: 'building' | 'ready' | 'failed'
  readonly failure: string | null
}

/** A row of `custom_field` with its indexes. */
export interface StoredField {
  readonly id: string
  /** The database gives it to the row; absent before. */
  readonly ordinal?: number
  readonly moduleNumber: number
  readonly name: string
  readonly aliases: readonly string[]
  readonly type: FieldType
  readonly label: LocalizedText
  readonly parameters: FieldParameters
  readonly column: string
  readonly extension: number
  readonly position: number
  readonly ownerPlugin: string | null
  readonly state: StoredState
  readonly deletedAt: string | null
  readonly indexes: readonly StoredIndex[]
}

/** Everything that is stored about run-time modules and fields, of one snapshot. Purged ones are left out. */
export interface StoredMetadata {
  readonly epochs: Epochs
  readonly modules: readonly StoredModule[]
  readonly fields: readonly StoredField[]
  /** Plugins that are enabled; none unless given. */
  readonly plugins?: readonly EnabledPlugin[]
}

const READ = `SELECT e.schema_epoch::int AS schema, e.access_epoch::int AS access,
  coalesce((SELECT json_agg(json_build_object('id', m.id, 'number', m.number, 'name', m.name, 'pluralName', m.plural_name, 'label', m.label, 'pluralLabel', m.plural_label,
    'table', m.table_name, 'nameField', m.name_field, 'accessParent', m.access_parent, 'ownerPlugin', m.owner_plugin, 'kind', m.kind, 'position', m.position,
    'state', m.state, 'deletedAt', guanxi_time(m.deleted_at)) ORDER BY m.position, m.number) FROM custom_module m WHERE m.state <> 'purged'), '[]') AS modules,
  coalesce((SELECT json_agg(json_build_object('id', f.id, 'ordinal', f.ordinal, 'moduleNumber', f.module_number, 'name', f.name, 'aliases', f.aliases, 'type', f.type, 'label', f.label,
    'parameters', f.parameters, 'column', f.column_name, 'extension', f.extension, 'position', f.position, 'ownerPlugin', f.owner_plugin, 'state', f.state,
    'deletedAt', guanxi_time(f.deleted_at), 'indexes', coalesce((SELECT json_agg(json_build_object('name', i.name, 'kind', i.kind, 'state', i.state, 'failure', i.failure) ORDER BY i.kind)
      FROM custom_index i WHERE i.field_id = f.id), '[]')) ORDER BY f.position, f.created_at, f.name) FROM custom_field f WHERE f.state <> 'purged'), '[]') AS fields,
  coalesce((SELECT json_agg(json_build_object('name', p.name, 'version', p.version, 'settings', p.settings, 'permissions', p.permissions, 'judges', p.judges, 'members', p.members,
    'userId', p.user_id) ORDER BY p.name) FROM plugin p WHERE p.state = 'enabled'), '[]') AS plugins
  FROM epoch e`

/** Reads all of it in one statement, so that epochs and rows are of one snapshot. */
export async function readMetadata(executor: Executor): Promise<StoredMetadata> {
  const [row] = await executor.query<Epochs & Pick<StoredMetadata, 'modules' | 'fields' | 'plugins'>>({ text: READ, purpose: 'platform' })
  const { schema = 0, access = 0, modules = [], fields = [], plugins = [] } = row ?? {}
  return { epochs: { schema, access }, modules, fields, plugins }
}
