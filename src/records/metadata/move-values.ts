import { columnsOf } from '../../entities/columns.ts'
import { type Issue, validationFailed } from '../../errors/index.ts'
import { quoteIdentifier } from '../../lib/quote-identifier.ts'
import type { FieldDefinition } from '../registry/index.ts'
import type { MetadataChange } from './change.ts'
import { type Converted, convertValues, type Move, tooManyValues, VALUES_PER_CHANGE, writeConverted } from './convert-values.ts'
import { addColumns, dropRequiredCheck, type HeldModule } from './field-columns.ts'
import { dropIndexes } from './note-indexes.ts'
import { type Place, tableOf } from './place-columns.ts'
import { leaveColumns } from './slots.ts'
import type { StoredField } from './stored.ts'

type Path = readonly (string | number)[]

/** A field that gets other columns, since its type or its table differs. */
export interface MovedField {
  readonly before: StoredField
  readonly after: StoredField
  readonly place: Place
  readonly move: Move
}

/**
 * Moves a field's values into its new columns; the old ones are left to a later field. Others go on writing until the tables are locked, so that what is
 * read and converted before is not the last word: under the lock only records that still have the version that was read get their value from it, and
 * those that changed or came meanwhile are read and converted again. Throws VALIDATION_FAILED where a value has no form in the new type, or two
 * records of a unique field would have the same.
 */
export async function moveValues(change: MetadataChange, moved: MovedField, path: Path): Promise<void> {
  const { before, after, place, move } = moved
  const { module } = move
  const copies = before.type === after.type
  const early = copies ? [] : await convertValues(change.transaction, move)
  if (copies) await refuseTooMany(change, module, before)
  refuseFailures(early, moved, path)
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
    if (copies) return void (await transaction.query({ text: copySql(module, before, after), purpose: 'platform' }))
    await writeConverted(transaction, move, early)
    const late = await convertValues(transaction, move, true)
    refuseFailures(late, moved, path)
    await writeConverted(transaction, move, late)
  })
  leaveColumns(change, before)
}

async function refuseTooMany({ transaction }: MetadataChange, { table }: HeldModule, before: StoredField): Promise<void> {
  const [row] = await transaction.query<{ count: number }>({
    text: `SELECT count(${columnsOf(before)[0]?.name})::int AS count FROM public.${tableOf(table, before)}`,
    purpose: 'platform',
  })
  if ((row?.count ?? 0) > VALUES_PER_CHANGE) throw tooManyValues()
}

/** Values of the same type need no look: only the module's own table takes them, for the sake of a key. */
function copySql({ table }: HeldModule, before: StoredField, after: StoredField): string {
  const [from, to] = [columnsOf(before), columnsOf(after)].map((columns) => columns.map(({ name }) => quoteIdentifier(name))) as [string[], string[]]
  const assignments = to.map((name, index) => `${name} = x.${from[index]}`).join(', ')
  return `UPDATE public.${table} t SET ${assignments} FROM public.${tableOf(table, before)} x WHERE x.id = t.id AND x.${from[0]} IS NOT NULL`
}

function refuseFailures(converted: readonly Converted[], { before, after }: MovedField, path: Path): void {
  const failures = converted.filter(({ columns }) => columns === null)
  const refuse = (member: string, code: string, message: string) => {
    throw validationFailed([{ path: [...path, member], code, message } satisfies Issue])
  }
  if (failures.length > 0) {
    const many = failures.length === 1 ? '1 value does' : `${failures.length} values do`
    refuse('type', 'CONVERSION', `${many} not convert to ${after.type}, such as ${examplesOf(failures)}. Change them first.`)
  }
  if (after.parameters.unique !== true) return
  const groups = groupsOf(converted, after)
  if (groups.length === 0) return
  const many = groups.length === 1 ? '1 value' : `${groups.length} values`
  const member = before.parameters.unique ? 'type' : 'unique'
  refuse(
    member,
    'DUPLICATES',
    `As ${after.type}, ${after.name} would have ${many} that several records share, such as that of ${examplesOf(groups[0] as Converted[])}. Change them first.`,
  )
}

/** Undeleted records that would have the same value of a unique field. */
function groupsOf(converted: readonly Converted[], { type, column }: StoredField): Converted[][] {
  const groups = new Map<string, Converted[]>()
  for (const each of converted) {
    if (each.deleted) continue
    const value = String(each.columns?.[column])
    const key = type === 'EMAIL' ? value.toLowerCase() : value
    const group = groups.get(key)
    if (group) group.push(each)
    else groups.set(key, [each])
  }
  return [...groups.values()].filter(({ length }) => length > 1)
}

function examplesOf(converted: readonly Converted[]): string {
  return converted
    .slice(0, 5)
    .map(({ given }) => JSON.stringify(String(given).slice(0, 40)))
    .join(', ')
}

/** The stored field as the registry would have it, where that does not serve it (any more). */
export function definitionOfStored(field: StoredField, module: string): FieldDefinition {
  const { id, name, type, label, parameters, column, extension } = field
  return { ...parameters, id, name, type, label, column, extension, module, custom: true, system: false, inputs: [] }
}
