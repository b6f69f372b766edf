import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { codeOf, type Identity, ORIGIN, openIdentity, PASSWORD } from './kit.ts'

let identity: Identity

beforeAll(async () => {
  identity = await openIdentity({ limits: { account: 1000, address: 100_000, window: 900, lock: 30 } })
})

afterAll(() => identity.close())

const liveTokens = async (sessionId: string) => {
  const [row] = await identity.run<{ live: number }>(
    `SELECT count(*)::int AS live FROM refresh_token t JOIN session s ON s.id = t.session_id
      WHERE s.id = $1 AND t.used_at IS NULL AND s.revoked_at IS NULL AND t.expires_at > now()`,
    [sessionId],
  )
  return row?.live
}

describe('sign-in', () => {
  test('opens a session whatever the case of the address', async () => {
    const { id, email } = await identity.addUser({ name: 'Mixed.Case', roles: ['sales_rep'] })
    const tokens = await identity.signIn(`  ${email.toUpperCase()} `)
    const principal = await identity.principalOf(tokens.accessToken)
    expect(principal).toMatchObject({ kind: 'user', userId: id, via: 'user', sessionId: tokens.sessionId, roles: ['sales_rep'] })
    expect(tokens.expiresAt.getTime() - identity.now().getTime()).toBeGreaterThan(14 * 60_000)
  })

  test('answers alike for an unknown address, a wrong password, a disabled user and a service user', async () => {
    const known = await identity.addUser()
    const disabled = await identity.addUser({ status: 'disabled' })
    const service = await identity.addUser({ kind: 'service' })
    const attempts = [
      identity.signIn('nobody@example.com'),
      identity.signIn(known.email, 'wrong password'),
      identity.signIn(known.email, ''),
      identity.signIn(known.email, 'x'.repeat(100_000)),
      identity.signIn(disabled.email),
      identity.signIn(service.email),
      identity.signIn(`\0${' '.repeat(1000)}`),
    ]
    const outcomes = await Promise.all(attempts.map((attempt) => attempt.catch(({ code, message, details }) => ({ code, message, details }))))
    expect(new Set(outcomes.map((outcome) => JSON.stringify(outcome)))).toEqual(
      new Set([JSON.stringify({ code: 'UNAUTHENTICATED', message: 'E-mail address or password is wrong.', details: {} })]),
    )
  })

  test('costs one hash for known and unknown alike', async () => {
    const known = await identity.addUser()
    const time = async (email: string) => {
      const start = performance.now()
      await identity.signIn(email, 'wrong password').catch(() => {})
      return performance.now() - start
    }
    const samples = { known: [] as number[], unknown: [] as number[] }
    for (let index = 0; index < 15; index += 1) {
      samples.known.push(await time(known.email))
      samples.unknown.push(await time(`nobody${index}@example.com`))
    }
    // What else the machine does only ever adds to a time.
    const ratio = Math.min(...samples.known) / Math.min(...samples.unknown)
    expect(ratio).toBeGreaterThan(0.5)
    expect(ratio).toBeLessThan(2)
  })

  test('stores argon2id with the parameters of OWASP, and rehashes cheaper ones', async () => {
    const { id, email } = await identity.addUser()
    const cheap = await (await import('@node-rs/argon2')).hash(PASSWORD, { memoryCost: 8192, timeCost: 1, parallelism: 1 })
    await identity.run('UPDATE user_credential SET password_hash = $2 WHERE user_id = $1', [id, cheap])
    await identity.signIn(email)
    const [stored] = await identity.run<{ hash: string }>('SELECT password_hash AS hash FROM user_credential WHERE user_id = $1', [id])
    expect(stored?.hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
    await expect(identity.signIn(email)).resolves.toBeDefined()
  })

  test('keeps no token in the database, only digests', async () => {
    const { email } = await identity.addUser()
    const { accessToken, refreshToken } = await identity.signIn(email)
    const rows = await identity.run('SELECT s::text, t::text FROM session s JOIN refresh_token t ON t.session_id = s.id')
    const dump = JSON.stringify(rows)
    for (const secret of [accessToken, refreshToken, Buffer.from(refreshToken).toString('hex')]) expect(dump).not.toContain(secret)
  })
})

describe('refresh', () => {
  test('gives new tokens that work, and the old refresh token no longer does', async () => {
    const { email } = await identity.addUser()
    const first = await identity.signIn(email)
    const second = await identity.sessions.refresh(first.refreshToken, ORIGIN)
    expect(second.sessionId).toBe(first.sessionId)
    expect(second.refreshToken).not.toBe(first.refreshToken)
    expect(await identity.principalOf(second.accessToken)).toMatchObject({ sessionId: first.sessionId })
  })

  // A stolen token that its owner has used already.
  test('a used token that comes again ends the session and its whole line', async () => {
    const { id, email } = await identity.addUser()
    const first = await identity.signIn(email)
    const second = await identity.sessions.refresh(first.refreshToken, ORIGIN)
    identity.clock.offset += 10
    expect(await codeOf(identity.sessions.refresh(first.refreshToken, ORIGIN))).toBe('UNAUTHENTICATED')
    expect(await codeOf(identity.sessions.refresh(second.refreshToken, ORIGIN))).toBe('UNAUTHENTICATED')
    expect(await codeOf(identity.principalOf(second.accessToken))).toBe('UNAUTHENTICATED')
    expect(await identity.run(`SELECT result FROM audit_log WHERE action = 'session.replay' AND actor_id = $1`, [id])).toEqual([{ result: 'revoked' }])
  })

  test('of 20 parallel refreshes with one token one wins, and one line is alive', async () => {
    const { email } = await identity.addUser()
    const { refreshToken, sessionId } = await identity.signIn(email)
    const outcomes = await Promise.allSettled(Array.from({ length: 20 }, () => identity.sessions.refresh(refreshToken, ORIGIN)))
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    expect(await liveTokens(sessionId)).toBe(1)
  })

  test('refuses what is unknown, expired, or of a disabled user', async () => {
    const { id, email } = await identity.addUser()
    const { refreshToken } = await identity.signIn(email)
    for (const token of ['', 'x', '\0', 'x'.repeat(1_000_000), `${refreshToken}x`])
      expect(await codeOf(identity.sessions.refresh(token, ORIGIN))).toBe('UNAUTHENTICATED')
    identity.clock.offset += 31 * 86_400_000
    expect(await codeOf(identity.sessions.refresh(refreshToken, ORIGIN))).toBe('UNAUTHENTICATED')
    identity.clock.offset = 0
    await identity.run(`UPDATE users SET status = 'disabled' WHERE id = $1`, [id])
    expect(await codeOf(identity.sessions.refresh(refreshToken, ORIGIN))).toBe('UNAUTHENTICATED')
  })
})

describe('the end of a session', () => {
  test('sign-out ends it for every token of it at once', async () => {
    const { email } = await identity.addUser()
    const tokens = await identity.signIn(email)
    const before = await identity.accessEpoch()
    await identity.sessions.signOut(await identity.principalOf(tokens.accessToken), ORIGIN)
    expect(await identity.accessEpoch()).toBeGreaterThan(before)
    expect(await codeOf(identity.principalOf(tokens.accessToken))).toBe('UNAUTHENTICATED')
    expect(await codeOf(identity.sessions.refresh(tokens.refreshToken, ORIGIN))).toBe('UNAUTHENTICATED')
  })

  test('disabling a user ends its sessions for good', async () => {
    const { id, email } = await identity.addUser()
    const tokens = await identity.signIn(email)
    await identity.run(`UPDATE users SET status = 'disabled' WHERE id = $1`, [id])
    expect(await codeOf(identity.principalOf(tokens.accessToken))).toBe('UNAUTHENTICATED')
    await identity.run(`UPDATE users SET status = 'active' WHERE id = $1`, [id])
    expect(await codeOf(identity.principalOf(tokens.accessToken))).toBe('UNAUTHENTICATED')
    await expect(identity.signIn(email)).resolves.toBeDefined()
  })

  test('sessions are listed and revoked by their user, and by administrators', async () => {
    const owner = await identity.addUser()
    const [other, admin] = [await identity.addUser({ roles: ['sales_manager'] }), await identity.addUser({ roles: ['admin'] })]
    const [first, second] = [await identity.signIn(owner.email), await identity.signIn(owner.email)]
    const stranger = await identity.principalOf((await identity.signIn(other.email)).accessToken)
    expect(await codeOf(identity.sessions.revoke(stranger, first.sessionId, ORIGIN))).toBe('NOT_FOUND')
    const principal = await identity.principalOf(second.accessToken)
    expect((await identity.sessions.list(principal)).map(({ id }) => id).sort()).toEqual([first.sessionId, second.sessionId].sort())
    await identity.sessions.revoke(principal, first.sessionId, ORIGIN)
    expect(await codeOf(identity.principalOf(first.accessToken))).toBe('UNAUTHENTICATED')
    await expect(identity.principalOf(second.accessToken)).resolves.toBeDefined()
    const administrator = await identity.principalOf((await identity.signIn(admin.email)).accessToken)
    expect((await identity.sessions.list(administrator, owner.id)).map(({ id }) => id)).toEqual([second.sessionId])
    await identity.sessions.revoke(administrator, second.sessionId, ORIGIN)
    expect(await codeOf(identity.principalOf(second.accessToken))).toBe('UNAUTHENTICATED')
    const [audit] = await identity.run(`SELECT actor_id, record_ids FROM audit_log WHERE action = 'session.revoke' AND actor_id = $1`, [admin.id])
    expect(audit).toEqual({ actor_id: admin.id, record_ids: [owner.id] })
  })

  // CVE-2026-22706: a password reset that leaves refresh tokens alive.
  test('a new password ends every session', async () => {
    const { id, email } = await identity.addUser()
    const [first, second] = [await identity.signIn(email), await identity.signIn(email)]
    const principal = await identity.principalOf(first.accessToken)
    const wrong = identity.passwords.set(principal, { userId: id, password: 'a new password', oldPassword: 'wrong' }, ORIGIN)
    expect(await codeOf(wrong)).toBe('VALIDATION_FAILED')
    await identity.passwords.set(principal, { userId: id, password: 'a new password', oldPassword: PASSWORD }, ORIGIN)
    for (const { refreshToken } of [first, second]) expect(await codeOf(identity.sessions.refresh(refreshToken, ORIGIN))).toBe('UNAUTHENTICATED')
    expect(await codeOf(identity.signIn(email))).toBe('UNAUTHENTICATED')
    await expect(identity.signIn(email, 'a new password')).resolves.toBeDefined()
  })

  test('only administrators set passwords of others, and none for service users', async () => {
    const [user, admin, service] = [await identity.addUser(), await identity.addUser({ roles: ['admin'] }), await identity.addUser({ kind: 'service' })]
    const principal = await identity.principalOf((await identity.signIn(user.email)).accessToken)
    const administrator = await identity.principalOf((await identity.signIn(admin.email)).accessToken)
    const change = (userId: string, password = 'a new password') => ({ userId, password })
    expect(await codeOf(identity.passwords.set(principal, change(admin.id), ORIGIN))).toBe('FORBIDDEN')
    expect(await codeOf(identity.passwords.set(administrator, change(service.id), ORIGIN))).toBe('VALIDATION_FAILED')
    expect(await codeOf(identity.passwords.set(administrator, change(user.id, 'short'), ORIGIN))).toBe('VALIDATION_FAILED')
    expect(await codeOf(identity.passwords.set(administrator, change('nobody'), ORIGIN))).toBe('NOT_FOUND')
    await identity.passwords.set(administrator, change(user.id), ORIGIN)
    await expect(identity.signIn(user.email, 'a new password')).resolves.toBeDefined()
  })
})
