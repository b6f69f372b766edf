import { columnsOf } from '../../entities/columns.ts'
import { quoteIdentifier } from '../../lib/quote-identifier.ts'
import type { ModuleDefinition, Registry } from '../registry/index.ts'
import type { MetadataChange } from './change.ts'
import { createExtension, tableOf } from './place-columns.ts'
import type { StoredField } from './stored.ts'

/** What the DDL of a field needs to know of its module. */
export interface HeldModule {
  readonly table: string
  readonly number: number
}

/** Columns, link table, sequence and constraints of a new field. `filled`: values that existing rows get, by column. */
export function addColumns(
  change: MetadataChange,
  module: HeldModule,
  field: StoredField,
  reused: boolean,
  filled: ReadonlyMap<string, string> = new Map(),
): void {
  const { schema } = change
  if (field.type === 'REFERENCES') {
    addLinkTable(change, module, field)
    return
  }
  if (field.type === 'AUTO_NUMBER' && field.parameters.numbering?.gapless === false) schema.make(`CREATE SEQUENCE public.${field.column}_seq`)
  if (columnsOf(field).length === 0) return
  if (!reused) createColumns(change, module, field, filled)
  addConstraints(change, module, field)
}

/** The columns alone, and their table where that is new. */
export function createColumns(
  { schema, places }: Pick<MetadataChange, 'schema' | 'places'>,
  module: HeldModule,
  field: Pick<StoredField, 'type' | 'column' | 'extension'>,
  filled: ReadonlyMap<string, string> = new Map(),
): void {
  const table = tableOf(module.table, field)
  const columns = columnsOf(field)
  const isNew = field.extension > 0 && !places.hasExtension(module.number, field.extension)
  if (isNew && !schema.has(table)) createExtension(schema, module.table, field.extension)
  for (const { name, type } of columns) {
    const value = filled.get(name)
    schema.alter(table, `ADD COLUMN ${quoteIdentifier(name)} ${type}${value === undefined ? '' : ` DEFAULT ${value}`}`)
  }
  // Records that have no row in the extension get one, which has the value like those that stand there.
  if (field.extension > 0 && filled.size > 0 && !schema.has(module.table)) {
    const records = `SELECT t.id FROM public.${module.table} t WHERE NOT EXISTS (SELECT FROM public.${table} x WHERE x.id = t.id)`
    schema.underLock(module.table, `INSERT INTO public.${table} (id) ${records}`)
  }
  // Rows that stand keep the value; new ones get it from the pipeline, if at all.
  for (const { name } of columns) if (filled.has(name)) schema.afterwards(table, `ALTER COLUMN ${quoteIdentifier(name)} DROP DEFAULT`)
}

/** Foreign key, and the check behind `required`. Existing rows are left alone. */
function addConstraints(change: MetadataChange, module: HeldModule, field: StoredField): void {
  const { schema, workspace } = change
  const table = tableOf(module.table, field)
  const { reference } = field.parameters
  if (reference && reference.module !== '*' && field.type !== 'REFERENCES') {
    const target = reference.module === moduleName(workspace.registry, module) ? module.table : workspace.registry.module(reference.module).table
    schema.alter(table, `ADD CONSTRAINT ${field.column}_fkey FOREIGN KEY (${field.column}) REFERENCES public.${target} (id) NOT VALID`, target)
  }
  addRequiredCheck(change, module, field)
}

/**
 * New rows must have a value; those that were there before, and what is in the recycle bin, need not. What was there before is known only under the
 * lock: rows come until then, and a node whose clock is ahead makes them with a time that is still to come.
 */
export function addRequiredCheck({ schema }: MetadataChange, module: HeldModule, field: StoredField): void {
  const first = columnsOf(field)[0]?.name
  if (!field.parameters.required || first === undefined || field.extension > 0 || field.type === 'AUTO_NUMBER') return
  const table = `public.${quoteIdentifier(module.table)}`
  const condition = `${first} IS NOT NULL OR deleted_at IS NOT NULL OR created_at <= %L`
  schema.underLock(
    module.table,
    `DO $check$ BEGIN EXECUTE format('ALTER TABLE ${table} ADD CONSTRAINT ${field.column}_required CHECK (${condition}) NOT VALID',
      (SELECT greatest(clock_timestamp(), max(created_at)) FROM ${table})); END $check$`,
  )
}

export function dropRequiredCheck({ schema }: MetadataChange, module: HeldModule, field: StoredField): void {
  if (field.extension === 0) schema.alter(module.table, `DROP CONSTRAINT IF EXISTS ${field.column}_required`)
}

function moduleName(registry: Registry, { number }: HeldModule): string | undefined {
  return registry.byNumber.get(number)?.name
}

/** `source_id` holds the field, `target_id` is what it leads to. */
function addLinkTable({ schema, workspace }: MetadataChange, module: HeldModule, field: StoredField): void {
  const target = workspace.registry.module(field.parameters.reference?.module as string) as ModuleDefinition
  const { column } = field
  schema.create(column, [
    `CREATE TABLE public.${column} (source_id uuid NOT NULL, target_id uuid NOT NULL, PRIMARY KEY (source_id, target_id))`,
    `CREATE INDEX ${column}_target ON public.${column} (target_id, source_id)`,
  ])
  schema.alter(column, `ADD CONSTRAINT ${column}_source_fkey FOREIGN KEY (source_id) REFERENCES public.${module.table} (id)`, module.table)
  schema.alter(column, `ADD CONSTRAINT ${column}_target_fkey FOREIGN KEY (target_id) REFERENCES public.${target.table} (id)`, target.table)
}
