import type { FieldMetadata, FieldType } from './metadata.ts'

/** Each read computes the field from others; no column holds it. */
export function isComputed(field: Pick<FieldMetadata, 'formula' | 'rollup'>): boolean {
  return field.formula !== undefined || field.rollup !== undefined
}

/** The type whose value forms a field has: for FORMULA and ROLLUP that of what they compute, else the field's own. */
export function valueTypeOf(field: Pick<FieldMetadata, 'type' | 'formula' | 'rollup'>): FieldType {
  return field.formula?.type ?? field.rollup?.type ?? field.type
}
