import type { FieldType } from '../../entities/metadata.ts'
import { GuanxiError, type Issue, validationFailed } from '../../errors/index.ts'
import { createModuleTable } from '../migrations/module-table.ts'
import type { MetadataChange } from './change.ts'
import { createFields, type NewField } from './create-fields.ts'
import type { FieldInput, ModuleInput } from './field-input.ts'
import { humanised, localizedText } from './localized.ts'
import { KIND_FIELDS } from './module-kinds.ts'
import { checkModuleNames, type KernelNames } from './names.ts'
import { MODULE_KINDS, type StoredModule } from './stored.ts'
import type { Workspace } from './workspace.ts'

/** Custom modules that an organisation may have. */
const MODULES = 500

const NAMING: readonly FieldType[] = ['TEXT', 'AUTO_NUMBER', 'EMAIL', 'LONG_TEXT', 'URL', 'SELECT']

type Path = readonly (string | number)[]

export interface ModuleSite {
  readonly kernel: KernelNames
  readonly currency: string
}

/** Makes a module with its table and fields. Throws VALIDATION_FAILED with all issues, DUPLICATE for a name that is taken, LIMIT_EXCEEDED. */
export async function createModule(change: MetadataChange, input: ModuleInput, { kernel, currency }: ModuleSite, path: Path): Promise<StoredModule> {
  const { workspace } = change
  checkModuleLimit(workspace)
  const issues: Issue[] = []
  checkModuleNames(input, workspace.registry, kernel, path, issues)
  const kind = MODULE_KINDS.find((each) => each === (input.kind ?? 'plain').toLowerCase())
  if (!kind) issues.push({ path: [...path, 'kind'], code: 'OPTION', message: `kind is one of ${MODULE_KINDS.join(', ')}.` })
  const fields = fieldsOf(input, kind ?? 'plain')
  const nameField = nameFieldOf(input, fields, path, issues)
  const label = localizedText(input.label, input.labels, 200, path, 'label', issues) ?? { en: humanised(input.name) }
  const pluralLabel = localizedText(input.pluralLabel, input.pluralLabels, 200, path, 'pluralLabel', issues) ?? {
    en: humanised(input.pluralName),
    ...(label['zh-CN'] !== undefined && { 'zh-CN': label['zh-CN'] }),
  }
  if (issues.length > 0) throw validationFailed(issues)
  const number = await nextNumber(change)
  const module: StoredModule = {
    id: change.newId(),
    number,
    name: input.name,
    pluralName: input.pluralName,
    label,
    pluralLabel,
    table: `m_${number}`,
    nameField: 'id',
    accessParent: null,
    ownerPlugin: null,
    kind: kind ?? 'plain',
    position: input.position ?? workspace.modules.reduce((most, { position }) => Math.max(most, position), 0) + 1,
    state: 'active',
    deletedAt: null,
  }
  // Its fields refer to it while they are checked; what names its records is among them.
  workspace.put({ module })
  createTable(change, module)
  change.touched.push(module.name)
  const named = { ...module, nameField }
  change.rows.push({
    text: `INSERT INTO custom_module (id, number, name, plural_name, label, plural_label, table_name, name_field, kind, position, state, created_at, created_by)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'active', $11, $12)`,
    values: [
      module.id,
      number,
      module.name,
      module.pluralName,
      label,
      pluralLabel,
      module.table,
      nameField,
      module.kind,
      module.position,
      change.at,
      change.userId,
    ],
    purpose: 'platform',
  })
  const made = fields.map(
    ({ field, at }): NewField => ({
      module: { name: module.name, number, table: module.table },
      input: withNameSearch(field, nameField),
      path: at === null ? path : [...path, 'fields', at],
    }),
  )
  await createFields(change, made, currency)
  workspace.put({ module: named })
  return named
}

/** Throws LIMIT_EXCEEDED where there is no room for one more. */
export function checkModuleLimit({ modules }: Workspace): void {
  const active = modules.filter(({ state }) => state === 'active').length
  if (active >= MODULES)
    throw new GuanxiError('LIMIT_EXCEEDED', `There are ${active} custom modules; ${MODULES} are allowed. Delete one first.`, { limit: MODULES })
}

/** The kind's fields first, where the input has none of the same name. */
function fieldsOf(input: ModuleInput, kind: StoredModule['kind']): { field: FieldInput; at: number | null }[] {
  const own = (input.fields ?? []).map((field, at) => ({ field, at }))
  const names = new Set(own.map(({ field }) => field.name))
  const usual = KIND_FIELDS[kind].filter(({ name }) => !names.has(name)).map((field) => ({ field, at: null }))
  const fields = [...usual, ...own]
  const namable = fields.some(({ field }) => NAMING.includes(field.type))
  return namable
    ? fields
    : [
        {
          field: {
            name: 'name',
            type: 'TEXT',
            labels: [
              { locale: 'en', text: 'Name' },
              { locale: 'zh-CN', text: '名称' },
            ],
          },
          at: null,
        },
        ...fields,
      ]
}

/** As given, else the field called `name`, else the first text. */
function nameFieldOf({ nameField }: ModuleInput, fields: readonly { field: FieldInput }[], path: Path, issues: Issue[]): string {
  const namable = fields.filter(({ field }) => NAMING.includes(field.type)).map(({ field }) => field)
  if (nameField != null) {
    if (!namable.some(({ name }) => name === nameField))
      issues.push({
        path: [...path, 'nameField'],
        code: 'UNKNOWN',
        message: `nameField must name a text field of the module; ${JSON.stringify(nameField.slice(0, 60))} is none.`,
      })
    return nameField
  }
  const byType = NAMING.map((type) => namable.find((field) => field.type === type)).find((field) => field !== undefined)
  return (namable.find(({ name }) => name === 'name') ?? byType)?.name ?? 'id'
}

/** What people call a record is what they search it by. */
function withNameSearch(field: FieldInput, nameField: string): FieldInput {
  return field.name === nameField && field.searchable == null && ['TEXT', 'EMAIL', 'URL', 'AUTO_NUMBER'].includes(field.type)
    ? { ...field, searchable: true }
    : field
}

function createTable({ schema }: MetadataChange, { table }: StoredModule): void {
  schema.create(table, createModuleTable({ table, columns: [] }))
  schema.alter(table, `ADD CONSTRAINT ${table}_owner_id_fkey FOREIGN KEY (owner_id) REFERENCES public.users (id)`, 'users')
  schema.alter(table, `ADD CONSTRAINT ${table}_team_id_fkey FOREIGN KEY (team_id) REFERENCES public.teams (id)`, 'teams')
}

async function nextNumber({ transaction }: MetadataChange): Promise<number> {
  const [row] = await transaction.query<{ number: number }>({ text: `SELECT nextval('custom_module_number')::int AS number`, purpose: 'platform' })
  return (row as { number: number }).number
}
