import { afterEach, describe, expect, test } from '@jest/globals'
import pg from 'pg'
import type { DataSource } from 'typeorm'
import { SHIPPED_ROLES } from '../src/auth/shipped-roles.ts'
import { StartupError } from '../src/errors/index.ts'
import { createDataSource, databaseOf } from '../src/records/data-source.ts'
import { Roles0000000000012 } from '../src/records/migrations/0012-roles.ts'
import { ServiceDesk0000000000018 } from '../src/records/migrations/0018-service-desk.ts'
import { Deliveries0000000000019 } from '../src/records/migrations/0019-deliveries.ts'
import { Timers0000000000020 } from '../src/records/migrations/0020-timers.ts'
import { migrations } from '../src/records/migrations/index.ts'
import { migrate } from '../src/records/migrations/migrate.ts'
import { openTestDatabase, type TestDatabase } from './support/database.ts'

describe('migrating', () => {
  const databases: TestDatabase[] = []
  const sources: DataSource[] = []

  const open = async (template: 'empty' | 'migrated') => {
    const database = await openTestDatabase(template)
    databases.push(database)
    return database
  }

  const connect = async (url: string) => {
    const dataSource = await createDataSource({ url, max: 2, applicationName: 'guanxi-test' }).initialize()
    sources.push(dataSource)
    return dataSource
  }

  afterEach(async () => {
    for (const source of sources.splice(0)) await source.destroy()
    for (const database of databases.splice(0)) await database.close()
  })

  test('an empty database takes all steps once, also when several nodes start together', async () => {
    const database = await open('empty')
    const nodes = await Promise.all([connect(database.url), connect(database.url), connect(database.url)])
    const ran = await Promise.all(nodes.map(migrate))
    expect(ran.flat().sort()).toEqual(migrations.map((migration) => migration.name).sort())
    const versions: unknown[] = await nodes[0]?.query('SELECT number, name FROM schema_version ORDER BY number')
    expect(versions).toEqual(migrations.map((migration) => ({ number: new migration().number, name: migration.name })))
  })

  test('a migrated database needs nothing more', async () => {
    const dataSource = await connect((await open('migrated')).url)
    expect(await migrate(dataSource)).toEqual([])
  })

  test('the seed is one epoch row, the system user and the currency', async () => {
    const dataSource = await connect((await open('migrated')).url)
    expect(await dataSource.query('SELECT schema_epoch::int AS schema, access_epoch::int AS access FROM epoch')).toEqual([{ schema: 1, access: 1 }])
    expect(await dataSource.query('SELECT id, name, kind, version FROM users')).toEqual([
      { id: '00000000-0000-7000-8000-000000000001', name: 'System', kind: 'service', version: 1 },
    ])
    expect(await dataSource.query('SELECT key, value FROM setting')).toEqual([{ key: 'organisation.currency', value: 'USD' }])
    await expect(dataSource.query('INSERT INTO epoch (schema_epoch, access_epoch) VALUES (2, 2)')).rejects.toThrow('duplicate key')
  })

  test('a schema that a newer version left with a breaking step is refused, one with a harmless step is not', async () => {
    const dataSource = await connect((await open('migrated')).url)
    await dataSource.query(`INSERT INTO schema_version (number, name, breaking, applied_at) VALUES (900, 'Harmless0000000000900', false, now())`)
    expect(await migrate(dataSource)).toEqual([])
    await dataSource.query(`INSERT INTO schema_version (number, name, breaking, applied_at) VALUES (901, 'Breaking0000000000901', true, now())`)
    await expect(migrate(dataSource)).rejects.toThrow(StartupError)
    await expect(migrate(dataSource)).rejects.toThrow('migrated by a newer version of Guanxi (Breaking0000000000901)')
  })

  test('a database that is not UTF-8 is refused and left empty', async () => {
    const { url, name } = await open('empty')
    const client = new pg.Client({ connectionString: url })
    await client.connect()
    const latin = `${name}_latin`
    try {
      await client.query(`CREATE DATABASE ${pg.escapeIdentifier(latin)} TEMPLATE template0 ENCODING 'LATIN1' LOCALE_PROVIDER libc LC_COLLATE 'C' LC_CTYPE 'C'`)
      const dataSource = await connect(url.replace(name, latin))
      await expect(migrate(dataSource)).rejects.toThrow('The database has the encoding LATIN1')
      expect(await dataSource.query(`SELECT count(*)::int AS n FROM pg_tables WHERE schemaname = 'public'`)).toEqual([{ n: 0 }])
      await sources.pop()?.destroy()
    } finally {
      await client.query(`DROP DATABASE IF EXISTS ${pg.escapeIdentifier(latin)} WITH (FORCE)`)
      await client.end()
    }
  })

  test('a step that fails leaves nothing behind', async () => {
    const dataSource = await connect((await open('empty')).url)
    await dataSource.query('CREATE TABLE api_key (in_the_way int)')
    await expect(migrate(dataSource)).rejects.toThrow('relation "api_key" already exists')
    expect(await dataSource.query(`SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'typeorm_migration'`)).toEqual([
      { tablename: 'api_key' },
    ])
    await dataSource.query('DROP TABLE api_key')
    expect(await migrate(dataSource)).toHaveLength(migrations.length)
  })

  test('roles of before go on changing several records at once, and give no more besides', async () => {
    const dataSource = await connect((await open('empty')).url)
    const runner = dataSource.createQueryRunner()
    try {
      for (const Step of migrations) {
        if (Step === Roles0000000000012) {
          await runner.query(`INSERT INTO role (id, key, name) VALUES (gen_random_uuid(), 'old', 'Old')`)
          await runner.query(
            `INSERT INTO role_grant SELECT id, 'account', g.actions, g.scope FROM role, (VALUES ('{READ,UPDATE}'::text[], 'OWN'), ('{READ,EXPORT}', 'ALL')) g(actions, scope)`,
          )
        }
        await new Step().up(runner)
      }
      expect(await runner.query('SELECT scope, actions FROM role_grant ORDER BY scope')).toEqual([
        { scope: 'ALL', actions: ['READ', 'EXPORT'] },
        { scope: 'OWN', actions: ['READ', 'UPDATE', 'BULK'] },
      ])
      expect(await runner.query('SELECT new_fields FROM role')).toEqual([{ new_fields: 'FOLLOW' }])
    } finally {
      await runner.release()
    }
  })

  test('shipped roles of before work at the service desk as new ones do, where their rights on tickets are as they were shipped', async () => {
    const dataSource = await connect((await open('empty')).url)
    const runner = dataSource.createQueryRunner()
    const MINE = ['ticketWatcher', 'ticketLink', 'ticketStatusChange', 'complaintCategory', 'dutyShift']
    const isMine = ({ module, fieldId }: { module: string; fieldId?: string }) =>
      fieldId === undefined ? MINE.includes(module) : fieldId === 'ticket.satisfactionComment'
    const isLater = ({ module }: { module: string }) => module === 'timer' || module === 'delivery'
    const shipped = SHIPPED_ROLES.filter(({ key }) => key !== 'finance')
    /** Edited by an administrator: tickets alone of the first, everything but tickets of the second. */
    const isWhole = (key: string) => key !== 'sales_rep'
    try {
      for (const Step of migrations) {
        if (Step === ServiceDesk0000000000018) {
          for (const { key, grants, fields } of shipped) {
            const [{ id }] = await runner.query('INSERT INTO role (id, key, name, system) VALUES (gen_random_uuid(), $1, $1, true) RETURNING id', [key])
            for (const [position, { module, actions, scope }] of grants.filter((grant) => !isMine(grant) && !isLater(grant)).entries()) {
              if (key === 'service_agent' && module === 'account') continue
              const kept = key === 'sales_rep' && module === 'ticket' ? ['READ'] : actions
              await runner.query('INSERT INTO role_grant (role_id, module, actions, scope, position) VALUES ($1, $2, $3, $4, $5)', [
                id,
                module,
                kept,
                scope,
                position,
              ])
            }
            for (const { module, fieldId, access } of fields.filter((field) => !isMine(field) && !isLater(field)))
              await runner.query('INSERT INTO role_field (role_id, module, field_id, access) VALUES ($1, $2, $3, $4)', [id, module, fieldId, access])
          }
          const made = await runner.query(`INSERT INTO role (id, key, name) VALUES (gen_random_uuid(), 'finance', 'Made') RETURNING id`)
          await runner.query(`INSERT INTO role_grant (role_id, module, actions, scope) VALUES ($1, 'ticket', '{CREATE,READ,UPDATE,BULK}', 'OWN')`, [made[0].id])
        }
        await new Step().up(runner)
      }
      const granted = await runner.query(
        'SELECT r.key, g.module, g.actions, g.scope FROM role_grant g JOIN role r ON r.id = g.role_id WHERE g.module = ANY ($1)',
        [MINE],
      )
      const texts = (rows: readonly { key: string; module: string; actions: readonly string[]; scope: string }[]) =>
        rows.map(({ key, module, actions, scope }) => `${key} ${module} ${scope} ${actions}`).sort()
      const expected = shipped.filter(({ key }) => isWhole(key)).flatMap(({ key, grants }) => grants.filter(isMine).map((grant) => ({ key, ...grant })))
      expect(texts(granted)).toEqual(texts(expected))
      expect(texts(granted).length).toBe(8)
      const shown = await runner.query(
        `SELECT r.key FROM role_field f JOIN role r ON r.id = f.role_id WHERE f.field_id = 'ticket.satisfactionComment' AND f.access = 'WRITE' ORDER BY 1`,
      )
      expect(shown).toEqual([{ key: 'sales_manager' }, { key: 'service_agent' }])
    } finally {
      await runner.release()
    }
  })

  test('shipped roles of before read what was sent to their users, others do not', async () => {
    const dataSource = await connect((await open('empty')).url)
    const runner = dataSource.createQueryRunner()
    try {
      for (const Step of migrations) {
        if (Step === Deliveries0000000000019)
          await runner.query(
            `INSERT INTO role (id, key, name, system) VALUES (gen_random_uuid(), 'sales_rep', 'Rep', true), (gen_random_uuid(), 'admin', 'Admin', true), (gen_random_uuid(), 'finance', 'Made', false)`,
          )
        await new Step().up(runner)
      }
      const granted = 'SELECT r.key, g.module, g.actions, g.scope FROM role_grant g JOIN role r ON r.id = g.role_id'
      expect(await runner.query(granted)).toEqual([{ key: 'sales_rep', module: 'delivery', actions: ['READ'], scope: 'OWN' }])
      expect(await runner.query('SELECT field_id AS field, access FROM role_field')).toEqual([{ field: 'delivery.address', access: 'READ' }])
    } finally {
      await runner.release()
    }
  })

  test('timers of reminders that stand are filled in before anything has to be kept up with each of them', async () => {
    const dataSource = await connect((await open('empty')).url)
    const runner = dataSource.createQueryRunner()
    const atFilling: unknown[] = []
    const watching = Object.assign(Object.create(runner), {
      query: async (text: string, values?: unknown[]) => {
        if (text.startsWith('INSERT INTO public.timers'))
          atFilling.push(
            ...(await runner.query(
              `SELECT conname AS what FROM pg_constraint WHERE conrelid = 'timers'::regclass AND contype = 'f' UNION ALL SELECT indexname FROM pg_indexes WHERE tablename = 'timers'`,
            )),
          )
        return runner.query(text, values)
      },
    })
    try {
      for (const Step of migrations) {
        if (Step === Timers0000000000020)
          await runner.query(
            `INSERT INTO reminders (id, subject, due_at, state) VALUES ('00000000-0000-7000-8000-000000000013', 'Old', '2030-01-01T00:00:00Z', 'scheduled')`,
          )
        await new Step().up(watching)
      }
      expect(atFilling).toEqual([{ what: 'timers_pkey' }])
      expect(await runner.query('SELECT dedupe_key AS key, state, basis FROM timers')).toEqual([
        { key: 'reminder:00000000-0000-7000-8000-000000000013', state: 'scheduled', basis: { at: '2030-01-01T00:00:00.000Z' } },
      ])
    } finally {
      await runner.release()
    }
  })

  test('a role that may not make the schema of the queue is told so before anything is made, and works in one that it was given', async () => {
    const { url, name } = await open('empty')
    const client = new pg.Client({ connectionString: url })
    await client.connect()
    const { rows } = await client.query('SELECT rolsuper AS super, current_user AS name FROM pg_roles WHERE rolname = current_user')
    // Nothing can be kept from a superuser; another owner of the database can do without.
    const role = rows[0].super ? `${name}_role` : rows[0].name
    const limited = new URL(url)
    const revoke = `REVOKE CREATE ON DATABASE ${name} FROM ${role}`
    try {
      if (rows[0].super) {
        await client.query(`CREATE ROLE ${role} LOGIN PASSWORD 'of a test'; GRANT ALL ON SCHEMA public TO ${role}`)
        Object.assign(limited, { username: role, password: 'of a test' })
      } else await client.query(revoke)
      const dataSource = await connect(limited.href)
      await expect(migrate(dataSource)).rejects.toThrow(`The role ${role} may not create the schema graphile_worker`)
      expect(await dataSource.query(`SELECT count(*)::int AS n FROM pg_tables WHERE schemaname = 'public'`)).toEqual([{ n: 0 }])
      await client.query(`GRANT CREATE ON DATABASE ${name} TO ${role}; CREATE SCHEMA graphile_worker AUTHORIZATION ${role}; ${revoke}`)
      expect(await migrate(dataSource)).toHaveLength(migrations.length)
      expect(await dataSource.query('SELECT max(id)::int AS step FROM graphile_worker.migrations')).toEqual([{ step: 18 }])
      await sources.pop()?.destroy()
    } finally {
      if (rows[0].super) await client.query(`REASSIGN OWNED BY ${role} TO CURRENT_USER; DROP OWNED BY ${role}; DROP ROLE ${role}`)
      await client.end()
    }
  })

  test("the record engine's database shares the data source's pool and its session settings", async () => {
    const dataSource = await connect((await open('migrated')).url)
    const seen: string[] = []
    const database = databaseOf(dataSource, (statement) => seen.push(statement.text))
    const text = `SELECT current_setting('jit') AS jit, current_setting('statement_timeout') AS timeout, current_setting('TimeZone') AS zone, current_setting('application_name') AS application`
    expect(await database.query({ text, purpose: 'platform' })).toEqual([{ jit: 'off', timeout: '30s', zone: 'UTC', application: 'guanxi-test' }])
    expect(seen).toEqual([text])
  })
})
