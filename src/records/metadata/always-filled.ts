import { neverNull } from '../read/columns.ts'
import type { FieldDefinition } from '../registry/definition.ts'
import { isComputed } from '../registry/index.ts'

/** Each record has a value here, older ones too, and whoever may read the field sees it: a reference is left out, since what it leads to may be hidden or gone. */
export function isAlwaysFilled(field: FieldDefinition): boolean {
  return neverNull(field) && !isComputed(field) && field.reference === undefined && field.type !== 'USER'
}
