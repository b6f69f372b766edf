import { columnsOf } from '../../entities/columns.ts'
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
