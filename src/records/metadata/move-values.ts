import { type Issue, type Message, say, validationFailed } from '../../errors/index.ts'
import type { FieldDefinition } from '../registry/index.ts'
import type { ValueDefaults } from '../write/values.ts'
import type { MetadataChange } from './change.ts'
import { type Converted, convertChanged, convertValues, lastPosition, type Move, writeConverted } from './convert-values.ts'
import { addColumns, dropRequiredCheck } from './field-columns.ts'
import { dropIndexes } from './note-indexes.ts'
import { type Place, tableOf } from './place-columns.ts'
import { changedSince, MOVED_AT_ONCE, moveKey, type PreparedMove, takePrepared } from './prepare-moves.ts'
import { leaveColumns } from './slots.ts'
import type { StoredField } from './stored.ts'

type Path = readonly (string | number)[]

/** A field that gets other columns, since its type or its table differs. */
export interface MovedField {
  readonly before: StoredField
  readonly after: StoredField
  readonly place: NewPlace
  readonly move: Move
}

/** Where a field's values move to; `prepared`: most of them stand there already. */
export interface NewPlace extends Place {
  /** Tells one move from any other. */
  readonly key: string
  readonly prepared?: PreparedMove
}

/** Where a field's values move to; null: they stay. A key stands in the module's own table. `fills`: many get a value on the way. */
export async function newPlace(
  change: MetadataChange,
  before: StoredField,
  after: StoredField,
  values: ValueDefaults,
  fills: boolean,
): Promise<NewPlace | null> {
  if (!fills && after.type === before.type && !(after.parameters.unique === true && before.extension > 0)) return null
  const key = await moveKey(change.transaction, before, after, values)
  const prepared = await takePrepared(change, key)
  if (prepared) return { ...prepared.place, key, prepared }
  return { ...(await change.places.place(after.type, before.moduleNumber, { inMain: after.parameters.unique === true, fresh: false, wanted: 1 })), key }
}

/**
 * Moves a field's values into its new columns; the old ones are left to a later field. Others go on writing until the tables are locked, so that what is
 * read and converted before is not the last word: under the lock only records that still have the version that was read keep the value from it, and
 * those that changed or came meanwhile are read and converted again. Where there are many, `prepareMoves` has them written beforehand. Throws
 * VALIDATION_FAILED where a value has no form in the new type, or two records of a unique field would have the same.
 */
export async function moveValues(change: MetadataChange, moved: MovedField, path: Path): Promise<void> {
  const { before, after, place, move } = moved
  const { module } = move
  const { key, prepared } = place
  const position = await lastPosition(change.transaction)
  const early = prepared ? [] : await convertValues(change.transaction, move)
  refuseFailures(early, moved, path)
  if (early.length > MOVED_AT_ONCE) change.wantedMoves.push({ key, move, inMain: after.parameters.unique === true, path })
  dropRequiredCheck(change, module, before)
  dropIndexes(
    change,
    module,
    before,
    before.indexes.map(({ kind }) => kind),
  )
  addColumns(change, module, after, place.reused)
  const tables = [...new Set([module.table, tableOf(module.table, before), tableOf(module.table, after)])]
  change.schema.workUnderLock(tables, async (transaction) => {
    const written = prepared ? prepared.written : await writeConverted(transaction, move, early)
    const since = prepared ? await changedSince(transaction, prepared) : { position, ids: early.map(({ id }) => id) }
    const late = await convertChanged(transaction, move, written, since)
    refuseFailures(late, moved, path)
    await writeConverted(transaction, move, late)
  })
  leaveColumns(change, before)
}

function refuseFailures(converted: readonly Converted[], { before, after }: MovedField, path: Path): void {
  const failures = converted.filter(({ columns }) => columns === null)
  const refuse = (member: string, code: string, message: Message) => {
    throw validationFailed([{ path: [...path, member], code, message } satisfies Issue])
  }
  if (failures.length > 0) {
    const examples = examplesOf(failures)
    refuse(
      'type',
      'CONVERSION',
      failures.length === 1
        ? say`1 value does not convert to ${after.type}, such as ${examples}. Change them first.`
        : say`${failures.length} values do not convert to ${after.type}, such as ${examples}. Change them first.`,
    )
  }
  if (after.parameters.unique !== true) return
  const groups = groupsOf(converted, after)
  if (groups.length === 0) return
  const many = groups.length === 1 ? say`1 value` : say`${groups.length} values`
  const example = examplesOf(groups[0] as Converted[])
  const message =
    before.type === after.type
      ? say`${after.name} has ${many} that several records share, such as ${example}. Change them first.`
      : say`As ${after.type}, ${after.name} would have ${many} that several records share, such as that of ${example}. Change them first.`
  refuse(before.parameters.unique ? 'type' : 'unique', 'DUPLICATES', message)
}

/** Undeleted records that would have the same value of a unique field. */
function groupsOf(converted: readonly Converted[], { type, column }: StoredField): Converted[][] {
  const groups = new Map<string, Converted[]>()
  for (const each of converted) {
    const value = each.columns?.[column] ?? null
    if (each.deleted || value === null) continue
    const key = type === 'EMAIL' ? String(value).toLowerCase() : String(value)
    const group = groups.get(key)
    if (group) group.push(each)
    else groups.set(key, [each])
  }
  return [...groups.values()].filter(({ length }) => length > 1)
}

function examplesOf(converted: readonly Converted[]): string {
  const texts = converted.slice(0, 5).map(({ text }) => JSON.stringify(text.slice(0, 40)))
  return [...new Set(texts)].join(', ')
}

/** The stored field as the registry would have it, where that does not serve it (any more). */
export function definitionOfStored(field: StoredField, module: string): FieldDefinition {
  const { id, name, type, label, parameters, column, extension } = field
  return { ...parameters, id, name, type, label, column, extension, module, custom: true, system: false, inputs: [] }
}
