import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { DataSource } from 'typeorm'
import { columnsOf, isGenerated as isGeneratedField } from '../src/entities/columns.ts'
import { coreModules, entityClasses } from '../src/entities/index.ts'
import { createDataSource } from '../src/records/data-source.ts'
import { ScopedLists0000000000015 } from '../src/records/migrations/0015-scoped-lists.ts'
import { migrations } from '../src/records/migrations/index.ts'
import { buildRegistry } from '../src/records/registry/index.ts'
import { openTestDatabase, type TestDatabase } from './support/database.ts'

/** What the schema must have for each module besides its own fields. */
const SYSTEM_COLUMNS: Readonly<Record<string, string>> = { id: 'uuid', scope_id: 'uuid', tags: 'uuid[]', change_set_id: 'uuid' }

interface ColumnRow {
  readonly table: string
  readonly name: string
  readonly type: string
  readonly required: boolean
  readonly generated: boolean
}

test('migrations are numbered from 1 without a gap, which readiness and the doctor count on', () => {
  expect(migrations.map((Step) => new Step().number)).toEqual(migrations.map((_, index) => index + 1))
})

describe('the migrated schema', () => {
  const registry = buildRegistry(coreModules(), 1)
  const modules = [...registry.modules.values()]
  let database: TestDatabase
  let dataSource: DataSource
  let columns: Map<string, ColumnRow>
  let indexes: { table: string; name: string; definition: string }[]

  beforeAll(async () => {
    database = await openTestDatabase()
    dataSource = await createDataSource({ url: database.url, max: 2 }).initialize()
    const rows: ColumnRow[] = await dataSource.query(
      `SELECT c.relname AS table, a.attname AS name, format_type(a.atttypid, a.atttypmod) AS type, a.attnotnull AS required, a.attgenerated <> '' AS generated
       FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
       WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped`,
    )
    columns = new Map(rows.map((row) => [`${row.table}.${row.name}`, row]))
    indexes = await dataSource.query(`SELECT tablename AS table, indexname AS name, indexdef AS definition FROM pg_indexes WHERE schemaname = 'public'`)
  })

  afterAll(async () => {
    await dataSource?.destroy()
    await database?.close()
  })

  test.each(modules.map((module) => [module.name, module] as const))('holds every field of %s in columns of its type', (_name, module) => {
    const expected = new Map(Object.entries(SYSTEM_COLUMNS))
    for (const field of module.fields.values()) {
      for (const { name, type, part } of columnsOf(field)) {
        if (!expected.has(name)) expected.set(name, type)
        const column = columns.get(`${module.table}.${name}`)
        if (part === 'value' && !(field.system && name === 'tags')) expect([field.id, column?.required]).toEqual([field.id, field.required === true])
        expect([field.id, column?.generated]).toEqual([field.id, isGeneratedField(field)])
      }
    }
    const present = [...columns.values()].filter((column) => column.table === module.table)
    expect(Object.fromEntries(present.map(({ name, type }) => [name, type]))).toEqual(Object.fromEntries(expected))
  })

  test('indexes what lists, keys and searches need', () => {
    const missing: string[] = []
    const need = (table: string, definition: string) => {
      if (!indexes.some((index) => index.table === table && index.definition.endsWith(definition))) missing.push(`${table}: ${definition}`)
    }
    for (const module of modules) {
      const { table } = module
      need(table, `USING btree (created_at DESC, id DESC${module.accessParent ? '' : ', scope_id'})`)
      if (!module.accessParent) need(table, 'USING btree (scope_id, created_at DESC, id DESC)')
      for (const field of module.fields.values()) {
        if (field.system) continue
        if (field.reference) need(table, `USING btree (${field.column}, created_at DESC, id DESC)`)
        if (field.unique) need(table, `USING btree (${field.column}) WHERE (deleted_at IS NULL)`)
        if (field.indexed) need(table, `USING btree (${field.type === 'MONEY' ? `${field.column}_base` : field.column}, id)`)
        if (field.searchable) need(table, `USING gin (guanxi_bigrams(guanxi_search_fold(${field.column})))`)
      }
    }
    expect(missing).toEqual([])
  })

  test('gives the scope to lists of tables that were made before it stood in their index', async () => {
    const step = new ScopedLists0000000000015()
    const indexOf = async (table: string) =>
      (await dataSource.query('SELECT indexdef AS definition FROM pg_indexes WHERE indexname = $1', [`${table}_list`])) as { definition: string }[]
    const [accounts, comments] = [await indexOf('accounts'), await indexOf('ticket_comments')]
    const runner = dataSource.createQueryRunner()
    await runner.startTransaction()
    await runner.query('DROP INDEX accounts_list; CREATE INDEX accounts_list ON accounts (created_at DESC, id DESC)')
    await runner.query('DELETE FROM schema_version WHERE number = $1', [step.number])
    await step.up(runner)
    await runner.commitTransaction()
    await runner.release()
    expect([await indexOf('accounts'), await indexOf('ticket_comments')]).toEqual([accounts, comments])
    expect(accounts[0]?.definition).toContain('(created_at DESC, id DESC, scope_id)')
    expect(comments[0]?.definition).toContain('(created_at DESC, id DESC)')
  })

  test('keeps references whole: each leads to its table and none deletes', async () => {
    const keys: { table: string; column: string; target: string; rule: string }[] = await dataSource.query(
      `SELECT c.conrelid::regclass::text AS table, a.attname AS column, c.confrelid::regclass::text AS target, c.confdeltype AS rule
       FROM pg_constraint c JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1] WHERE c.contype = 'f'`,
    )
    for (const module of modules) {
      for (const field of module.fields.values()) {
        if (!field.reference || field.reference.module === '*' || (field.readOnly === true && field.system)) continue
        const target = registry.module(field.reference.module).table
        expect(keys).toContainEqual({ table: module.table, column: field.column, target, rule: 'a' })
      }
    }
  })

  test('generates columns from the very fields that say so, by which levels go', async () => {
    const uses: { table: string; column: string; source: string }[] = await dataSource.query(
      `SELECT table_name AS table, dependent_column AS column, column_name AS source FROM information_schema.column_column_usage WHERE table_schema = 'public'`,
    )
    for (const module of modules) {
      const ofColumn = new Map([...module.fields.values()].flatMap((field) => columnsOf(field).map(({ name }) => [name, field] as const)))
      const found = new Map<string, Set<string>>()
      for (const { column, source } of uses.filter(({ table }) => table === module.table)) {
        const field = ofColumn.get(column)
        if (field) found.set(field.name, (found.get(field.name) ?? new Set()).add(ofColumn.get(source)?.name ?? source))
      }
      const said = [...module.fields.values()].flatMap(({ name, generatedFrom }) => (generatedFrom ? [[name, new Set(generatedFrom)] as const] : []))
      expect([module.name, found]).toEqual([module.name, new Map(said)])
    }
  })

  test('lacks nothing that TypeORM maps', async () => {
    // TypeORM asks its own table about generated columns; a database that it never synchronised has none.
    await dataSource.query('CREATE TABLE typeorm_metadata (type text, database text, schema text, "table" text, name text, value text)')
    const { upQueries } = await dataSource.driver.createSchemaBuilder().log()
    const isGenerated = (query: string) => {
      const [, table, column] = /^ALTER TABLE "(\w+)" ADD "(\w+)"/.exec(query) ?? []
      return columns.get(`${table}.${column}`)?.generated === true
    }
    // It would make generated columns anew as plain ones; they are there, and their types are checked above.
    const additions = upQueries.map(({ query }) => query).filter((query) => /^CREATE TABLE|^ALTER TABLE .* ADD "/.test(query) && !isGenerated(query))
    expect(additions).toEqual([])
    expect(dataSource.entityMetadatas).toHaveLength(entityClasses.length)
  })

  test('has not changed unnoticed', async () => {
    const constraints: { line: string }[] = await dataSource.query(
      `SELECT c.conrelid::regclass || ' ' || pg_get_constraintdef(c.oid) AS line FROM pg_constraint c
       WHERE c.connamespace = 'public'::regnamespace AND c.contype <> 'n' AND c.conrelid <> 0`,
    )
    const lines = [...columns.values()].map(
      ({ table, name, type, required, generated }) => `${table}.${name} ${type}${required ? ' NOT NULL' : ''}${generated ? ' GENERATED' : ''}`,
    )
    expect([...lines.sort(), ...constraints.map(({ line }) => line).sort(), ...indexes.map(({ definition }) => definition).sort()].join('\n')).toMatchSnapshot()
  })
})
