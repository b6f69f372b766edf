import { columnsOf, extensionTable } from '../../entities/columns.ts'
import type { ModuleMetadata } from '../../entities/metadata.ts'
import { DefectError } from '../../errors/index.ts'
import { isUuid } from '../../lib/record-id.ts'
import type { Executor } from '../database.ts'
import { buildRegistry, directInputs } from '../registry/index.ts'
import { composeModules } from './compose.ts'
import { tableOf } from './place-columns.ts'
import { slotColumns } from './slots.ts'
import { readMetadata, type StoredField, type StoredMetadata } from './stored.ts'

interface Physical {
  /** `<table>.<column>` → type as `format_type` writes it. */
  readonly columns: ReadonlyMap<string, string>
  readonly tables: ReadonlySet<string>
  readonly indexes: ReadonlyMap<string, boolean>
  readonly sequences: ReadonlySet<string>
}

interface Slot {
  readonly moduleNumber: number
  readonly column: string
  readonly extension: number
  readonly type: string
}

/** Where stored metadata and tables do not agree, a sentence each; empty as long as nobody has altered tables by hand. */
export async function findDrift(executor: Executor, core: readonly ModuleMetadata[]): Promise<string[]> {
  const stored = await readMetadata(executor)
  const physical = await readPhysical(executor)
  const slots = await executor.query<Slot>({
    text: 'SELECT module_number AS "moduleNumber", column_name AS column, extension, type FROM custom_slot',
    purpose: 'platform',
  })
  const tables = new Map([...core, ...stored.modules].map((module) => [module.number, module.table]))
  const drift: string[] = []
  const known = new Set<string>()
  const need = (table: string, column: string, type: string, owner: string) => {
    known.add(`${table}.${column}`)
    const found = physical.columns.get(`${table}.${column}`)
    if (found === undefined) drift.push(`${owner}: the column ${table}.${column} is missing`)
    else if (found !== type) drift.push(`${owner}: the column ${table}.${column} is ${found} and should be ${type}`)
  }
  for (const module of stored.modules) if (!physical.tables.has(module.table)) drift.push(`module ${module.name}: the table ${module.table} is missing`)
  for (const field of stored.fields) {
    const table = tables.get(field.moduleNumber)
    if (table === undefined) {
      drift.push(`field ${field.name}: its module ${field.moduleNumber} is missing`)
      continue
    }
    for (const { name, type } of columnsOf(field)) need(tableOf(table, field), name, type, `field ${field.name}`)
    drift.push(...fieldDrift(field, physical))
  }
  for (const { moduleNumber, column, extension, type } of slots) {
    const main = tables.get(moduleNumber) ?? ''
    const table = extension === 0 ? main : extensionTable(main, extension)
    const parts = type.split(' + ')
    for (const [index, { name }] of slotColumns(column, type).entries()) need(table, name, parts[index] as string, `free column ${column}`)
  }
  drift.push(...dangling(stored), ...orphans(physical, known, stored))
  try {
    buildRegistry(composeModules(core, stored), stored.epochs.schema)
  } catch (error) {
    if (!(error instanceof DefectError)) throw error
    drift.push(`registry: ${error.message}`)
  }
  return drift
}

function fieldDrift({ name, type, column, parameters, indexes }: StoredField, { tables, indexes: built, sequences }: Physical): string[] {
  const drift: string[] = []
  if (type === 'REFERENCES' && !tables.has(column)) drift.push(`field ${name}: the link table ${column} is missing`)
  if (type === 'AUTO_NUMBER' && parameters.numbering?.gapless === false && !sequences.has(`${column}_seq`))
    drift.push(`field ${name}: the sequence ${column}_seq is missing`)
  for (const index of indexes) {
    if (index.state !== 'ready') continue
    const valid = built.get(index.name)
    if (valid === undefined) drift.push(`field ${name}: the index ${index.name} is missing`)
    else if (!valid) drift.push(`field ${name}: the index ${index.name} is not valid`)
  }
  return drift
}

/** A field whose target or input is deleted waits for it; one whose target or input is gone for good will never be served again. */
function dangling({ modules, fields }: StoredMetadata): string[] {
  const numbers = new Set(modules.map(({ number }) => number))
  const ids = new Set(fields.map(({ id }) => id))
  return fields.flatMap(({ name, state, parameters }) => {
    if (state !== 'active') return []
    const target = parameters.reference?.moduleNumber
    if (target !== undefined && !numbers.has(target)) return [`field ${name}: the module ${target} that it leads to is missing`]
    return directInputs(parameters).some((id) => isUuid(id) && !ids.has(id)) ? [`field ${name}: a field that it is computed from is missing`] : []
  })
}

/** The names that `index-definitions.ts` gives to indexes of custom fields. */
const INDEX_NAME = /_c_\d+_(key|lower_key|search|list|order)$/

/** What stands in the database under names that are given to nothing else, and belongs to no row. */
function orphans(physical: Physical, known: ReadonlySet<string>, { modules, fields }: StoredMetadata): string[] {
  const moduleTables = new Set(modules.map(({ table }) => table))
  const fieldColumns = new Set(fields.map(({ column }) => column))
  const fieldIndexes = new Set(fields.flatMap(({ indexes }) => indexes.map(({ name }) => name)))
  const sequences = new Set(fields.flatMap(({ type, column }) => (type === 'AUTO_NUMBER' ? [`${column}_seq`] : [])))
  const drift: string[] = []
  for (const table of physical.tables) {
    if (/^m_\d+$/.test(table) && !moduleTables.has(table)) drift.push(`the table ${table} belongs to no module`)
    if (/^l_\d+$/.test(table) && !fieldColumns.has(table)) drift.push(`the link table ${table} belongs to no field`)
  }
  for (const place of physical.columns.keys())
    if (/\.c_\d+(_amount|_currency|_base|_e164)?$/.test(place) && !known.has(place)) drift.push(`the column ${place} belongs to no field`)
  for (const index of physical.indexes.keys()) if (INDEX_NAME.test(index) && !fieldIndexes.has(index)) drift.push(`the index ${index} belongs to no field`)
  for (const sequence of physical.sequences)
    if (/^c_\d+_seq$/.test(sequence) && !sequences.has(sequence)) drift.push(`the sequence ${sequence} belongs to no field`)
  return drift
}

async function readPhysical(executor: Executor): Promise<Physical> {
  const columns = await executor.query<{ place: string; type: string }>({
    text: `SELECT c.relname || '.' || a.attname AS place, format_type(a.atttypid, a.atttypmod) AS type FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
            WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped`,
    purpose: 'platform',
  })
  const relations = await executor.query<{ name: string; kind: string; valid: boolean | null }>({
    text: `SELECT c.relname AS name, c.relkind AS kind, i.indisvalid AS valid FROM pg_class c LEFT JOIN pg_index i ON i.indexrelid = c.oid
            WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'i', 'S')`,
    purpose: 'platform',
  })
  const named = (kind: string) => relations.filter((relation) => relation.kind === kind)
  return {
    columns: new Map(columns.map(({ place, type }) => [place, type])),
    tables: new Set(named('r').map(({ name }) => name)),
    indexes: new Map(named('i').map(({ name, valid }) => [name, valid === true])),
    sequences: new Set(named('S').map(({ name }) => name)),
  }
}
