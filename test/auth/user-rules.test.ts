import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { userAccessRule } from '../../src/auth/index.ts'
import { seedRoles } from '../../src/auth/seed-roles.ts'
import { openWriteKit, type WriteKit } from '../support/write-kit.ts'
import { codeOf } from './kit.ts'

let kit: WriteKit

beforeAll(async () => {
  kit = await openWriteKit({ rules: [userAccessRule] })
  await kit.database.transaction((transaction) => seedRoles(transaction, new Date()))
})

afterAll(() => kit.close())

beforeEach(() => kit.rows('DELETE FROM user_role'))

const administrator = async (name: string) => {
  const id = await kit.user(name)
  await kit.rows(`INSERT INTO user_role SELECT $1, id FROM role WHERE key = 'admin'`, [id])
  await kit.rows(`UPDATE users SET email = id || '@example.com' WHERE id = $1`, [id])
  await kit.rows(`INSERT INTO user_credential (user_id, password_hash, updated_at) VALUES ($1, 'x', now())`, [id])
  return id
}

describe('the last administrator', () => {
  test('cannot be disabled or deleted by a write on the record', async () => {
    const id = await administrator('Last')
    const before = await kit.row('user', id)
    expect(await codeOf(kit.update(kit.root, 'user', [{ id, input: { status: 'disabled' } }]))).toBe('FORBIDDEN')
    expect(await codeOf(kit.remove(kit.root, 'user', [{ id }]))).toBe('FORBIDDEN')
    expect(await kit.row('user', id)).toEqual(before)
    await kit.update(kit.root, 'user', [{ id, input: { position: 'Head of everything' } }])
  })

  test('may go when another stays, and of two that go at once one stays', async () => {
    const [first, second, third] = [await administrator('First'), await administrator('Second'), await administrator('Third')]
    await kit.update(kit.root, 'user', [{ id: first, input: { status: 'disabled' } }])
    await kit.update(kit.root, 'user', [{ id: first, input: { status: 'active' } }])
    await kit.remove(kit.root, 'user', [{ id: first }])
    const disable = (id: string) => kit.update(kit.root, 'user', [{ id, input: { status: 'disabled' } }])
    const outcomes = await Promise.allSettled([disable(second), disable(third)])
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    const both = [await administrator('Fourth'), await administrator('Fifth')]
    await kit.rows('DELETE FROM user_role WHERE user_id <> ALL($1::uuid[])', [both])
    expect(
      await codeOf(
        kit.update(
          kit.root,
          'user',
          both.map((id) => ({ id, input: { status: 'disabled' } })),
        ),
      ),
    ).toBe('FORBIDDEN')
  })
})

describe('people who may write users', () => {
  test('do not touch how an administrator signs in', async () => {
    const [id, self] = [await administrator('Boss'), await kit.user('Personnel')]
    await administrator('Another')
    const principal = await kit.principal(self)
    const before = await kit.row('user', id)
    expect(await codeOf(kit.update(principal, 'user', [{ id, input: { email: 'mine@example.com' } }]))).toBe('FORBIDDEN')
    expect(await codeOf(kit.update(principal, 'user', [{ id, input: { status: 'disabled' } }]))).toBe('FORBIDDEN')
    expect(await codeOf(kit.remove(principal, 'user', [{ id }]))).toBe('FORBIDDEN')
    expect(await kit.row('user', id)).toEqual(before)
    await kit.update(principal, 'user', [{ id, input: { position: 'Head' } }])
  })

  test('do not move themselves into another team', async () => {
    const [team] = await kit.create(kit.root, 'team', [{ name: 'Above' }])
    const [self, other] = [await kit.user('Self'), await kit.user('Other')]
    const principal = await kit.principal(self)
    const move = (id: string) => kit.update(principal, 'user', [{ id, input: { team: { id: team } } }])
    expect(await move(self).catch((error) => error.details.issues)).toMatchObject([{ code: 'OWN_TEAM' }])
    await move(other)
    await kit.update(await kit.principal(self), 'user', [{ id: self, input: { position: 'Clerk' } }])
  })

  test('do not write what grants compare records with, neither on their own record nor on others or new ones', async () => {
    const [self, other] = [await kit.user('Scout'), await kit.user('Mate')]
    const principal = await kit.principal(self)
    const set = (id: string, input: Record<string, unknown>) => kit.update(principal, 'user', [{ id, input }])
    await set(self, { position: 'Clerk' })
    await kit.rows(
      `INSERT INTO role_grant (role_id, module, actions, scope, predicate, position)
       SELECT id, 'account', '{READ}', 'ALL', '{"and": [{"account.region": {"eq": {"viewer": "user.position"}}}]}', 99 FROM role WHERE key = 'sales_rep'`,
    )
    const before = await kit.counts()
    const refused = [{ path: expect.arrayContaining(['position']), code: 'DECIDES_RIGHTS' }]
    for (const id of [self, other]) expect(await set(id, { position: 'South' }).catch((error) => error.details.issues)).toMatchObject(refused)
    expect(await kit.create(principal, 'user', [{ name: 'New', position: 'South' }]).catch((error) => error.details.issues)).toMatchObject(refused)
    expect(await kit.counts()).toEqual(before)
    await set(self, { name: 'Scout the second', position: 'Clerk' })
    await kit.create(principal, 'user', [{ name: 'New' }])
    await kit.update(kit.root, 'user', [{ id: self, input: { position: 'South' } }])
    await kit.rows('DELETE FROM role_grant WHERE position = 99')
  })
})
