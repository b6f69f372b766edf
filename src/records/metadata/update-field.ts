import { isDeepStrictEqual } from 'node:util'
import { type Issue, say, validationFailed } from '../../errors/index.ts'
import type { ModuleDefinition } from '../registry/index.ts'
import type { MetadataChange } from './change.ts'
import { hasOptions } from './check-options.ts'
import { convertValues, isConvertible } from './convert-values.ts'
import { type DefinedField, defineField, type FieldSite } from './define-field.ts'
import { demandOfValues, fillOfMany } from './demand-values.ts'
import { describeField } from './describe-field.ts'
import type { HeldModule } from './field-columns.ts'
import { changeIndexes, formulaKeys, rebuildFormulaIndexes } from './field-indexes.ts'
import type { FieldInput } from './field-input.ts'
import { definitionOfStored, moveValues, newPlace } from './move-values.ts'
import { checkFieldName, refuseHiddenName } from './names.ts'
import { recheckDependents } from './recheck-dependents.ts'
import type { StoredField, StoredModule } from './stored.ts'
import { aType } from './words.ts'

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
  const values = { currency, country: change.country }
  const site: FieldSite = { workspace, module: { name: module.name, number: module.number }, values }
  const definition = defineField(input, site, path, issues, before)
  checkGaps(before, definition, path, issues)
  if (issues.length > 0) throw validationFailed(issues)

  change.paths.set(before.id, path)
  const formulas = formulaKeys(change)
  const described: StoredField = { ...before, name: input.name, aliases, type: input.type, ...definition, position: input.position ?? before.position }
  const fill = await fillOfMany(change, held, before, described, values)
  const place = await newPlace(change, before, described, values, fill !== undefined)
  const after: StoredField = place ? { ...described, column: place.column, extension: place.extension, indexes: [] } : described
  workspace.put({ field: after })
  renameInModule(change, module, before, after)
  recheckDependents(change, after, values, path)
  if (place) {
    const move = { module: held, from: definitionOfStored(before, module.name), to: definitionOfStored(after, module.name), values, ...(fill && { fill }) }
    await moveValues(change, { before, after, place, move }, path)
  }
  await demandOfValues(change, { module: held, before, after, values, filled: fill !== undefined, path })
  await changeIndexes(change, held, before, after, place !== null)
  await rebuildFormulaIndexes(change, formulas, after.id)
  const stored = workspace.field(after.id) as StoredField
  // What says what it said before is no change, and no client need fetch the schema again.
  if (isDeepStrictEqual(stored, before)) return stored
  change.touched.push(`${module.name}.${after.name}`)
  change.rows.push({
    text: `UPDATE custom_field SET name = $2, aliases = $3, type = $4, label = $5, parameters = $6, column_name = $7, extension = $8, position = $9 WHERE id = $1`,
    values: [stored.id, stored.name, stored.aliases, stored.type, stored.label, stored.parameters, stored.column, stored.extension, stored.position],
    purpose: 'platform',
  })
  return stored
}

/** Values of the field that have no form in the type that the patch gives it; null where there are none. Changes nothing. */
export async function previewConversion(change: MetadataChange, before: StoredField, patch: FieldPatch, currency: string, path: Path) {
  const { workspace } = change
  const module = workspace.moduleOf(before) as ModuleDefinition
  const issues: Issue[] = []
  const input = merged(describeField(before, workspace.registry), patch)
  if (!isConvertible(before.type, input.type)) return null
  const values = { currency, country: change.country }
  const site: FieldSite = { workspace, module: { name: module.name, number: module.number }, values }
  const { label, parameters } = defineField(input, site, path, issues, before)
  if (issues.length > 0) return null
  const from = definitionOfStored(before, module.name)
  const to = definitionOfStored({ ...before, type: input.type, label, parameters }, module.name)
  const held: HeldModule = { table: module.table, number: module.number }
  const failures = (await convertValues(change.transaction, { module: held, from, to, values })).filter(({ columns }) => columns === null)
  return failures.length === 0 ? null : { count: failures.length, examples: failures.slice(0, 5).map(({ text }) => text.slice(0, 40)) }
}

/** The description with the patch laid over it; a label that is given stands for its texts in English. */
export function merged(described: FieldInput, patch: FieldPatch): FieldInput {
  const given = Object.entries(patch).filter(([, value]) => value !== undefined)
  const retyped = patch.type != null && patch.type !== described.type
  const base = retyped ? withoutTypeMembers(described, patch.type as FieldInput['type']) : described
  const both = { ...base, ...Object.fromEntries(given), ...mergedNumbering(described, patch) } as FieldInput
  // A label that is given stands for its texts in English; those of other locales stay.
  const relabelled = (plain: 'label' | 'help', list: 'labels' | 'helps') =>
    patch[plain] != null && patch[list] == null ? { [list]: (described[list] ?? []).filter(({ locale }) => locale !== 'en') } : {}
  return {
    ...both,
    ...relabelled('label', 'labels'),
    ...relabelled('help', 'helps'),
    name: both.name ?? described.name,
    type: both.type ?? described.type,
  }
}

/** Of a field's numbering, too, what is left out stays and null clears. */
function mergedNumbering({ numbering: before }: FieldInput, { numbering: given }: FieldPatch): Pick<FieldInput, 'numbering'> {
  if (before == null || given == null) return {}
  return { numbering: { ...before, ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) } }
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
        message: say`${JSON.stringify(alias.slice(0, 60))} is no earlier name of this field; aliases can only be removed.`,
      })
  }
  return kept.filter((alias) => alias !== name)
}

/** What a field is made with and keeps. */
function checkFixed(before: StoredField, input: FieldInput, path: Path, issues: Issue[]): void {
  const { reference } = before.parameters
  if (input.type !== before.type && !isConvertible(before.type, input.type))
    issues.push({ path: [...path, 'type'], code: 'FIXED', message: say`${aType(before.type)} cannot become a ${input.type}. Make a new field.` })
  if (reference && input.reference && input.reference.module !== reference.module)
    issues.push({
      path: [...path, 'reference', 'module'],
      code: 'FIXED',
      message: say`The field refers to ${reference.module}. Make a new field for another module.`,
    })
}

/** A series without gaps is kept in rows, the other in a sequence, which is made with the field alone. */
function checkGaps(before: StoredField, { parameters }: DefinedField, path: Path, issues: Issue[]): void {
  const [was, is] = [before.parameters.numbering, parameters.numbering]
  if (!was || !is || (was.gapless !== false) === (is.gapless !== false)) return
  const [member, message] =
    is.perYear && !was.perYear
      ? (['perYear', say`Series that begin anew each year have no gaps, and whether numbers may be missing is fixed when the field is made.`] as const)
      : (['gapless', say`Whether numbers may be missing is fixed when the field is made.`] as const)
  issues.push({ path: [...path, 'numbering', member], code: 'FIXED', message })
}

/** A custom module names its naming field by name. */
function renameInModule(change: MetadataChange, module: ModuleDefinition, before: StoredField, after: StoredField): void {
  const stored = change.workspace.customModule(module.name)
  if (!module.custom || !stored || stored.nameField !== before.name || before.name === after.name) return
  const renamed: StoredModule = { ...stored, nameField: after.name }
  change.workspace.put({ module: renamed })
  change.rows.push({ text: 'UPDATE custom_module SET name_field = $2 WHERE id = $1', values: [stored.id, after.name], purpose: 'platform' })
}
