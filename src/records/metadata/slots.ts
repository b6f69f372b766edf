import { columnsOf, type PhysicalColumn } from '../../entities/columns.ts'
import type { FieldType } from '../../entities/metadata.ts'
import type { Statement } from '../database.ts'
import type { MetadataChange } from './change.ts'
import type { StoredField } from './stored.ts'

/** Types of the columns that hold a field, as one text; two fields of the same text can follow each other in the same columns. */
export function slotType(type: FieldType): string {
  return columnsOf({ type, column: 'c' })
    .map((column) => column.type)
    .join(' + ')
}

/** Leaves a field's columns to a later one; they are emptied beside normal work first. */
export function leaveColumns({ rows }: Pick<MetadataChange, 'rows'>, field: Pick<StoredField, 'moduleNumber' | 'column' | 'extension' | 'type'>): void {
  if (columnsOf(field).length === 0) return
  rows.push({
    text: 'INSERT INTO custom_slot (module_number, column_name, extension, type) VALUES ($1, $2, $3, $4)',
    values: [field.moduleNumber, field.column, field.extension, slotType(field.type)],
    purpose: 'platform',
  })
}

/** Free columns by the types that the slot notes: three hold money, two a phone. */
export function slotColumns(column: string, type: string): readonly PhysicalColumn[] {
  const width = type.split(' + ').length
  return columnsOf({ type: width === 3 ? 'MONEY' : width === 2 ? 'PHONE' : 'TEXT', column })
}

/** Takes columns out of the free ones. */
export function takeSlot(moduleNumber: number, column: string): Statement {
  return { text: 'DELETE FROM custom_slot WHERE module_number = $1 AND column_name = $2', values: [moduleNumber, column], purpose: 'platform' }
}

/**
 * Note of free columns as it stands: PostgreSQL gives its row another `xmin` when it is made again or changed. What was prepared for one note does not hold
 * for a later one about the same columns.
 */
export interface NotedSlot {
  readonly moduleNumber: number
  readonly column: string
  readonly xmin: string
}

/** Condition that the note stands unchanged, over `custom_slot`; `$n` to `$n+2` are `slotValues`. */
export function slotStandsSql(first: number): string {
  return `module_number = $${first} AND column_name = $${first + 1} AND xmin::text = $${first + 2}`
}

export function slotValues({ moduleNumber, column, xmin }: NotedSlot): readonly unknown[] {
  return [moduleNumber, column, xmin]
}

/** Key of the advisory lock that says who works on the rows of free columns: a move that fills them, or maintenance that empties them. */
export function lockSlotSql(column: string): string {
  return `hashtextextended('guanxi.slot:' || ${column}, 0)`
}
