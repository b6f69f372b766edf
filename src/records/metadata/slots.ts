import { columnsOf, type PhysicalColumn } from '../../entities/columns.ts'
import type { Statement } from '../database.ts'
import type { MetadataChange } from './change.ts'
import { slotType } from './place-columns.ts'
import type { StoredField } from './stored.ts'

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

/** Key of the advisory lock that says who works on the rows of free columns: a move that fills them, or maintenance that empties them. */
export function lockSlotSql(column: string): string {
  return `hashtextextended('guanxi.slot:' || ${column}, 0)`
}
