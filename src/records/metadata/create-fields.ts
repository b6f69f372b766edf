import type { FieldType } from '../../entities/metadata.ts'
import { type Issue, say, validationFailed } from '../../errors/index.ts'
import type { Statement } from '../database.ts'
import type { ModuleDefinition } from '../registry/index.ts'
import type { MetadataChange } from './change.ts'
import { Claims } from './claims.ts'
import { fieldMetadata } from './compose.ts'
import { inOrder, isComputedInput } from './computed-order.ts'
import { defineConditions } from './define-conditions.ts'
import { type DefinedField, defineField, type FieldSite, wantedIndexes } from './define-field.ts'
import { addColumns, type HeldModule } from './field-columns.ts'
import type { FieldInput } from './field-input.ts'
import { checkFilled } from './fill-values.ts'
import { checkFormula } from './formula-key.ts'
import { defaultLiterals } from './literal.ts'
import { noteIndexes } from './note-indexes.ts'
import type { StoredField } from './stored.ts'

type Path = readonly (string | number)[]

/** A field to be made, with the module that gets it and its place in the input. */
export interface NewField {
  readonly module: HeldModule & { readonly name: string }
  readonly input: FieldInput
  readonly path: Path
}

/** Searched by unless said otherwise, while the module has few such fields: each is an index that every write keeps. */
const SEARCHED: ReadonlySet<FieldType> = new Set(['TEXT', 'EMAIL', 'AUTO_NUMBER'])
const SEARCHED_FIELDS = 8

interface PlacedField {
  readonly id: string
  /** Its columns are there already. */
  readonly reused: boolean
}

/**
 * Makes fields, each after those that it is computed from, whatever the order of the input. Throws VALIDATION_FAILED with all issues, DUPLICATE for a
 * name that is taken, LIMIT_EXCEEDED.
 */
export async function createFields(change: MetadataChange, fields: readonly NewField[], currency: string): Promise<StoredField[]> {
  const { workspace } = change
  const placed = new Map<NewField, PlacedField>()
  const issues: Issue[] = []
  const claims = new Claims(workspace)
  for (const { module, input, path } of fields) claims.take(workspace.module(module.name) as ModuleDefinition, input, path, issues)
  if (issues.length > 0) throw validationFailed(issues)
  const searched = new Map<number, number>()
  const siteOf = ({ module }: NewField): FieldSite => ({ workspace, module, values: { currency, country: change.country } })
  const place = async (stage: readonly NewField[]) => {
    const defined = stage.map((field) => {
      // A condition may use what is computed from the very field.
      const input = { ...withSearch(change, field, searched), requiredWhen: null }
      return { field, definition: defineField(input, siteOf(field), field.path, issues) }
    })
    if (issues.length > 0) throw validationFailed(issues)
    for (const { field, definition } of defined) placed.set(field, await placeField(change, field, definition, fields.length))
  }
  await place(fields.filter(({ input }) => !isComputedInput(input)))
  const { groups, circular } = inOrder(
    fields.filter(({ input }) => isComputedInput(input)),
    workspace,
  )
  for (const group of groups) await place(group)
  await checkFilled(
    change,
    [...placed].map(([{ module }, { id }]) => ({ module, field: workspace.field(id) as StoredField })),
  )
  issues.push(...circular.map(circularIssue))
  defineConditions(
    [...placed].map(([field, { id }]) => ({ id, input: field.input, site: siteOf(field), path: field.path })),
    issues,
  )
  for (const [{ path }, { id }] of placed) {
    const stored = workspace.field(id) as StoredField
    if (stored.type === 'FORMULA') checkFormula(stored, workspace.registry, path, issues)
  }
  for (const [field, each] of placed) writeField(change, field, each, currency, issues)
  if (issues.length > 0) throw validationFailed(issues)
  const made = fields.map((field) => workspace.field((placed.get(field) as PlacedField).id) as StoredField)
  await noteIndexes(
    change,
    made.map((field, index) => ({ module: (fields[index] as NewField).module, field, kinds: wantedIndexes(field.type, field.parameters) })),
  )
  return made
}

/** What a field that is computed from itself is refused with. */
export function circularIssue({ module, input, path }: Pick<NewField, 'input' | 'path'> & { readonly module: { readonly name: string } }): Issue {
  const message = say`${module.name}.${input.name} is computed from itself, or from a field that is.`
  return { path: [...path, input.type === 'FORMULA' ? 'formula' : 'rollup'], code: 'CYCLE', message }
}

function withSearch({ workspace }: MetadataChange, { module, input }: NewField, searched: Map<number, number>): FieldInput {
  if (input.searchable != null || !SEARCHED.has(input.type) || (input.sensitivity ?? 'none').toLowerCase() !== 'none') return input
  const isSearched = ({ state, parameters }: StoredField) => state === 'active' && parameters.searchable === true
  const count = searched.get(module.number) ?? workspace.fieldsOf(module.number).filter(isSearched).length
  searched.set(module.number, count + 1)
  return { ...input, searchable: count < SEARCHED_FIELDS }
}

async function placeField(change: MetadataChange, { module, input }: NewField, definition: DefinedField, wanted: number): Promise<PlacedField> {
  const { workspace } = change
  const { parameters } = definition
  const filled = parameters.required === true && parameters.default !== undefined
  const inMain = parameters.unique === true || input.type === 'AUTO_NUMBER'
  const { column, extension, reused } = await change.places.place(input.type, module.number, { inMain, fresh: filled, wanted })
  const last = workspace.fieldsOf(module.number).reduce((most, { position }) => Math.max(most, position), 0)
  const stored: StoredField = {
    id: change.newId(),
    moduleNumber: module.number,
    name: input.name,
    aliases: input.aliases ?? [],
    type: input.type,
    ...definition,
    column,
    extension,
    position: input.position ?? last + 1,
    ownerPlugin: change.owner?.plugin ?? null,
    state: 'active',
    deletedAt: null,
    indexes: [],
  }
  workspace.put({ field: stored })
  return { id: stored.id, reused }
}

function writeField(change: MetadataChange, { module, path }: NewField, { id, reused }: PlacedField, currency: string, issues: Issue[]): void {
  const stored = change.workspace.field(id) as StoredField
  const { parameters } = stored
  let filled: ReadonlyMap<string, string> | undefined
  if (parameters.required && parameters.default !== undefined) {
    const definition = { ...fieldMetadata(stored), id: stored.id, module: module.name, custom: true, system: false, inputs: [] }
    const literals = defaultLiterals(definition, parameters.default, { currency, country: change.country })
    if (literals) filled = literals
    else
      issues.push({
        path: [...path, 'default'],
        code: 'CURRENCY',
        message: say`The default of a required field fills existing records and must be in ${currency}.`,
      })
  }
  change.paths.set(stored.id, path)
  addColumns(change, module, stored, reused, filled)
  change.touched.push(`${module.name}.${stored.name}`)
  change.rows.push(insertField(change, stored))
}

function insertField({ at, userId }: MetadataChange, field: StoredField): Statement {
  const { id, moduleNumber, name, aliases, type, label, parameters, column, extension, position, ownerPlugin } = field
  return {
    text: `INSERT INTO custom_field (id, module_number, name, aliases, type, label, parameters, column_name, extension, position, state, created_at, created_by, owner_plugin)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'active', $11, $12, $13)`,
    values: [id, moduleNumber, name, aliases, type, label, parameters, column, extension, position, at, userId, ownerPlugin],
    purpose: 'platform',
  }
}
