import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { seedRoles } from '../../src/auth/seed-roles.ts'
import { SHIPPED_ROLES } from '../../src/auth/shipped-roles.ts'
import type { Principal } from '../../src/records/access/policy.ts'
import { StaleEpochError } from '../../src/records/epochs.ts'
import { codeOf, type Identity, ORIGIN, openIdentity } from './kit.ts'

let identity: Identity

beforeAll(async () => {
  identity = await openIdentity()
  await identity.addUser({ name: 'root', roles: ['admin'] })
})

afterAll(() => identity.close())

/** Someone who holds these roles, with rights of now. */
async function holder(...roles: string[]): Promise<Principal & { again(): Promise<Principal> }> {
  const { id } = await identity.addUser({ roles })
  const again = async () => (await identity.authenticator.principalOfUser(id)) as Principal
  return { ...(await again()), again }
}

const GRANT = { module: 'account', actions: ['READ'] as const, scope: 'TEAM' as const }

describe('roles', () => {
  test('the shipped ones are there, once, and stay as administrators have changed them', async () => {
    const admin = await holder('admin')
    await identity.roles.update(admin, 'marketing', { name: 'Growth', grants: [GRANT] }, ORIGIN)
    const before = await identity.accessEpoch()
    await identity.database.transaction((transaction) => seedRoles(transaction, new Date()))
    const stored = await identity.roles.list(admin)
    expect(stored.map(({ key }) => key)).toEqual(SHIPPED_ROLES.map(({ key }) => key).sort())
    expect(stored.find(({ key }) => key === 'marketing')).toMatchObject({ name: 'Growth', system: true, grants: [GRANT] })
    expect(await identity.accessEpoch()).toBe(before)
  })

  test('are made with fields by name, stored by id', async () => {
    const admin = await holder('admin')
    const role = await identity.roles.create(
      admin,
      {
        key: 'auditor',
        name: 'Auditor',
        grants: [GRANT, { ...GRANT, actions: ['EXPORT'] }],
        fields: [
          { module: 'account', field: 'creditLimit', access: 'READ' },
          { module: 'contact', field: '*', access: 'MASKED' },
        ],
      },
      ORIGIN,
    )
    expect(role).toMatchObject({
      key: 'auditor',
      system: false,
      grants: [{ ...GRANT, actions: ['READ', 'EXPORT'] }],
      fields: [
        { module: 'account', fieldId: 'account.creditLimit', access: 'READ' },
        { module: 'contact', fieldId: 'contact.*', access: 'MASKED' },
      ],
    })
    const user = await holder('auditor')
    expect(user.policy.modules.get('account')?.fields.get('creditLimit')).toBe('READ')
  })

  test('say everything that is wrong with them, with its place', async () => {
    const admin = await holder('admin')
    const failure = await identity.roles
      .create(
        admin,
        {
          key: 'No Good',
          name: ' ',
          grants: [GRANT, { module: 'nothing', actions: [], scope: 'ALL' }],
          fields: [
            { module: 'account', field: 'nothing', access: 'READ' },
            { module: 'nothing', field: 'x', access: 'READ' },
          ],
        },
        ORIGIN,
      )
      .catch((error) => error)
    expect(failure.code).toBe('VALIDATION_FAILED')
    expect(failure.details.issues.map(({ path }: { path: unknown[] }) => path.join('.'))).toEqual([
      'input.key',
      'input.name',
      'input.grants.1.module',
      'input.grants.1.actions',
      'input.fields.0.field',
      'input.fields.1.module',
    ])
    expect(await codeOf(identity.roles.create(admin, { key: 'finance', name: 'Again' }, ORIGIN))).toBe('DUPLICATE')
    expect(await codeOf(identity.roles.update(admin, 'nothing', {}, ORIGIN))).toBe('NOT_FOUND')
  })

  test('change at once for those who hold them', async () => {
    const admin = await holder('admin')
    await identity.roles.create(admin, { key: 'changing', name: 'Changing', grants: [GRANT] }, ORIGIN)
    const user = await holder('changing')
    expect(user.policy.modules.get('account')?.actions.get('READ')).toEqual([{ scope: 'TEAM' }])
    await identity.roles.update(await admin.again(), 'changing', { grants: [{ ...GRANT, scope: 'ALL' }] }, ORIGIN)
    expect((await user.again()).policy.modules.get('account')?.actions.get('READ')).toEqual([{ scope: 'ALL' }])
    await identity.roles.unassign(await admin.again(), user.userId, 'changing', ORIGIN)
    expect((await user.again()).policy.modules.has('account')).toBe(false)
  })

  // Whoever could change a role would give themselves what it grants.
  test('are for administrators, and the role admin is for nobody to change', async () => {
    const admin = await holder('admin')
    for (const key of ['sales_manager', 'finance', 'read_only']) {
      const user = await holder(key)
      const attempts = [
        () => identity.roles.create(user, { key: 'mine', name: 'Mine', grants: [{ ...GRANT, scope: 'ALL' }] }, ORIGIN),
        () => identity.roles.update(user, key, { grants: [{ ...GRANT, scope: 'ALL' }] }, ORIGIN),
        () => identity.roles.assign(user, user.userId, 'admin', ORIGIN),
        () => identity.roles.unassign(user, admin.userId, 'admin', ORIGIN),
        async () => identity.roles.list(user),
      ]
      for (const attempt of attempts) expect(await codeOf((async () => attempt())())).toBe('FORBIDDEN')
    }
    expect(await codeOf(identity.roles.update(await admin.again(), 'admin', { grants: [] }, ORIGIN))).toBe('FORBIDDEN')
    expect((await identity.roles.list(admin)).some(({ key }) => key === 'mine')).toBe(false)
  })

  test('are not changed by rights of yesterday', async () => {
    const admin = await holder('admin')
    await identity.run('DELETE FROM user_role WHERE user_id = $1', [admin.userId])
    await expect(identity.roles.assign(admin, admin.userId, 'finance', ORIGIN)).rejects.toThrow(StaleEpochError)
  })

  test('refuse unknown users and roles', async () => {
    const admin = await holder('admin')
    expect(await codeOf(identity.roles.assign(admin, 'nobody', 'finance', ORIGIN))).toBe('NOT_FOUND')
    expect(await codeOf(identity.roles.assign(admin, admin.userId, 'nothing', ORIGIN))).toBe('NOT_FOUND')
  })

  test('leave a line in the audit', async () => {
    const admin = await holder('admin')
    const user = await identity.addUser()
    await identity.roles.assign(await admin.again(), user.id, 'finance', ORIGIN)
    const rows = await identity.run('SELECT action, via, result, request_id, ip, record_ids FROM audit_log WHERE actor_id = $1', [admin.userId])
    expect(rows).toEqual([{ action: 'role.assign', via: 'user', result: 'ok', request_id: 'r1', ip: ORIGIN.ip, record_ids: [user.id] }])
  })
})

describe('the last administrator', () => {
  test('stays, also when two are removed at once', async () => {
    await identity.run(`DELETE FROM user_role WHERE role_id = (SELECT id FROM role WHERE key = 'admin')`)
    const [first, second] = [await holder('admin'), await holder('admin')]
    await holder()
    const [a, b] = [await first.again(), await second.again()]
    const outcomes = await Promise.allSettled([identity.roles.unassign(a, b.userId, 'admin', ORIGIN), identity.roles.unassign(b, a.userId, 'admin', ORIGIN)])
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    const [row] = await identity.run<{ left: number }>(`SELECT count(*)::int AS left FROM user_role WHERE role_id = (SELECT id FROM role WHERE key = 'admin')`)
    expect(row?.left).toBe(1)
  })

  test('is one who can sign in', async () => {
    await identity.run(`DELETE FROM user_role WHERE role_id = (SELECT id FROM role WHERE key = 'admin')`)
    const admin = await holder('admin')
    await identity.addUser({ roles: ['admin'], status: 'disabled' })
    await identity.addUser({ roles: ['admin'], kind: 'service' })
    expect(await codeOf(identity.roles.unassign(await admin.again(), admin.userId, 'admin', ORIGIN))).toBe('FORBIDDEN')
  })
})
