import { columnsOf } from '../../entities/columns.ts'
import { type Issue, validationFailed } from '../../errors/index.ts'
import type { FieldDefinition, ModuleDefinition } from '../registry/index.ts'
import type { MetadataChange } from './change.ts'
import { hasOptions } from './check-options.ts'
import { convertValues, isConvertible, writeConverted } from './convert-values.ts'
import { defineField, type FieldSite, wantedIndexes } from './define-field.ts'
import { expressionsOver } from './dependents.ts'
import { describeField } from './describe-field.ts'
import { addColumns, addRequiredCheck, dropRequiredCheck, type HeldModule } from './field-columns.ts'
import type { FieldInput, NumberingInput } from './field-input.ts'
import { countEmpty, duplicateValues, fillEmpty } from './fill-values.ts'
import { checkFormula, formulaKey } from './formula-key.ts'
import { defaultLiterals, imageOfDefault } from './literal.ts'
import { checkFieldName, refuseHiddenName } from './names.ts'
import { dropIndexes, noteIndexes } from './note-indexes.ts'
import { leaveColumns } from './slots.ts'
import type { StoredField, StoredModule } from './stored.ts'

type Path = readonly (string | number)[]

const TYPE_MEMBERS: ReadonlySet<string> = new Set([
  'min',
  'max',
  'minLength',
  'maxLength',
  'scale',
  'pattern',
  'searchable',
  'default',
  'transitions',
  'options',
])

/** New values of a field's description; what is left out stays, null clears. `aliases`: the earlier names to keep. */
export type FieldPatch = { readonly [member in keyof FieldInput]?: FieldInput[member] | null }

/**
 * Changes a field. Data stays valid: `required` needs values (or a default that fills the gaps), `unique` needs distinct ones, another type needs
 * values that have a form in it; else VALIDATION_FAILED tells how many records stand against it, and nothing changes. An earlier name goes on
 * as an alias.
 */
export async function updateField(change: MetadataChange, before: StoredField, patch: FieldPatch, currency: string, path: Path): Promise<StoredField> {
  const { workspace } = change
  const module = workspace.moduleOf(before) as ModuleDefinition
  const held: HeldModule = { table: module.table, number: module.number }
  const issues: Issue[] = []
  const input = merged(describeField(before, workspace.registry), patch)
  if (input.name !== before.name) {
    checkFieldName(input.name, module, [...path, 'name'], issues, before.id)
    refuseHiddenName(workspace, module, input.name, [...path, 'name'], before.id)
  }
  const aliases = aliasesOf(before, input.name, patch, path, issues)
  checkFixed(before, input, path, issues)
  const site: FieldSite = { workspace, module: { name: module.name, number: module.number }, currency }
  const definition = defineField(input, site, path, issues, before)
  if (issues.length > 0) throw validationFailed(issues)

  let after: StoredField = { ...before, name: input.name, aliases, type: input.type, ...definition, position: input.position ?? before.position }
  const formulas = formulaKeys(change)
  const moves = after.type !== before.type || (after.parameters.unique === true && before.extension > 0)
  workspace.put({ field: after })
  renameInModule(change, module, before, after)
  if (moves) after = await moveValues(change, held, before, after, currency, path)
  await demandValues(change, held, before, after, currency, path)
  await demandDistinct(change, held, before, after, path)
  recheckDependents(change, after, currency, path)
  checkFormula(after, workspace.registry, path, issues)
  if (issues.length > 0) throw validationFailed(issues)
  await changeIndexes(change, held, before, after, moves)
  await rebuildFormulaIndexes(change, formulas, after.id)
  change.touched.push(`${module.name}.${after.name}`)
  change.rows.push({
    text: `UPDATE custom_field SET name = $2, aliases = $3, type = $4, label = $5, parameters = $6, column_name = $7, extension = $8, position = $9 WHERE id = $1`,
    values: [after.id, after.name, after.aliases, after.type, after.label, after.parameters, after.column, after.extension, after.position],
    purpose: 'platform',
  })
  return workspace.field(after.id) as StoredField
}

/** Values of the field that have no form in the type that the patch gives it; null where there are none. Changes nothing. */
export async function previewConversion(change: MetadataChange, before: StoredField, patch: FieldPatch, currency: string, path: Path) {
  const { workspace } = change
  const module = workspace.moduleOf(before) as ModuleDefinition
  const issues: Issue[] = []
  const input = merged(describeField(before, workspace.registry), patch)
  if (!isConvertible(before.type, input.type)) return null
  const { label, parameters } = defineField(input, { workspace, module: { name: module.name, number: module.number }, currency }, path, issues, before)
  if (issues.length > 0) return null
  const common = { id: before.id, name: before.name, module: module.name, custom: true, system: false, inputs: [] } as const
  const from: FieldDefinition = { ...before.parameters, ...common, label: before.label, type: before.type, column: before.column, extension: before.extension }
  const to: FieldDefinition = { ...parameters, ...common, label, type: input.type, column: before.column }
  const { failures } = await convertValues(change, { table: module.table, number: module.number }, from, to, currency)
  return failures.length === 0 ? null : { count: failures.length, examples: failures.slice(0, 5).map(({ value }) => String(value).slice(0, 40)) }
}

/** The description with the patch laid over it; a label that is given stands for its texts in English. */
export function merged(described: FieldInput, patch: FieldPatch): FieldInput {
  const given = Object.entries(patch).filter(([, value]) => value !== undefined)
  const retyped = patch.type != null && patch.type !== described.type
  const base = retyped ? withoutTypeMembers(described, patch.type as FieldInput['type']) : described
  const both = { ...base, ...Object.fromEntries(given) } as FieldInput
  // A label that is given stands for its texts in English; those of other locales stay.
  const relabelled = (plain: 'label' | 'help', list: 'labels' | 'helps') =>
    patch[plain] != null && patch[list] == null ? { [list]: (described[list] ?? []).filter(({ locale }) => locale !== 'en') } : {}
  // Whether numbers may be missing is fixed, so that it need not be said again.
  const numbering = both.numbering && { numbering: { ...both.numbering, gapless: both.numbering.gapless ?? described.numbering?.gapless ?? null } }
  return {
    ...both,
    ...relabelled('label', 'labels'),
    ...relabelled('help', 'helps'),
    ...numbering,
    name: both.name ?? described.name,
    type: both.type ?? described.type,
  }
}

/** What only the old type has is left behind; keys and indexes are not, so that nobody loses them unasked. */
function withoutTypeMembers(described: FieldInput, type: FieldInput['type']): FieldInput {
  const kept = Object.entries(described).filter(
    ([member]) => !TYPE_MEMBERS.has(member) || (member === 'options' && hasOptions(described.type) && hasOptions(type)),
  )
  return Object.fromEntries(kept) as unknown as FieldInput
}

/** The name so far goes on as an alias; of the others those that are to stay. */
function aliasesOf(before: StoredField, name: string, { aliases }: FieldPatch, path: Path, issues: Issue[]): readonly string[] {
  const known = name === before.name ? before.aliases : [...before.aliases, before.name]
  const kept = aliases == null ? known : known.filter((alias) => aliases.includes(alias))
  for (const [index, alias] of (aliases ?? []).entries()) {
    if (!known.includes(alias) && alias !== name)
      issues.push({
        path: [...path, 'aliases', index],
        code: 'UNKNOWN',
        message: `${JSON.stringify(alias.slice(0, 60))} is no earlier name of this field; aliases can only be removed.`,
      })
  }
  return kept.filter((alias) => alias !== name)
}

/** What a field is made with and keeps. */
function checkFixed(before: StoredField, input: FieldInput, path: Path, issues: Issue[]): void {
  const { reference, numbering } = before.parameters
  if (input.type !== before.type && !isConvertible(before.type, input.type))
    issues.push({ path: [...path, 'type'], code: 'FIXED', message: `A ${before.type} cannot become a ${input.type}. Make a new field.` })
  if (reference && input.reference && input.reference.module !== reference.module)
    issues.push({
      path: [...path, 'reference', 'module'],
      code: 'FIXED',
      message: `The field refers to ${reference.module}. Make a new field for another module.`,
    })
  const isGapless = (given: NumberingInput) => given.gapless === true || given.perYear === true
  if (numbering && input.numbering && isGapless(input.numbering) !== isGapless(numbering))
    issues.push({ path: [...path, 'numbering', 'gapless'], code: 'FIXED', message: 'Whether numbers may be missing is fixed when the field is made.' })
}

function definitionOf(change: MetadataChange, field: StoredField): FieldDefinition {
  const module = change.workspace.moduleOf(field) as ModuleDefinition
  return module.fields.get(field.name) as FieldDefinition
}

/** Values go into new columns, whose type or table differs; the old ones are left to a later field. */
async function moveValues(
  change: MetadataChange,
  module: HeldModule,
  before: StoredField,
  after: StoredField,
  currency: string,
  path: Path,
): Promise<StoredField> {
  const inMain = after.parameters.unique === true
  const place = await change.places.place(after.type, module.number, { inMain, fresh: false, wanted: 1 })
  const moved = { ...after, column: place.column, extension: place.extension, indexes: [] }
  const holder = change.workspace.moduleOf(before)?.name ?? ''
  const from: FieldDefinition = { ...before.parameters, ...before, module: holder, custom: true, system: false, inputs: [] }
  change.workspace.put({ field: moved })
  const to = definitionOf(change, moved)
  const conversion = await convertValues(change, module, from, to, currency)
  if (conversion.failures.length > 0) {
    const { length } = conversion.failures
    const examples = conversion.failures.slice(0, 5).map(({ value }) => JSON.stringify(String(value).slice(0, 40)))
    throw validationFailed([
      {
        path: [...path, 'type'],
        code: 'CONVERSION',
        message: `${length} ${length === 1 ? 'value does' : 'values do'} not convert to ${after.type}, such as ${examples.join(', ')}. Change them first.`,
      },
    ])
  }
  dropRequiredCheck(change, module, before)
  dropIndexes(
    change,
    module,
    before,
    before.indexes.map(({ kind }) => kind),
  )
  change.workspace.put({ field: moved })
  addColumns(change, module, moved, place.reused)
  writeConverted(change, module, to, conversion)
  leaveColumns(change, before)
  return moved
}

async function demandValues(change: MetadataChange, module: HeldModule, before: StoredField, after: StoredField, currency: string, path: Path): Promise<void> {
  const [was, is] = [before.parameters.required === true, after.parameters.required === true]
  if (was === is) return
  if (!is) return dropRequiredCheck(change, module, before)
  if (columnsOf(before).length === 0) return
  const empty = await countEmpty(change, module, before)
  const { default: value } = after.parameters
  if (empty > 0 && value === undefined) {
    const many = empty === 1 ? '1 record has' : `${empty} records have`
    throw validationFailed([{ path: [...path, 'required'], code: 'EMPTY', message: `${many} no value in ${after.name}. Fill them first, or give a default.` }])
  }
  if (empty > 0) {
    const definition = definitionOf(change, after)
    const literals = defaultLiterals(definition, value, currency)
    if (literals === null)
      throw validationFailed([
        { path: [...path, 'default'], code: 'CURRENCY', message: `The default of a required field fills existing records and must be in ${currency}.` },
      ])
    await fillEmpty(change, module, after, empty, literals, imageOfDefault(definition, value, currency), before.column !== after.column)
  }
  if (before.column === after.column) addRequiredCheck(change, module, after)
}

async function demandDistinct(change: MetadataChange, module: HeldModule, before: StoredField, after: StoredField, path: Path): Promise<void> {
  if (after.parameters.unique !== true || before.parameters.unique === true) return
  const repeated = await duplicateValues(change, module, before)
  if (repeated.length === 0) return
  const examples = repeated.map((value) => JSON.stringify(value.slice(0, 40))).join(', ')
  throw validationFailed([
    { path: [...path, 'unique'], code: 'DUPLICATES', message: `${after.name} has values that several records share, such as ${examples}. Change them first.` },
  ])
}

/** Expressions that name the field must still hold with its new type. */
function recheckDependents(change: MetadataChange, field: StoredField, currency: string, path: Path): void {
  const { workspace } = change
  const issues: Issue[] = []
  for (const { name } of expressionsOver(field, workspace)) {
    const [moduleName = '', fieldName = ''] = name.split('.')
    const module = workspace.module(moduleName)
    const dependent = workspace.field(module?.fields.get(fieldName)?.id ?? '')
    if (!module || !dependent) continue
    const before = issues.length
    defineField(
      describeField(dependent, workspace.registry),
      { workspace, module: { name: module.name, number: module.number }, currency },
      path,
      issues,
      dependent,
    )
    if (issues.length > before) {
      const { message } = issues[before] as Issue
      issues.splice(before, issues.length, { path, code: 'DEPENDENT', message: `${name} would no longer hold: ${message}` })
    }
  }
  if (issues.length > 0) throw validationFailed(issues)
}

async function changeIndexes(change: MetadataChange, module: HeldModule, before: StoredField, after: StoredField, moved: boolean): Promise<void> {
  const wanted = wantedIndexes(after.type, after.parameters)
  const present = moved ? [] : before.indexes.filter(({ state }) => state !== 'failed').map(({ kind }) => kind)
  if (!moved) {
    const dropped = before.indexes.filter(({ kind, state }) => state === 'failed' || !wanted.includes(kind)).map(({ kind }) => kind)
    dropIndexes(change, module, before, dropped)
  }
  const field = change.workspace.field(after.id) as StoredField
  const kinds = wanted.filter((kind) => !present.includes(kind))
  if (kinds.length > 0) await noteIndexes(change, [{ module, field, kinds }])
}

/** SQL of the indexed formulas, by field id. */
function formulaKeys({ workspace }: MetadataChange): ReadonlyMap<string, string | undefined> {
  const indexed = workspace.fields.filter((field) => field.state === 'active' && field.type === 'FORMULA' && field.indexes.length > 0)
  return new Map(indexed.map((field) => [field.id, formulaKey(field, workspace.registry)]))
}

/** Indexes of formulas whose SQL is another one now are made anew. */
async function rebuildFormulaIndexes(change: MetadataChange, before: ReadonlyMap<string, string | undefined>, changed: string): Promise<void> {
  const { workspace } = change
  for (const [id, sql] of before) {
    const field = workspace.field(id)
    const module = field && workspace.moduleOf(field)
    if (!field || !module || formulaKey(field, workspace.registry) === sql) continue
    const held: HeldModule = { table: module.table, number: module.number }
    const kinds = field.indexes.map(({ kind }) => kind)
    if (kinds.length === 0 && id === changed) continue
    dropIndexes(change, held, field, kinds)
    await noteIndexes(change, [{ module: held, field: workspace.field(id) as StoredField, kinds: ['order'] }])
  }
}

/** A custom module names its naming field by name. */
function renameInModule(change: MetadataChange, module: ModuleDefinition, before: StoredField, after: StoredField): void {
  const stored = change.workspace.customModule(module.name)
  if (!module.custom || !stored || stored.nameField !== before.name || before.name === after.name) return
  const renamed: StoredModule = { ...stored, nameField: after.name }
  change.workspace.put({ module: renamed })
  change.rows.push({ text: 'UPDATE custom_module SET name_field = $2 WHERE id = $1', values: [stored.id, after.name], purpose: 'platform' })
}
