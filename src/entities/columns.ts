import type { FieldMetadata, FieldType } from './metadata.ts'

/** One physical column of a field. */
export interface PhysicalColumn {
  readonly name: string
  /** Which part of the value it holds: `value` for single columns, else the part's name. */
  readonly part: 'value' | 'amount' | 'currency' | 'base' | 'e164'
  /** As `format_type` of PostgreSQL writes it, e.g. `numeric(19,4)`. */
  readonly type: string
}

const SINGLE: Readonly<Partial<Record<FieldType, string>>> = {
  TEXT: 'text',
  LONG_TEXT: 'text',
  EMAIL: 'text',
  URL: 'text',
  SELECT: 'text',
  AUTO_NUMBER: 'text',
  INTEGER: 'integer',
  RATING: 'smallint',
  DURATION: 'bigint',
  DECIMAL: 'numeric',
  PERCENT: 'numeric',
  BOOLEAN: 'boolean',
  DATE: 'date',
  DATETIME: 'timestamp(3) with time zone',
  MULTI_SELECT: 'text[]',
  ADDRESS: 'jsonb',
  GEO: 'jsonb',
  JSON: 'jsonb',
  REFERENCE: 'uuid',
  USER: 'uuid',
}

/** The physical columns that hold a field, in table order; none for REFERENCES (a link table), FORMULA and ROLLUP. */
export function columnsOf(field: Pick<FieldMetadata, 'type' | 'column'>): readonly PhysicalColumn[] {
  const { column, type } = field
  if (type === 'MONEY') {
    return [
      { name: `${column}_amount`, part: 'amount', type: 'numeric(19,4)' },
      { name: `${column}_currency`, part: 'currency', type: 'text' },
      { name: `${column}_base`, part: 'base', type: 'numeric(19,4)' },
    ]
  }
  if (type === 'PHONE') {
    return [
      { name: column, part: 'value', type: 'text' },
      { name: `${column}_e164`, part: 'e164', type: 'text' },
    ]
  }
  const single = SINGLE[type]
  return single === undefined ? [] : [{ name: column, part: 'value', type: single }]
}

/**
 * PostgreSQL computes the field's columns from others of the same row (`GENERATED ALWAYS … STORED`): they must never be
 * named in an INSERT or UPDATE.
 */
export function isGenerated(field: Pick<FieldMetadata, 'generatedFrom'>): boolean {
  return field.generatedFrom !== undefined
}

/** Name of a module's `n`-th extension table: further columns of the same records, one row each at most, by the same `id`. */
export function extensionTable(table: string, number: number): string {
  return `${table}_x${number}`
}
