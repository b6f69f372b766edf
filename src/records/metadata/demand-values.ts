import { columnsOf } from '../../entities/columns.ts'
import { listed, type Message, say, validationFailed } from '../../errors/index.ts'
import type { FieldDefinition, ModuleDefinition } from '../registry/index.ts'
import { MAX_LENGTH, type ValueDefaults } from '../write/values.ts'
import type { MetadataChange } from './change.ts'
import { LONGEST_KEY, wantedIndexes } from './define-field.ts'
import { addRequiredCheck, dropRequiredCheck, type HeldModule } from './field-columns.ts'
import { countBlank, countEmpty, duplicateValues, fillEmpty, longValues, ROWS_UNDER_LOCK } from './fill-values.ts'
import { defaultColumns, defaultLiterals, imageOfDefault } from './literal.ts'
import { definitionOfStored } from './move-values.ts'
import type { StoredField } from './stored.ts'

type Path = readonly (string | number)[]

/** A change of a field, with what its demands on stored values are judged by. */
export interface FieldChange {
  readonly module: HeldModule
  readonly before: StoredField
  readonly after: StoredField
  readonly values: ValueDefaults
  /** The default stands in all records that had no value (`fillOfMany`). */
  readonly filled: boolean
  readonly path: Path
}

/** What a field asks of the values that are stored; throws VALIDATION_FAILED where some stand against it. */
export async function demandOfValues(change: MetadataChange, field: FieldChange): Promise<void> {
  await demandValues(change, field)
  await demandDistinct(change, field)
  await demandLengths(change, field)
}

async function demandValues(change: MetadataChange, { module, before, after, values, filled, path }: FieldChange): Promise<void> {
  const [was, is] = [before.parameters.required === true, after.parameters.required === true]
  if (was === is) return
  if (!is) return dropRequiredCheck(change, module, before)
  const blank = await countBlank(change, module, before)
  if (blank > 0) {
    const message = say`${recordsHave(blank)} a blank text in ${after.name}, which no default replaces. Change them first.`
    throw validationFailed([{ path: [...path, 'required'], code: 'EMPTY', message }])
  }
  if (filled) return
  const empty = await countEmpty(change, module, before)
  const { default: value } = after.parameters
  if (empty > 0 && value === undefined) {
    throw validationFailed([
      { path: [...path, 'required'], code: 'EMPTY', message: say`${recordsHave(empty)} no value in ${after.name}. Fill them first, or give a default.` },
    ])
  }
  if (empty > 0) {
    const definition = (change.workspace.moduleOf(after) as ModuleDefinition).fields.get(after.name) as FieldDefinition
    const literals = defaultLiterals(definition, value, values)
    if (literals === null)
      throw validationFailed([
        {
          path: [...path, 'default'],
          code: 'CURRENCY',
          message: say`The default of a required field fills existing records and must be in ${values.currency}.`,
        },
      ])
    fillEmpty(change, module, after, literals, imageOfDefault(definition, value, values))
  }
  if (before.column === after.column) addRequiredCheck(change, module, after)
}

/**
 * What a default gives to records that have no value, by the columns of the field, where they are too many to be written while nobody else gets at the table: they get it as
 * values move, beside the work of others, and like those of a new field without a new version. Undefined where they are few, or the change is refused anyway.
 */
export async function fillOfMany(
  change: MetadataChange,
  module: HeldModule,
  before: StoredField,
  after: StoredField,
  values: ValueDefaults,
): Promise<readonly unknown[] | undefined> {
  const { required, default: value } = after.parameters
  if (!required || before.parameters.required === true || value === undefined || columnsOf(after).length === 0) return undefined
  if ((await countEmpty(change, module, before)) <= ROWS_UNDER_LOCK) return undefined
  const definition = definitionOfStored(after, (change.workspace.moduleOf(after) as ModuleDefinition).name)
  return defaultColumns(definition, value, values) ?? undefined
}

/** Values that move are judged by what they become (`moveValues`). */
async function demandDistinct(change: MetadataChange, { module, before, after, path }: FieldChange): Promise<void> {
  if (after.parameters.unique !== true || before.parameters.unique === true || before.column !== after.column) return
  const { count, examples } = await duplicateValues(change, module, before)
  if (count === 0) return
  const many = count === 1 ? say`1 value` : say`${count} values`
  throw validationFailed([
    {
      path: [...path, 'unique'],
      code: 'DUPLICATES',
      message: say`${after.name} has ${many} that several records share, such as ${listed(examples)}. Change them first.`,
    },
  ])
}

/** Longer texts than the field may hold from now on, or than fit an index that it is to get. */
async function demandLengths(change: MetadataChange, { module, before, after, path }: FieldChange): Promise<void> {
  const [was, is] = [lengthOf(before), lengthOf(after)]
  if (is === undefined || before.type !== after.type || columnsOf(before).length === 0) return
  const present = wantedIndexes(before.type, before.parameters)
  const added = wantedIndexes(after.type, after.parameters).filter((kind) => (kind === 'order' || kind === 'unique') && !present.includes(kind))
  const shrinks = was !== undefined && is < was
  const member = shrinks ? 'maxLength' : added.includes('unique') ? 'unique' : 'indexed'
  if (!shrinks && added.length === 0) return
  const { count, examples } = await longValues(change, module, before, is, added.includes('order') ? LONGEST_KEY : null)
  if (count === 0) return
  throw validationFailed([
    {
      path: [...path, member],
      code: 'TOO_LONG',
      message: say`${recordsHave(count)} more than ${is} characters in ${after.name}, such as ${listed(examples)}. Shorten them first; those in the recycle bin count where there is an index.`,
    },
  ])
}

/** Characters that a text may have; undefined for other types. */
function lengthOf({ type, parameters }: StoredField): number | undefined {
  return parameters.maxLength ?? MAX_LENGTH[type]
}

function recordsHave(count: number): Message {
  return count === 1 ? say`1 record has` : say`${count} records have`
}
