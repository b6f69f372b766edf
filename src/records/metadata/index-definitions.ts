import type { FieldType } from '../../entities/metadata.ts'
import { valueTypeOf } from '../../entities/value-type.ts'
import { DefectError } from '../../errors/index.ts'
import { tableOf } from './place-columns.ts'
import type { IndexKind, StoredField } from './stored.ts'

/** An index of a custom field; `definition` is what stands behind the table's name in CREATE INDEX. */
export interface IndexDefinition {
  readonly name: string
  readonly kind: IndexKind
  readonly table: string
  readonly unique: boolean
  readonly definition: string
}

type Indexed = Pick<StoredField, 'column' | 'extension' | 'type' | 'parameters'>

/** SQL of what an index of the kind is made for; `expression` is that of a FORMULA. */
function keyOf(field: Indexed, expression: string | undefined): string {
  if (expression !== undefined) return `(${expression})`
  if (field.type === 'FORMULA') throw new DefectError(`${field.column}: a formula that cannot be indexed was to get an index`)
  const type: FieldType = valueTypeOf({ type: field.type, ...field.parameters })
  if (type === 'MONEY') return `${field.column}_base`
  return type === 'PHONE' ? `${field.column}_e164` : field.column
}

/**
 * The index of one kind on the module's table `table`. Names are part of the engine's contract: `<table>_<column>_key` says which field a
 * duplicate is about. E-mail addresses are unique whatever their case.
 */
export function indexDefinition(field: Indexed, kind: IndexKind, table: string, expression?: string): IndexDefinition {
  const held = tableOf(table, field)
  const { column, extension, type } = field
  const key = keyOf(field, expression)
  const inMain = extension === 0
  switch (kind) {
    case 'unique': {
      const folded = type === 'EMAIL'
      const name = `${held}_${column}_${folded ? 'lower_key' : 'key'}`
      return { name, kind, table: held, unique: true, definition: `(${folded ? `lower(${key})` : key}) WHERE deleted_at IS NULL` }
    }
    case 'search':
      return {
        name: `${held}_${column}_search`,
        kind,
        table: held,
        unique: false,
        definition: `USING gin (public.guanxi_bigrams(public.guanxi_search_fold(${key}))) WHERE ${key} IS NOT NULL`,
      }
    case 'reference':
      return { name: `${held}_${column}_list`, kind, table: held, unique: false, definition: inMain ? `(${key}, created_at DESC, id DESC)` : `(${key}, id)` }
    case 'order':
      return { name: `${held}_${column}_order`, kind, table: held, unique: false, definition: type === 'MULTI_SELECT' ? `USING gin (${key})` : `(${key}, id)` }
  }
}

/** CREATE INDEX; `concurrently` beside normal work, outside of any transaction. */
export function createIndexSql({ name, table, unique, definition }: Omit<IndexDefinition, 'kind'>, concurrently: boolean): string {
  return `CREATE ${unique ? 'UNIQUE ' : ''}INDEX ${concurrently ? 'CONCURRENTLY ' : ''}IF NOT EXISTS ${name} ON public.${table} ${definition}`
}
