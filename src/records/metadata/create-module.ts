import type { FieldType } from '../../entities/metadata.ts'
import { GuanxiError, type Issue, listed, say, validationFailed } from '../../errors/index.ts'
import { createModuleTable } from '../migrations/module-table.ts'
import { FIRST_CUSTOM_NUMBER } from '../registry/index.ts'
import type { MetadataChange } from './change.ts'
import { createFields, type NewField } from './create-fields.ts'
import type { FieldInput, ModuleInput } from './field-input.ts'
import { humanised, localizedText } from './localized.ts'
import { usualFields } from './module-kinds.ts'
import { checkModuleNames, type KernelNames } from './names.ts'
import { MODULE_KINDS, type ModuleKind, type StoredModule } from './stored.ts'
import type { Workspace } from './workspace.ts'

/** Custom modules that an organisation may have. */
const MODULES = 500

/** Two bytes of each record's id hold the number of its module. */
const LAST_NUMBER = 65_535

const NAMING: readonly FieldType[] = ['TEXT', 'AUTO_NUMBER', 'EMAIL', 'LONG_TEXT', 'URL', 'SELECT']

type Path = readonly (string | number)[]

export interface ModuleSite {
  readonly kernel: KernelNames
  readonly currency: string
}

/** Makes a module with its table and fields. Throws VALIDATION_FAILED with all issues, DUPLICATE for a name that is taken, LIMIT_EXCEEDED. */
export async function createModule(change: MetadataChange, input: ModuleInput, site: ModuleSite, path: Path): Promise<StoredModule> {
  const fields = fieldsOf(input, kindOf(input) ?? 'plain')
  const module = await makeModule(
    change,
    input,
    fields.map(({ field }) => field),
    site,
    path,
  )
  const { name, number, table, nameField } = module
  const made = fields.map(
    ({ field, at }): NewField => ({
      module: { name, number, table },
      input: withNameSearch(field, nameField),
      path: at === null ? path : [...path, 'fields', at],
    }),
  )
  await createFields(change, made, site.currency)
  change.workspace.put({ module })
  return module
}

/**
 * Makes a module and its table, still without its fields; while they are checked they refer to it, so the workspace has it without its naming field.
 * Whoever makes them puts what this answers into the workspace when they are there.
 */
export async function makeModule(
  change: MetadataChange,
  input: ModuleInput,
  fields: readonly FieldInput[],
  { kernel }: ModuleSite,
  path: Path,
): Promise<StoredModule> {
  const { workspace } = change
  checkModuleLimit(workspace)
  const issues: Issue[] = []
  checkModuleNames(input, workspace.registry, kernel, path, issues, change.owner?.builtIn === true)
  const kind = kindOf(input)
  if (!kind) issues.push({ path: [...path, 'kind'], code: 'OPTION', message: say`kind is one of ${listed(MODULE_KINDS)}.` })
  const nameField = input.nameField ?? usualNameField(fields)
  checkNameField(nameField, fields, path, issues)
  checkAccessParent(input, fields, path, issues)
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
    nameField,
    accessParent: input.accessParent ?? null,
    ownerPlugin: change.owner?.plugin ?? null,
    kind: kind ?? 'plain',
    position: input.position ?? workspace.modules.reduce((most, { position }) => Math.max(most, position), 0) + 1,
    state: 'active',
    deletedAt: null,
  }
  workspace.put({ module: { ...module, nameField: 'id', accessParent: null } })
  createTable(change, module)
  change.touched.push(module.name)
  // The column's default goes along, without being what gives the numbers: what it gave away once would be lost with each dry run.
  change.rows.push({ text: `SELECT setval('custom_module_number', $1)`, values: [number], purpose: 'platform' })
  change.rows.push({
    text: `INSERT INTO custom_module (id, number, name, plural_name, label, plural_label, table_name, name_field, kind, position, state, created_at, created_by, owner_plugin, access_parent)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'active', $11, $12, $13, $14)`,
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
      module.ownerPlugin,
      module.accessParent,
    ],
    purpose: 'platform',
  })
  return module
}

/** Undefined for a word that is no kind. */
export function kindOf({ kind }: Pick<ModuleInput, 'kind'>): ModuleKind | undefined {
  return MODULE_KINDS.find((each) => each === (kind ?? 'plain').toLowerCase())
}

/** Throws LIMIT_EXCEEDED where there is no room for one more. */
export function checkModuleLimit({ modules }: Workspace): void {
  const active = modules.filter(({ state }) => state === 'active').length
  if (active >= MODULES)
    throw new GuanxiError('LIMIT_EXCEEDED', say`There are ${active} custom modules; ${MODULES} are allowed. Delete one first.`, { limit: MODULES })
}

/** The kind's fields first, where the input has none of the same name. */
function fieldsOf(input: ModuleInput, kind: StoredModule['kind']): { field: FieldInput; at: number | null }[] {
  const own = (input.fields ?? []).map((field, at) => ({ field, at }))
  const usual = usualFields(kind, input.name, input.fields ?? []).map((field) => ({ field, at: null }))
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

/** The field called `name`, else the first text; the id where there is none. */
function usualNameField(fields: readonly FieldInput[]): string {
  const namable = fields.filter(({ type }) => NAMING.includes(type))
  const byType = NAMING.map((type) => namable.find((field) => field.type === type)).find((field) => field !== undefined)
  return (namable.find(({ name }) => name === 'name') ?? byType)?.name ?? 'id'
}

/** What a module's records are called by must be a text of theirs. Adds an issue. */
export function checkNameField(nameField: string, fields: Iterable<Pick<FieldInput, 'name' | 'type'>>, path: Path, issues: Issue[]): void {
  if (nameField === 'id' || [...fields].some(({ name, type }) => name === nameField && NAMING.includes(type))) return
  issues.push({
    path: [...path, 'nameField'],
    code: 'UNKNOWN',
    message: say`nameField must name a text field of the module; ${JSON.stringify(nameField.slice(0, 60))} is none.`,
  })
}

/** What decides about rights must be there in every record. Adds an issue. */
function checkAccessParent({ accessParent }: ModuleInput, fields: readonly FieldInput[], path: Path, issues: Issue[]): void {
  if (accessParent == null) return
  const parent = fields.find(({ name }) => name === accessParent)
  if (parent?.type === 'REFERENCE' && parent.required === true && parent.reference?.module !== '*') return
  const message = say`accessParent must name a required REFERENCE of the module; ${JSON.stringify(accessParent.slice(0, 60))} is none.`
  issues.push({ path: [...path, 'accessParent'], code: 'UNKNOWN', message })
}

/** What people call a record is what they search it by. */
export function withNameSearch(field: FieldInput, nameField: string): FieldInput {
  return field.name === nameField && field.searchable == null && ['TEXT', 'EMAIL', 'URL', 'AUTO_NUMBER'].includes(field.type)
    ? { ...field, searchable: true }
    : field
}

function createTable({ schema }: MetadataChange, { table }: StoredModule): void {
  schema.create(table, createModuleTable({ table, columns: [] }))
  schema.alter(table, `ADD CONSTRAINT ${table}_owner_id_fkey FOREIGN KEY (owner_id) REFERENCES public.users (id)`, 'users')
  schema.alter(table, `ADD CONSTRAINT ${table}_team_id_fkey FOREIGN KEY (team_id) REFERENCES public.teams (id)`, 'teams')
}

/**
 * Numbers are permanent: those of modules that are gone for good stay taken, since their rows stay. Changes of metadata come one after another, so the
 * next one is free; what is not kept after all, as in a dry run, uses none up.
 */
async function nextNumber({ transaction, workspace }: MetadataChange): Promise<number> {
  const [row] = await transaction.query<{ last: number }>({ text: 'SELECT coalesce(max(number), 0)::int AS last FROM custom_module', purpose: 'platform' })
  const number = workspace.modules.reduce((most, each) => Math.max(most, each.number), Math.max(row?.last ?? 0, FIRST_CUSTOM_NUMBER - 1)) + 1
  if (number > LAST_NUMBER) throw new GuanxiError('LIMIT_EXCEEDED', say`All numbers of custom modules have been given away.`, { limit: LAST_NUMBER })
  return number
}
