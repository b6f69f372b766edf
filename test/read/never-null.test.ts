import { afterAll, beforeAll, expect, test } from '@jest/globals'
import pg from 'pg'
import { coreModules } from '../../src/entities/index.ts'
import { comparableColumn, neverNull } from '../../src/records/read/columns.ts'
import { buildRegistry, isComputed } from '../../src/records/registry/index.ts'
import { openTestDatabase, type TestDatabase } from '../support/database.ts'

let database: TestDatabase
let client: pg.Client
beforeAll(async () => {
  database = await openTestDatabase()
  client = new pg.Client(database.url)
  await client.connect()
})
afterAll(async () => {
  await client?.end()
  await database?.close()
})

test('a field whose column is taken to hold no null has one that PostgreSQL keeps so', async () => {
  const { rows } = await client.query<{ place: string; nullable: string }>(
    "SELECT table_name || '.' || column_name AS place, is_nullable AS nullable FROM information_schema.columns WHERE table_schema = 'public'",
  )
  const nullable = new Map(rows.map(({ place, nullable: yes }) => [place, yes]))
  const registry = buildRegistry(coreModules(), 1)
  const certain = [...registry.modules.values()].flatMap((module) =>
    [...module.fields.values()]
      .filter((field) => neverNull(field) && !isComputed(field))
      .map((field) => `${module.table}.${comparableColumn(field).replaceAll('"', '')}`),
  )
  expect(certain).toContain('accounts.name')
  expect(certain).toContain('opportunities.status')
  expect(certain.filter((place) => nullable.get(place) !== 'NO')).toEqual([])
})
