import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { Principal } from '../../src/records/access/policy.ts'
import { codeOf, type Identity, ORIGIN, openIdentity } from './kit.ts'

let identity: Identity
let admin: Principal

beforeAll(async () => {
  identity = await openIdentity()
  admin = await signedIn('admin')
})

afterAll(() => identity.close())

async function signedIn(...roles: string[]): Promise<Principal> {
  const { email } = await identity.addUser({ roles })
  return identity.principalOf((await identity.signIn(email)).accessToken)
}

/** The same person with rights of today; changes of users by other tests bump the epoch. */
async function today(principal: Principal): Promise<Principal> {
  const current = await identity.authenticator.principalOfSession(principal.sessionId as string)
  return current
}

const create = async (principal: Principal, input: Parameters<Identity['apiKeys']['create']>[1]) =>
  identity.apiKeys.create(await today(principal), input, ORIGIN)

describe('API keys', () => {
  test("act as their user, with all of the user's roles or with one", async () => {
    const user = await signedIn('sales_rep', 'marketing')
    const { secret, apiKey } = await create(user, { name: 'all' })
    expect(secret).toMatch(/^gx_[0-9a-f]{16}_[A-Za-z0-9_-]{43}$/)
    expect(await identity.principalOf(secret)).toMatchObject({ userId: user.userId, via: 'api_key', apiKeyId: apiKey.id, roles: ['marketing', 'sales_rep'] })
    const { secret: limited } = await create(user, { name: 'limited', roleKey: 'marketing' })
    const principal = await identity.principalOf(limited)
    expect(principal.roles).toEqual(['marketing'])
    expect(principal.policy.modules.has('order')).toBe(false)
    expect(principal.sessionId).toBeUndefined()
  })

  test("give a service user the key's role", async () => {
    const service = await identity.addUser({ kind: 'service' })
    const { secret } = await create(admin, { name: 'partner', userId: service.id, roleKey: 'service_agent' })
    expect(await identity.principalOf(secret)).toMatchObject({ userId: service.id, roles: ['service_agent'] })
  })

  test('are stored as a digest and a prefix', async () => {
    const { secret, apiKey } = await create(admin, { name: 'secret' })
    const dump = JSON.stringify(await identity.run('SELECT k::text FROM api_key k'))
    expect(dump).toContain(apiKey.prefix)
    const proof = secret.slice(-43)
    for (const text of [proof, Buffer.from(proof).toString('hex'), Buffer.from(proof, 'base64url').toString('hex')]) expect(dump).not.toContain(text)
  })

  test('are refused when anything about them is wrong', async () => {
    const { secret } = await create(admin, { name: 'mistyped' })
    const last = secret.endsWith('A') ? 'B' : 'A'
    const wrong = [
      secret.slice(0, -1),
      `${secret.slice(0, -1)}${last}`,
      secret.replace('gx_', 'gy_'),
      `${secret} `.repeat(2),
      secret.toUpperCase(),
      'gx__',
      `gx_${'0'.repeat(16)}_${secret.slice(-43)}`,
    ]
    for (const text of wrong) expect(await codeOf(identity.callerOf(text).principal())).toBe('UNAUTHENTICATED')
    await expect(identity.callerOf(secret).principal()).resolves.toBeDefined()
  })

  test('end when their time comes', async () => {
    const { secret } = await create(admin, { name: 'short', expiresAt: new Date(identity.now().getTime() + 60_000) })
    const caller = identity.callerOf(secret)
    await caller.principal()
    expect(caller.expiresAt()).toBeGreaterThan(identity.now().getTime())
    identity.clock.offset += 60_001
    expect(await codeOf(caller.principal())).toBe('UNAUTHENTICATED')
    expect(await codeOf(identity.principalOf(secret))).toBe('UNAUTHENTICATED')
    identity.clock.offset = 0
    expect(await codeOf(create(admin, { name: 'past', expiresAt: new Date(0) }))).toBe('VALIDATION_FAILED')
  })

  test('die when revoked, at once', async () => {
    const { secret, apiKey } = await create(admin, { name: 'revoked' })
    await identity.principalOf(secret)
    const before = await identity.accessEpoch()
    const revoked = await identity.apiKeys.revoke(await today(admin), apiKey.id, ORIGIN)
    expect(revoked.revokedAt).not.toBeNull()
    expect(await identity.accessEpoch()).toBeGreaterThan(before)
    expect(await codeOf(identity.principalOf(secret))).toBe('UNAUTHENTICATED')
  })

  test.each(['user', 'creator'] as const)('die with their %s', async (who) => {
    const creator = await signedIn('admin')
    const user = await identity.addUser({ roles: ['sales_rep'] })
    const { secret } = await create(creator, { name: 'mortal', userId: user.id })
    await identity.principalOf(secret)
    await identity.run(`UPDATE users SET status = 'disabled' WHERE id = $1`, [who === 'user' ? user.id : creator.userId])
    expect(await codeOf(identity.principalOf(secret))).toBe('UNAUTHENTICATED')
  })

  test("lose a role that their person has lost, and keep a service user's", async () => {
    const user = await signedIn('sales_rep')
    const { secret } = await create(user, { name: 'rep', roleKey: 'sales_rep' })
    expect((await identity.principalOf(secret)).roles).toEqual(['sales_rep'])
    await identity.run('DELETE FROM user_role WHERE user_id = $1', [user.userId])
    const principal = await identity.principalOf(secret)
    expect(principal.roles).toEqual([])
    expect(principal.policy.modules.has('account')).toBe(false)
  })

  // A key must be no way to the rights of others, nor to more than one role of one's own.
  test('give nobody more than they hold', async () => {
    const rep = await signedIn('sales_rep')
    const other = await identity.addUser({ roles: ['admin'] })
    expect(await codeOf(create(rep, { name: 'x', userId: other.id }))).toBe('FORBIDDEN')
    expect(await codeOf(create(rep, { name: 'x', roleKey: 'admin' }))).toBe('FORBIDDEN')
    expect(await codeOf(create(rep, { name: 'x', roleKey: 'finance' }))).toBe('FORBIDDEN')
    const both = await signedIn('sales_rep', 'marketing')
    const { secret } = await create(both, { name: 'limited', roleKey: 'marketing' })
    const limited = await identity.principalOf(secret)
    expect(await codeOf(identity.apiKeys.create(limited, { name: 'unlimited' }, ORIGIN))).toBe('FORBIDDEN')
    expect(await codeOf(identity.apiKeys.create(limited, { name: 'x', roleKey: 'sales_rep' }, ORIGIN))).toBe('FORBIDDEN')
  })

  // Who has a key for a week must not have another one for good by the end of it.
  test('outlive no key by which they were made', async () => {
    const person = await signedIn('sales_rep')
    const end = new Date(identity.now().getTime() + 3_600_000)
    const byKey = async (secret: string, input: object) =>
      identity.apiKeys.create(await identity.principalOf(secret), { name: 'made', roleKey: 'sales_rep', ...input }, ORIGIN)
    const first = await create(person, { name: 'for an hour', expiresAt: end })
    expect(await byKey(first.secret, { expiresAt: new Date(end.getTime() + 1) }).catch((error) => error.details)).toMatchObject({
      issues: [{ path: ['input', 'expiresAt'], code: 'TOO_LATE' }],
    })
    const second = await byKey(first.secret, {})
    expect(second.apiKey.expiresAt).toEqual(end)
    const third = await byKey(second.secret, { expiresAt: new Date(end.getTime() - 60_000) })
    const own = await create(person, { name: 'of the person' })
    await identity.apiKeys.revoke(await today(person), first.apiKey.id, ORIGIN)
    for (const { secret } of [first, second, third]) expect(await codeOf(identity.principalOf(secret))).toBe('UNAUTHENTICATED')
    expect((await identity.principalOf(own.secret)).userId).toBe(person.userId)
  })

  test('refuse unknown users, roles and ids with their path', async () => {
    expect(await create(admin, { name: 'x', roleKey: 'nobody' }).catch((error) => error.details)).toMatchObject({ issues: [{ path: ['input', 'roleKey'] }] })
    expect(await create(admin, { name: 'x', userId: 'nobody' }).catch((error) => error.details)).toMatchObject({ issues: [{ path: ['input', 'userId'] }] })
    expect(await create(admin, { name: '  ' }).catch((error) => error.details)).toMatchObject({ issues: [{ path: ['input', 'name'] }] })
    expect(await codeOf(identity.apiKeys.revoke(await today(admin), 'x', ORIGIN))).toBe('NOT_FOUND')
  })

  test('are listed to their user, and revoked by others not even where the id is known', async () => {
    const [user, stranger] = [await signedIn('sales_rep'), await signedIn('sales_manager')]
    const { apiKey } = await create(user, { name: 'mine' })
    expect((await identity.apiKeys.list(user)).map(({ id }) => id)).toEqual([apiKey.id])
    expect(await identity.apiKeys.list(stranger)).toEqual([])
    expect(await codeOf(identity.apiKeys.revoke(await today(stranger), apiKey.id, ORIGIN))).toBe('NOT_FOUND')
    expect((await identity.apiKeys.list(admin)).some(({ id }) => id === apiKey.id)).toBe(true)
  })

  test('remember their last use, written once a minute and behind the request', async () => {
    const { secret, apiKey } = await create(admin, { name: 'used' })
    const writes = () => identity.statements.filter(({ text }) => text.startsWith('UPDATE api_key SET last_used_at')).length
    const before = writes()
    for (let index = 0; index < 20; index += 1) await identity.callerOf(secret).principal()
    await identity.authenticator.idle()
    expect(writes() - before).toBe(1)
    const epoch = await identity.accessEpoch()
    identity.clock.offset += 61_000
    await identity.callerOf(secret).principal()
    await identity.authenticator.idle()
    expect(writes() - before).toBe(2)
    expect(await identity.accessEpoch()).toBe(epoch)
    const [row] = await identity.run<{ at: Date }>('SELECT last_used_at AS at FROM api_key WHERE id = $1', [apiKey.id])
    expect(row?.at.getTime()).toBeGreaterThan(Date.now() + 50_000)
    identity.clock.offset = 0
    expect(identity.background).toEqual([])
  })
})
