import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { SYSTEM_USER_ID } from '../../src/auth/index.ts'
import { maintenanceOf, type TestMaintenance } from '../support/maintenance.ts'
import { METADATA, makeField, sendField } from '../support/metadata.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

interface AuditRow {
  readonly action: string
  readonly fields: readonly string[]
  readonly actor: string
  readonly via: string
  readonly result: string
}

describe('the audit of changes of metadata', () => {
  let server: TestServer
  let maintenance: TestMaintenance
  let admin: string

  beforeAll(async () => {
    server = await startTestServer()
    maintenance = maintenanceOf(server)
    admin = (await server.admin.data('{ me { id } }')).me.id
  })
  afterAll(() => server?.close())

  /** What `work` leaves in the audit about metadata. */
  async function audited(work: () => Promise<unknown>): Promise<AuditRow[]> {
    const [{ last } = { last: '0' }] = await maintenance.sql<{ last: string }>('SELECT coalesce(max(sequence), 0)::text AS last FROM audit_log')
    await work()
    return maintenance.sql<AuditRow>(
      `SELECT action, changed_fields AS fields, actor_id AS actor, via, result FROM audit_log WHERE sequence > $1 AND action ~ '^(custom|metadata)' ORDER BY sequence`,
      [last],
    )
  }
  const byAdmin = (action: string, ...fields: readonly string[]) => [{ action, fields, actor: admin, via: 'user', result: 'ok' }]
  test('names each field that was made, changed, deleted, restored and purged, and who did it', async () => {
    let id = ''
    const create = async () => {
      id = (await makeField(server.admin, { module: 'account', name: 'grade', type: 'TEXT' })).id
    }
    expect(await audited(create)).toEqual(byAdmin('customField.create', 'account.grade'))
    const update = () => server.admin.data(METADATA.updateField, { id, input: { name: 'rank' } })
    expect(await audited(update)).toEqual(byAdmin('customField.update', 'account.rank'))
    expect(await audited(() => server.admin.data(METADATA.deleteField, { id }))).toEqual(byAdmin('customField.delete', 'account.rank'))
    expect(await audited(() => server.admin.data(METADATA.restoreField, { id }))).toEqual(byAdmin('customField.restore', 'account.rank'))
    await server.admin.data(METADATA.deleteField, { id })
    expect(await audited(() => server.admin.data(METADATA.purgeField, { id }))).toEqual(byAdmin('customField.purge', 'account.rank'))
  })

  test('names each module, and fields that go with it', async () => {
    const fields = [
      { name: 'plate', type: 'TEXT' },
      { name: 'owner2', type: 'REFERENCE', reference: { module: 'account' } },
    ]
    const input = { name: 'van', pluralName: 'vans', label: 'Van', fields }
    expect(await audited(() => server.admin.data(METADATA.createModule, { input }))).toEqual(byAdmin('customModule.create', 'van', 'van.plate', 'van.owner2'))
    const update = () => server.admin.data(METADATA.updateModule, { name: 'van', input: { label: 'Minivan' } })
    expect(await audited(update)).toEqual(byAdmin('customModule.update', 'van'))
    const leading = await makeField(server.admin, { module: 'account', name: 'van', type: 'REFERENCE', reference: { module: 'van' } })
    await server.admin.data(METADATA.deleteField, { id: leading.id })
    const remove = () => server.admin.data(METADATA.deleteModule, { name: 'van' })
    expect(await audited(remove)).toEqual(byAdmin('customModule.delete', 'van'))
    expect(await audited(() => server.admin.data(METADATA.restoreModule, { name: 'van' }))).toEqual(byAdmin('customModule.restore', 'van'))
    await remove()
    // The server's own round may come first; both say what for they were.
    expect(await audited(() => maintenance.purge())).toEqual([
      {
        action: 'customModule.purge',
        fields: ['van', 'account.van', 'van.plate', 'van.owner2'],
        actor: SYSTEM_USER_ID,
        via: expect.stringMatching(/^(test|metadata retention)$/),
        result: 'ok',
      },
    ])
  })

  test('says nothing of what was refused, or only tried', async () => {
    const refused = () => sendField(server.admin, 'createField', { input: { module: 'account', name: 'name', type: 'TEXT' } })
    expect(await audited(refused)).toEqual([])
    const tried = () => server.admin.data(METADATA.createField, { input: { module: 'account', name: 'never', type: 'TEXT' }, dryRun: true })
    expect(await audited(tried)).toEqual([])
  })
})
