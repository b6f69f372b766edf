import type { FieldMetadata, FieldType } from './metadata.ts'

/** The type whose value forms a field has: for FORMULA and ROLLUP that of what they compute, else the field's own. */
export function valueTypeOf(field: Pick<FieldMetadata, 'type' | 'formula' | 'rollup'>): FieldType {
  return field.formula?.type ?? field.rollup?.type ?? field.type
}
