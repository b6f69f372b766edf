import type { FieldType } from '../../entities/metadata.ts'
import { GuanxiError, type Issue, validationFailed } from '../../errors/index.ts'
import type { Statement } from '../database.ts'
import type { ModuleDefinition } from '../registry/index.ts'
import type { MetadataChange } from './change.ts'
import { fieldMetadata } from './compose.ts'
import { type DefinedField, defineField, type FieldSite, wantedIndexes } from './define-field.ts'
import { addColumns, type HeldModule } from './field-columns.ts'
import type { FieldInput } from './field-input.ts'
import { checkFormula } from './formula-key.ts'
import { defaultLiterals } from './literal.ts'
import { checkFieldName, duplicateField, refuseHiddenName } from './names.ts'
import { noteIndexes } from './note-indexes.ts'
import type { StoredField } from './stored.ts'

/** Fields that one call may make. */
export const FIELDS_PER_CALL = 100
/** Custom fields that a module may have. */
export const FIELDS_PER_MODULE = 500
/** Fields of a module that may be unique: their columns all stand in the module's own table. */
const KEYS_PER_MODULE = 50

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

function isComputed({ type }: FieldInput): boolean {
  return type === 'FORMULA' || type === 'ROLLUP'
}

/** Fields that others may be computed from come first; a formula may use the one before it. */
function inStages(fields: readonly NewField[]): NewField[][] {
  const stored = fields.filter(({ input }) => !isComputed(input))
  const computed = fields.filter(({ input }) => isComputed(input))
  const conditional = (field: NewField) => field.input.requiredWhen != null
  return [stored.filter((field) => !conditional(field)), stored.filter(conditional), ...computed.map((field) => [field])]
}

interface PlacedField {
  readonly stored: StoredField
  /** Its columns are there already. */
  readonly reused: boolean
}

/**
 * Makes fields, in the order of the input. Throws VALIDATION_FAILED with all issues, DUPLICATE for a name that is taken, LIMIT_EXCEEDED.
 */
export async function createFields(change: MetadataChange, fields: readonly NewField[], currency: string): Promise<StoredField[]> {
  checkLimits(change, fields)
  const placed = new Map<NewField, PlacedField>()
  const issues: Issue[] = []
  const names = new Set<string>()
  const searched = new Map<number, number>()
  for (const stage of inStages(fields)) {
    const defined = stage.map((field) => {
      checkName(change, field, names, issues)
      const site: FieldSite = { workspace: change.workspace, module: field.module, values: { currency, country: change.country } }
      return { field, definition: defineField(withSearch(change, field, searched), site, field.path, issues) }
    })
    if (issues.length > 0) throw validationFailed(issues)
    for (const { field, definition } of defined) placed.set(field, await placeField(change, field, definition, fields.length))
  }
  for (const [field, { stored }] of placed) checkFormula(stored, change.workspace.registry, field.path, issues)
  for (const [field, place] of placed) writeField(change, field, place, currency, issues)
  if (issues.length > 0) throw validationFailed(issues)
  await noteIndexes(
    change,
    [...placed].map(([{ module }, { stored }]) => ({ module, field: stored, kinds: wantedIndexes(stored.type, stored.parameters) })),
  )
  return fields.map((field) => (placed.get(field) as PlacedField).stored)
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
  const inMain = parameters.unique === true || input.type === 'AUTO_NUMBER' || filled
  const { column, extension, reused } = await change.places.place(input.type, module.number, { inMain, fresh: filled, wanted })
  const last = workspace.fieldsOf(module.number).reduce((most, { position }) => Math.max(most, position), 0)
  const stored: StoredField = {
    id: change.newId(),
    moduleNumber: module.number,
    name: input.name,
    aliases: [],
    type: input.type,
    ...definition,
    column,
    extension,
    position: input.position ?? last + 1,
    ownerPlugin: null,
    state: 'active',
    deletedAt: null,
    indexes: [],
  }
  workspace.put({ field: stored })
  return { stored, reused }
}

function writeField(change: MetadataChange, { module, path }: NewField, { stored, reused }: PlacedField, currency: string, issues: Issue[]): void {
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
        message: `The default of a required field fills existing records and must be in ${currency}.`,
      })
  }
  change.paths.set(stored.id, path)
  addColumns(change, module, stored, reused, filled)
  change.touched.push(`${module.name}.${stored.name}`)
  change.rows.push(insertField(change, stored))
}

function insertField({ at, userId }: MetadataChange, field: StoredField): Statement {
  const { id, moduleNumber, name, type, label, parameters, column, extension, position } = field
  return {
    text: `INSERT INTO custom_field (id, module_number, name, type, label, parameters, column_name, extension, position, state, created_at, created_by)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'active', $10, $11)`,
    values: [id, moduleNumber, name, type, label, parameters, column, extension, position, at, userId],
    purpose: 'platform',
  }
}

function checkName({ workspace }: MetadataChange, { module, input, path }: NewField, names: Set<string>, issues: Issue[]): void {
  const key = `${module.name}.${input.name}`
  if (names.has(key)) throw duplicateField(module, input.name, 'would have two fields', [...path, 'name'])
  names.add(key)
  const definition = workspace.module(module.name) as ModuleDefinition
  checkFieldName(input.name, definition, [...path, 'name'], issues)
  refuseHiddenName(workspace, definition, input.name, [...path, 'name'])
}

function checkLimits({ workspace }: MetadataChange, fields: readonly NewField[]): void {
  if (fields.length > FIELDS_PER_CALL)
    throw limit(`One call may make ${FIELDS_PER_CALL} fields; these are ${fields.length}. Send them in parts.`, FIELDS_PER_CALL)
  for (const module of new Set(fields.map(({ module }) => module))) {
    const present = workspace.fieldsOf(module.number).filter(({ state }) => state === 'active')
    const added = fields.filter((field) => field.module === module)
    if (present.length + added.length > FIELDS_PER_MODULE)
      throw limit(`The module ${module.name} has ${present.length} custom fields; with these it would have more than ${FIELDS_PER_MODULE}.`, FIELDS_PER_MODULE)
    const keys = present.filter(({ parameters }) => parameters.unique).length + added.filter(({ input }) => input.unique === true).length
    if (keys > KEYS_PER_MODULE) throw limit(`A module may have ${KEYS_PER_MODULE} unique custom fields; ${module.name} would have ${keys}.`, KEYS_PER_MODULE)
  }
}

function limit(message: string, most: number): GuanxiError {
  return new GuanxiError('LIMIT_EXCEEDED', message, { limit: most })
}
