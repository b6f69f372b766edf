import { extensionTable } from '../../entities/columns.ts'
import { quoteIdentifier } from '../../lib/quote-identifier.ts'
import type { FieldDefinition, ModuleDefinition } from '../registry/definition.ts'
import { literalSql } from '../sql-text.ts'
import { imageSelectList } from './columns.ts'
import type { Session } from './session.ts'
import { StatementBuilder } from './statement.ts'

/**
 * Columns that these records have in extension tables, by record. A statement of its own, after the one that locked the records: a join
 * there would show what an extension held before the lock was waited for. No statement for a module without extensions.
 */
export async function readExtensions(
  session: Session,
  module: ModuleDefinition,
  ids: readonly string[],
): Promise<ReadonlyMap<string, Readonly<Record<string, unknown>>>> {
  if (module.extensions.length === 0 || ids.length === 0) return new Map()
  const builder = new StatementBuilder(session.registry)
  const lists = module.extensions.map((number) => imageSelectList(module, `x${number}`, number))
  const joins = module.extensions.map((number) => `LEFT JOIN ${tableOf(module, number)} AS x${number} ON x${number}.id = k.id`)
  const rows = await session.transaction.query<Record<string, unknown>>(
    builder.statement(`SELECT k.id, ${lists.join(', ')} FROM unnest(${builder.bind(ids, 'uuid[]')}) AS k(id) ${joins.join(' ')}`),
  )
  return new Map(rows.map((row) => [row['id'] as string, row]))
}

/** Columns of one field in a statement that writes, under the names that they have in its input `i`. */
export interface WrittenColumns {
  readonly field: FieldDefinition
  readonly columns: readonly { readonly name: string; readonly key: string }[]
}

/** What extension tables add to the statement that writes records. All texts are empty for a module without extensions. */
export interface ExtensionSql {
  /** CTEs behind `w`, each with its comma. */
  readonly writes: string
  /** Joins of the outbox's source, and what its images before and after the change take from them. */
  readonly joins: string
  readonly before: string
  readonly after: string
}

/** For new records: a row in each extension in which one has a value. */
export function insertedExtensions(module: ModuleDefinition, plans: readonly WrittenColumns[]): ExtensionSql {
  const written = writtenExtensions(module, plans)
  return {
    writes: written
      .map(({ number, fields, names }) => {
        const values = fields.flatMap(({ columns }) => columns.map(({ key }) => `i.${key}`))
        return `
x${number} AS (INSERT INTO ${tableOf(module, number)} (id, ${names.join(', ')})
  SELECT i.i, ${values.join(', ')} FROM i JOIN w ON w.id = i.i WHERE ${changesOne(fields)} RETURNING *),`
      })
      .join(''),
    joins: written.map(({ number }) => ` LEFT JOIN x${number} ON x${number}.id = w.id`).join(''),
    before: '',
    after: written.map(({ number }) => ` || coalesce(to_jsonb(x${number}), '{}')`).join(''),
  }
}

/** For changed records, which are locked: a row where one is needed and missing. `everywhere`: all records of the statement change the field. */
export function updatedExtensions(module: ModuleDefinition, plans: readonly WrittenColumns[], everywhere: (field: FieldDefinition) => boolean): ExtensionSql {
  const written = writtenExtensions(module, plans)
  const isWritten = (number: number) => written.some((extension) => extension.number === number)
  return {
    writes: written
      .map(({ number, fields, names }) => {
        const table = tableOf(module, number)
        const values = fields.flatMap(({ field, columns }) =>
          columns.map(({ name, key }) =>
            everywhere(field) ? `i.${key}` : `CASE WHEN ${literalSql(field.id)} = ANY(i.f) THEN i.${key} ELSE e.${quoteIdentifier(name)} END`,
          ),
        )
        return `
x${number} AS (INSERT INTO ${table} (id, ${names.join(', ')})
  SELECT i.i, ${values.join(', ')} FROM i JOIN w ON w.id = i.i LEFT JOIN ${table} AS e ON e.id = i.i WHERE ${changesOne(fields)}
  ON CONFLICT (id) DO UPDATE SET ${names.map((name) => `${name} = EXCLUDED.${name}`).join(', ')} RETURNING *),`
      })
      .join(''),
    joins: module.extensions
      .map(
        (number) =>
          ` LEFT JOIN ${tableOf(module, number)} AS b${number} ON b${number}.id = w.id${isWritten(number) ? ` LEFT JOIN x${number} ON x${number}.id = w.id` : ''}`,
      )
      .join(''),
    before: module.extensions.map((number) => ` || coalesce(to_jsonb(b${number}), '{}')`).join(''),
    after: module.extensions.map((number) => ` || coalesce(${isWritten(number) ? `to_jsonb(x${number}), ` : ''}to_jsonb(b${number}), '{}')`).join(''),
  }
}

function writtenExtensions(module: ModuleDefinition, plans: readonly WrittenColumns[]) {
  return module.extensions.flatMap((number) => {
    const fields = plans.filter(({ field, columns }) => field.extension === number && columns.length > 0)
    const names = fields.flatMap(({ columns }) => columns.map(({ name }) => quoteIdentifier(name)))
    return fields.length === 0 ? [] : [{ number, fields, names }]
  })
}

/** The record changes one of the fields. */
function changesOne(fields: readonly WrittenColumns[]): string {
  return `i.f && ARRAY[${fields.map(({ field }) => literalSql(field.id)).join(', ')}]`
}

function tableOf(module: ModuleDefinition, number: number): string {
  return quoteIdentifier(extensionTable(module.table, number))
}
