import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { requireCurrentRights } from '../../src/auth/access-epoch.ts'
import type { Principal } from '../../src/records/access/policy.ts'
import { StaleEpochError } from '../../src/records/epochs.ts'
import { codeOf, type Identity, ORIGIN, openIdentity } from './kit.ts'

let identity: Identity

beforeAll(async () => {
  identity = await openIdentity()
})

afterAll(() => identity.close())

/** Roles of the test's own, one for each scope. */
const scopedRole = async (scope: string) => {
  const key = `scoped_${scope.toLowerCase()}`
  await identity.run(`INSERT INTO role (id, key, name) VALUES (gen_random_uuid(), $1, $1) ON CONFLICT DO NOTHING`, [key])
  await identity.run(`INSERT INTO role_grant SELECT id, 'account', '{READ}', $2 FROM role WHERE key = $1 ON CONFLICT DO NOTHING`, [key, scope])
  return key
}

const principalFor = async (userId: string) => (await identity.authenticator.principalOfUser(userId)) as Principal

describe('scope keys', () => {
  test('follow the team tree: own, team with its members, team with all below', async () => {
    const [own, team, tree] = [await scopedRole('OWN'), await scopedRole('TEAM'), await scopedRole('TEAM_TREE')]
    const top = await identity.addTeam('top')
    const [left, right] = [await identity.addTeam('left', top), await identity.addTeam('right', top)]
    const below = await identity.addTeam('below', left)
    const [boss, inLeft, inBelow, inRight, guest] = [
      await identity.addUser({ team: top, roles: [own, team, tree] }),
      await identity.addUser({ team: left, roles: [own, team, tree] }),
      await identity.addUser({ team: below }),
      await identity.addUser({ team: right, status: 'disabled' }),
      await identity.addUser(),
    ]
    await identity.run('INSERT INTO team_member (team_id, user_id) VALUES ($1, $2)', [left, guest.id])
    const keys = async (userId: string) => (await principalFor(userId)).policy.scopes
    const sorted = (...list: readonly string[]) => [...list].sort()

    expect(await keys(boss.id)).toEqual({
      OWN: [boss.id],
      SHARED: sorted(boss.id, top),
      TEAM: sorted(boss.id, top),
      // Records of someone who has left are still the team's.
      TEAM_TREE: sorted(boss.id, inLeft.id, inBelow.id, inRight.id, guest.id, top, left, right, below),
    })
    expect(await keys(inLeft.id)).toEqual({
      OWN: [inLeft.id],
      SHARED: sorted(inLeft.id, left),
      TEAM: sorted(inLeft.id, guest.id, left),
      TEAM_TREE: sorted(inLeft.id, guest.id, inBelow.id, left, below),
    })

    // A further team counts as the home team does.
    await identity.run('INSERT INTO user_role SELECT $1, id FROM role WHERE key = $2', [guest.id, tree])
    expect((await keys(guest.id)).TEAM_TREE).toEqual(sorted(guest.id, inLeft.id, inBelow.id, left, below))

    // A team in the recycle bin passes nothing on, also not what is below it.
    await identity.run('UPDATE teams SET deleted_at = now() WHERE id = $1', [left])
    expect((await keys(boss.id)).TEAM_TREE).toEqual(sorted(boss.id, inRight.id, top, right))
    expect((await keys(inLeft.id)).TEAM_TREE).toEqual([inLeft.id])
  })

  test('are read only where a role uses the scope', async () => {
    const team = await identity.addTeam('alone')
    const user = await identity.addUser({ team, roles: [await scopedRole('OWN')] })
    expect((await principalFor(user.id)).policy.scopes).toEqual({ OWN: [user.id], TEAM: [], TEAM_TREE: [], SHARED: [user.id, team].sort() })
  })

  test('survive a circle in the team tree', async () => {
    const [a, b] = [await identity.addTeam('a'), await identity.addTeam('b')]
    await identity.run('UPDATE teams SET parent_id = $2 WHERE id = $1', [a, b])
    await identity.run('UPDATE teams SET parent_id = $2 WHERE id = $1', [b, a])
    const user = await identity.addUser({ team: a, roles: [await scopedRole('TEAM_TREE')] })
    expect((await principalFor(user.id)).policy.scopes.TEAM_TREE).toEqual([user.id, a, b].sort())
  })
})

describe('the access epoch', () => {
  const bumps = async (text: string, values: readonly unknown[] = []) => {
    const before = await identity.accessEpoch()
    await identity.run(text, values)
    return (await identity.accessEpoch()) - before
  }

  test('moves with everything that rights follow from, however it is written', async () => {
    const team = await identity.addTeam('epoch')
    const { id, email } = await identity.addUser()
    const { sessionId } = await identity.signIn(email)
    const changes: [string, readonly unknown[]][] = [
      [`UPDATE users SET status = 'disabled' WHERE id = $1`, [id]],
      ['UPDATE users SET team_id = $2 WHERE id = $1', [id, team]],
      ['UPDATE users SET deleted_at = now() WHERE id = $1', [id]],
      ['INSERT INTO team_member (team_id, user_id) VALUES ($1, $2)', [team, id]],
      ['DELETE FROM team_member WHERE user_id = $1', [id]],
      ['UPDATE teams SET parent_id = $2 WHERE id = $1', [team, await identity.addTeam('parent')]],
      ['UPDATE teams SET deleted_at = now() WHERE id = $1', [team]],
      [`INSERT INTO role (id, key, name) VALUES (gen_random_uuid(), 'epoch', 'Epoch')`, []],
      [`INSERT INTO role_grant SELECT id, 'account', '{READ}', 'ALL' FROM role WHERE key = 'epoch'`, []],
      [`UPDATE role_grant SET scope = 'OWN' WHERE role_id = (SELECT id FROM role WHERE key = 'epoch')`, []],
      [`INSERT INTO role_field (role_id, module, field_id, access) SELECT id, 'account', 'account.phone', 'READ' FROM role WHERE key = 'epoch'`, []],
      [`INSERT INTO user_role SELECT $1, id FROM role WHERE key = 'epoch'`, [id]],
      ['DELETE FROM user_role WHERE user_id = $1', [id]],
      [`UPDATE role SET new_fields = 'NONE' WHERE key = 'epoch'`, []],
      [`INSERT INTO role_inherit SELECT r.id, p.id FROM role r, role p WHERE r.key = 'epoch' AND p.key = 'finance'`, []],
      [`DELETE FROM role_inherit WHERE role_id = (SELECT id FROM role WHERE key = 'epoch')`, []],
      [
        `INSERT INTO record_share (id, module_number, record_id, user_id, level, created_at, created_by) VALUES (gen_random_uuid(), 3, gen_random_uuid(), $1, 'READ', now(), $1)`,
        [id],
      ],
      ['UPDATE session SET revoked_at = now() WHERE id = $1', [sessionId]],
      [
        `INSERT INTO api_key (id, name, prefix, secret_hash, user_id, created_by, created_at, expires_at, revoked_at) VALUES ($1, 'k', 'p', '', $1, $1, now(), NULL, NULL)`,
        [id],
      ],
      ['UPDATE api_key SET revoked_at = now() WHERE id = $1', [id]],
    ]
    const unmoved: string[] = []
    for (const [text, values] of changes) if ((await bumps(text, values)) === 0) unmoved.push(text)
    // A new key takes nothing from anybody; all else moves it.
    expect(unmoved).toEqual([expect.stringContaining('INSERT INTO api_key')])
    // The list knows each table that has a trigger for it.
    const triggers = await identity.run(
      `SELECT DISTINCT c.relname AS name FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid
        WHERE p.prosrc LIKE '%access_epoch = access_epoch + 1%' ORDER BY 1`,
    )
    const tables = new Set(changes.map(([text]) => /^(?:UPDATE|INSERT INTO|DELETE FROM) (\w+)/.exec(text)?.[1]))
    expect([...tables].sort()).toEqual(triggers.map(({ name }) => name))
  })

  test('stays when nothing of that changes', async () => {
    const { id, email } = await identity.addUser({ roles: ['sales_rep'] })
    const { refreshToken } = await identity.signIn(email)
    const before = await identity.accessEpoch()
    await identity.run(`UPDATE users SET name = 'Renamed', status = 'active', version = version + 1 WHERE id = $1`, [id])
    await identity.run('UPDATE users SET team_id = team_id')
    await identity.run('UPDATE session SET last_used_at = now()')
    await identity.sessions.refresh(refreshToken, ORIGIN)
    await identity.signIn(email)
    await codeOf(identity.signIn(email, 'wrong'))
    expect(await identity.accessEpoch()).toBe(before)
  })

  test('moves in the transaction of the change, so that no one sees one without the other', async () => {
    const { id } = await identity.addUser()
    const before = await identity.accessEpoch()
    await identity.database
      .transaction(async (transaction) => {
        await transaction.query({ text: `UPDATE users SET status = 'disabled' WHERE id = $1`, values: [id], purpose: 'platform' })
        expect(await identity.accessEpoch()).toBe(before)
        throw new Error('undone')
      })
      .catch(() => {})
    expect(await identity.accessEpoch()).toBe(before)
  })
})

describe('cached principals', () => {
  const loads = () => identity.statements.filter(({ text, purpose }) => purpose === 'authentication' && text.includes('WITH RECURSIVE subject')).length

  test('cost no statement until rights change; then one for all callers of a session', async () => {
    const { email } = await identity.addUser({ roles: ['sales_rep'] })
    const { accessToken } = await identity.signIn(email)
    const before = loads()
    const first = await identity.callerOf(accessToken).principal()
    for (let index = 0; index < 50; index += 1) expect(await identity.callerOf(accessToken).principal()).toBe(first)
    expect(loads() - before).toBe(1)
    identity.authenticator.accessChanged((await identity.accessEpoch()) + 1)
    await Promise.all(Array.from({ length: 20 }, () => identity.callerOf(accessToken).principal()))
    expect(loads() - before).toBe(2)
    await identity.run('UPDATE epoch SET access_epoch = access_epoch + 1')
  })

  test('share compiled rights between people of the same roles, and policies between sessions of one person', async () => {
    const [a, b] = [await identity.addUser({ roles: ['sales_rep'] }), await identity.addUser({ roles: ['sales_rep'] })]
    const [a1, a2, b1] = await Promise.all([a, a, b].map(async ({ email }) => identity.principalOf((await identity.signIn(email)).accessToken)))
    expect(a1?.policy).toBe(a2?.policy)
    expect(a1?.policy.modules).toBe(b1?.policy.modules)
    expect(a1?.policy.shape).toBe(b1?.policy.shape)
    expect(a1?.policy.scopes).not.toEqual(b1?.policy.scopes)
  })

  test('are noticed to be of yesterday, and read again after `forget`', async () => {
    const { id, email } = await identity.addUser({ roles: ['sales_rep'] })
    const caller = identity.callerOf((await identity.signIn(email)).accessToken)
    const before = (await caller.principal()) as Principal
    await identity.run(`INSERT INTO user_role SELECT $1, id FROM role WHERE key = 'finance'`, [id])
    expect(await caller.principal()).toBe(before)
    await expect(requireCurrentRights(identity.database, before)).rejects.toThrow(StaleEpochError)
    caller.forget()
    const after = (await caller.principal()) as Principal
    expect(after.roles).toEqual(['finance', 'sales_rep'])
    await requireCurrentRights(identity.database, after)
  })

  test('a load that began before `forget` is not kept', async () => {
    const { id, email } = await identity.addUser({ roles: ['sales_rep'] })
    const caller = identity.callerOf((await identity.signIn(email)).accessToken)
    await caller.principal()
    caller.forget()
    const early = caller.principal()
    await new Promise((resolve) => setImmediate(resolve))
    caller.forget()
    await identity.run('DELETE FROM user_role WHERE user_id = $1', [id])
    const late = (await caller.principal()) as Principal
    await early
    expect(late.roles).toEqual([])
    expect(await caller.principal()).toBe(late)
  })

  test('anonymous callers are null, malformed credentials are refused', async () => {
    const caller = (authorization: string | null) => identity.authenticator.callerOf({ authorization, ip: null, userAgent: null })
    for (const none of [null, '', '   ']) expect(await caller(none).principal()).toBeNull()
    for (const bad of ['Bearer', 'Bearer ', 'Basic dTpw', 'token', 'Bearer a b', 'Bearer x', `Bearer ${'x'.repeat(100_000)}`, 'Bearer \u4e2d']) {
      expect(await codeOf(caller(bad).principal())).toBe('UNAUTHENTICATED')
    }
  })
})
