import { columnsOf, extensionTable } from '../../src/entities/columns.ts'
import { coreModules } from '../../src/entities/index.ts'
import type { FieldMetadata, ModuleMetadata } from '../../src/entities/metadata.ts'
import { createModuleTable } from '../../src/records/migrations/module-table.ts'

/** A field that looks as if it had been made at run time: the name of its column is its id's last part. */
export type RunTimeField = Pick<FieldMetadata, 'name' | 'type'> & Partial<FieldMetadata>

let lastColumn = 0

/** The field's definition with an id and a column of its own. */
export function runTimeField({ name, type, ...more }: RunTimeField): FieldMetadata {
  lastColumn += 1
  const id = `00000000-0000-7000-8000-${String(lastColumn).padStart(12, '0')}`
  return { label: { en: name }, id, column: `${type === 'REFERENCES' ? 'l' : 'c'}_${lastColumn}`, name, type, ...more }
}

/** A module as an administrator makes it; `title` names its records. */
export function runTimeModule(number: number, name: string, fields: readonly RunTimeField[]): ModuleMetadata {
  return {
    number,
    name,
    pluralName: `${name}s`,
    label: { en: name },
    pluralLabel: { en: `${name}s` },
    table: `m_${number}`,
    nameField: 'title',
    fields: [runTimeField({ name: 'title', type: 'TEXT' }), ...fields.map(runTimeField)],
  }
}

/** The core modules, one of them with further fields. */
export function coreModulesWith(module: string, fields: readonly RunTimeField[]): ModuleMetadata[] {
  return coreModules().map((core) => (core.name === module ? { ...core, fields: [...core.fields, ...fields.map(runTimeField)] } : core))
}

/** What makes tables, columns, link tables and sequences of run-time modules and fields, as `records/metadata` leaves them. */
export function runTimeTables(modules: readonly ModuleMetadata[]): string[] {
  const made = modules.filter(({ number }) => number >= 1000).flatMap(({ table }) => createModuleTable({ table, columns: [] }))
  return [...made, ...modules.flatMap((module) => module.fields.filter(({ id }) => id !== undefined).flatMap((field) => fieldTables(modules, module, field)))]
}

function fieldTables(modules: readonly ModuleMetadata[], { table }: ModuleMetadata, field: FieldMetadata): string[] {
  const { column, type, extension = 0, reference, unique, required, numbering } = field
  const target = reference && modules.find((module) => module.name === reference.module)?.table
  if (type === 'REFERENCES') {
    return [
      `CREATE TABLE ${column} (source_id uuid NOT NULL REFERENCES ${table} (id), target_id uuid NOT NULL REFERENCES ${target} (id), PRIMARY KEY (source_id, target_id))`,
    ]
  }
  const columns = columnsOf(field)
  const [first] = columns
  if (!first) return []
  const held = extension > 0 ? extensionTable(table, extension) : table
  const statements = extension > 0 ? [`CREATE TABLE IF NOT EXISTS ${held} (id uuid PRIMARY KEY REFERENCES ${table} (id) ON DELETE CASCADE)`] : []
  for (const each of columns) statements.push(`ALTER TABLE ${held} ADD COLUMN ${each.name} ${each.type}`)
  if (target) statements.push(`ALTER TABLE ${held} ADD CONSTRAINT ${column}_fkey FOREIGN KEY (${column}) REFERENCES ${target} (id)`)
  if (unique) {
    const key = type === 'EMAIL' ? [`lower(${column})`, 'lower_key'] : [column, 'key']
    statements.push(`CREATE UNIQUE INDEX ${held}_${column}_${key[1]} ON ${held} (${key[0]}) WHERE deleted_at IS NULL`)
  }
  if (required && extension === 0 && type !== 'AUTO_NUMBER')
    statements.push(
      `ALTER TABLE ${table} ADD CONSTRAINT ${column}_required CHECK (${first.name} IS NOT NULL OR deleted_at IS NOT NULL OR created_at <= '2020-01-01') NOT VALID`,
    )
  if (type === 'AUTO_NUMBER' && numbering?.gapless === false) statements.push(`CREATE SEQUENCE ${column}_seq`)
  return statements
}
