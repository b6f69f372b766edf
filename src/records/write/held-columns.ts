import { extensionTable } from '../../entities/columns.ts'
import { DefectError } from '../../errors/index.ts'
import { quoteIdentifier } from '../../lib/quote-identifier.ts'
import type { FieldDefinition, ModuleDefinition } from '../registry/definition.ts'

/*
 * Where a field's values stand besides the module's own table: in an extension table (alias `x<n>`), or for REFERENCES in the link table
 * (alias `l`), which has a row for each target.
 */

/** A field that the program itself names. Throws DefectError where the module has none of that name. */
export function fieldOf(module: ModuleDefinition, name: string): FieldDefinition {
  const field = module.fields.get(name)
  if (!field) throw new DefectError(`${module.name} has no field ${name}`)
  return field
}

/** The field's column, or the id of one target. `table`: the module's table as the statement calls it. */
export function heldColumn(field: FieldDefinition, table: string): string {
  if (field.type === 'REFERENCES') return 'l.target_id'
  return `${field.extension ? `x${field.extension}` : table}.${quoteIdentifier(field.column)}`
}

/** FROM item of the module's rows that have such columns; `from` alone where they are all in the module's own table. */
export function heldFrom(module: ModuleDefinition, fields: readonly FieldDefinition[], from: string, table: string): string {
  const numbers = new Set(fields.flatMap(({ extension, type }) => (extension && type !== 'REFERENCES' ? [extension] : [])))
  const joins = [...numbers].map((number) => ` LEFT JOIN ${quoteIdentifier(extensionTable(module.table, number))} AS x${number} ON x${number}.id = ${table}.id`)
  for (const field of fields) if (field.type === 'REFERENCES') joins.push(` JOIN ${quoteIdentifier(field.column)} AS l ON l.source_id = ${table}.id`)
  return joins.length === 0 ? from : `(${from}${joins.join('')})`
}
