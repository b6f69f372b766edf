import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { coreModules } from '../../src/entities/index.ts'
import { findDrift } from '../../src/records/metadata/index.ts'
import { codesOf } from '../support/client.ts'
import { contentOf } from '../support/content.ts'
import { maintenanceOf } from '../support/maintenance.ts'
import { METADATA, sendField } from '../support/metadata.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

const MOST = 500

describe(`${MOST} custom modules`, () => {
  let server: TestServer

  beforeAll(async () => {
    server = await startTestServer()
    await server.admin.data(METADATA.createModule, { input: { name: 'spare', pluralName: 'spares', label: 'Spare' } })
    await server.admin.data(METADATA.deleteModule, { name: 'spare' })
    await server.admin.data(METADATA.createModule, { input: { name: 'first', pluralName: 'firsts', label: 'First' } })
    // The others are copies of one that was made by the API, table and all: one statement makes them in the time of a few calls.
    const { sql } = maintenanceOf(server)
    await sql(`DO $$
      DECLARE model custom_module; number int; field custom_field; column_number int;
      BEGIN
        SELECT * INTO model FROM custom_module WHERE name = 'first';
        SELECT * INTO field FROM custom_field WHERE module_number = model.number;
        FOR place IN 2..${MOST} LOOP
          number := nextval('custom_module_number');
          column_number := nextval('custom_column_number');
          EXECUTE format('CREATE TABLE m_%s (LIKE %s INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING GENERATED)', number, model.table_name);
          EXECUTE format('ALTER TABLE m_%s RENAME COLUMN %s TO c_%s', number, field.column_name, column_number);
          INSERT INTO custom_module SELECT (jsonb_populate_record(model, jsonb_build_object('id', gen_random_uuid(), 'number', number,
            'name', 'thing' || place, 'plural_name', 'thing' || place || 's', 'table_name', 'm_' || number))).*;
          INSERT INTO custom_field OVERRIDING USER VALUE SELECT (jsonb_populate_record(field, jsonb_build_object('id', gen_random_uuid(), 'module_number', number,
            'column_name', 'c_' || column_number, 'parameters', field.parameters - 'searchable'))).*;
        END LOOP;
        UPDATE epoch SET schema_epoch = schema_epoch + 1;
      END $$`)
    await server.app.engine.refresh()
  }, 60_000)
  afterAll(() => server?.close())

  test('are served, and leave no room for a new or a restored one until one is deleted', async () => {
    expect(await findDrift(server.app.kernel.database, coreModules())).toEqual([])
    expect((await server.admin.data(`{ thing${MOST}s { totalCount } }`))[`thing${MOST}s`].totalCount).toBe(0)
    const before = await contentOf(server.database.url)
    const refused = [
      await server.admin.send(METADATA.createModule, { input: { name: 'more', pluralName: 'mores', label: 'More' } }),
      await sendField(server.admin, 'restoreModule', { name: 'spare' }),
    ]
    for (const answer of refused) {
      expect(codesOf(answer)).toEqual(['LIMIT_EXCEEDED'])
      expect(answer.errors[0]?.extensions['limit']).toBe(MOST)
    }
    expect(await contentOf(server.database.url)).toEqual(before)
    await server.admin.data(METADATA.deleteModule, { name: 'thing2' })
    expect((await sendField(server.admin, 'restoreModule', { name: 'spare' })).errors).toEqual([])
    expect(codesOf(await sendField(server.admin, 'restoreModule', { name: 'thing2' }))).toEqual(['LIMIT_EXCEEDED'])
  }, 60_000)
})
