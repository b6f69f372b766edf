import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { createSignInThrottle } from '../../src/auth/sign-in-throttle.ts'
import { codeOf, type Identity, ORIGIN, openIdentity, PASSWORD } from './kit.ts'

const limits = { account: 5, address: 12, requests: 3, window: 900, lock: 30 }
let identity: Identity

beforeAll(async () => {
  identity = await openIdentity({ limits })
})

afterAll(() => identity.close())

beforeEach(async () => {
  identity.clock.offset = 0
  await identity.run('DELETE FROM sign_in_failure')
})

const attempt = (email: string, password: string, ip: string) => identity.sessions.signIn({ email, password }, { ...ORIGIN, ip })

describe('failed sign-ins', () => {
  test('lock the account, with the time to wait, also for the right password', async () => {
    const { email } = await identity.addUser()
    for (let index = 0; index < 5; index += 1) expect(await codeOf(attempt(email, 'wrong', `192.0.2.${index}`))).toBe('UNAUTHENTICATED')
    const refusal = await attempt(email, PASSWORD, '198.51.100.1').catch((error) => error)
    expect(refusal).toMatchObject({ code: 'RATE_LIMITED', details: { retryAfter: 30 } })
    identity.clock.offset += 31_000
    await expect(attempt(email, PASSWORD, '198.51.100.1')).resolves.toBeDefined()
    // The right password has cleared the count.
    expect(await codeOf(attempt(email, 'wrong', '198.51.100.2'))).toBe('UNAUTHENTICATED')
  })

  test('lock an unknown account in the same way', async () => {
    for (let index = 0; index < 5; index += 1) expect(await codeOf(attempt('nobody@example.com', 'wrong', `192.0.2.${index}`))).toBe('UNAUTHENTICATED')
    expect(await codeOf(attempt(' NOBODY@example.com', 'wrong', '198.51.100.1'))).toBe('RATE_LIMITED')
  })

  test('locks grow while guessing goes on', async () => {
    const { email } = await identity.addUser()
    for (let index = 0; index < 5; index += 1) await codeOf(attempt(email, 'wrong', `192.0.2.${index}`))
    identity.clock.offset += 31_000
    expect(await codeOf(attempt(email, 'wrong', '192.0.2.100'))).toBe('UNAUTHENTICATED')
    expect(await attempt(email, 'wrong', '192.0.2.101').catch((error) => error)).toMatchObject({ details: { retryAfter: 60 } })
  })

  test('lock the address that tries many accounts, and no other', async () => {
    const { email } = await identity.addUser()
    for (let index = 0; index < 12; index += 1) expect(await codeOf(attempt(`user${index}@example.com`, 'wrong', '203.0.113.9'))).toBe('UNAUTHENTICATED')
    expect(await codeOf(attempt(email, PASSWORD, '203.0.113.9'))).toBe('RATE_LIMITED')
    await expect(attempt(email, PASSWORD, '203.0.113.10')).resolves.toBeDefined()
  })

  test('an IPv6 customer is one address', async () => {
    for (let index = 0; index < 12; index += 1) await codeOf(attempt(`user${index}@example.com`, 'wrong', `2001:db8:1:2::${index.toString(16)}`))
    expect(await codeOf(attempt('other@example.com', 'wrong', '2001:db8:1:2:ffff:ffff:ffff:ffff'))).toBe('RATE_LIMITED')
    expect(await codeOf(attempt('other@example.com', 'wrong', '2001:db8:1:3::1'))).toBe('UNAUTHENTICATED')
  })

  test('a locked address can no longer lock accounts', async () => {
    const { email } = await identity.addUser()
    for (let index = 0; index < 12; index += 1) await codeOf(attempt(`user${index}@example.com`, 'wrong', '203.0.113.9'))
    for (let index = 0; index < 10; index += 1) expect(await codeOf(attempt(email, 'wrong', '203.0.113.9'))).toBe('RATE_LIMITED')
    await expect(attempt(email, PASSWORD, '203.0.113.10')).resolves.toBeDefined()
  })

  // Guesses that all come at once must not be counted only when they are through.
  test('of 60 parallel guesses as many are looked at as are allowed', async () => {
    const { email } = await identity.addUser()
    const codes = await Promise.all(Array.from({ length: 60 }, (_, index) => codeOf(attempt(email, 'wrong', `192.0.2.${index}`))))
    expect(codes.filter((code) => code === 'UNAUTHENTICATED')).toHaveLength(5)
    expect(codes.filter((code) => code === 'RATE_LIMITED')).toHaveLength(55)
  })

  test('are forgotten after the window, and their rows are tidied up', async () => {
    const throttle = createSignInThrottle(identity.database, identity.now, limits)
    await throttle.attempt('old@example.com', '192.0.2.1')
    identity.clock.offset += 2_000_000
    for (let index = 0; index < 400; index += 1) await throttle.attempt(`new${index}@example.com`, null).catch(() => {})
    for (let index = 0; index < 300; index += 1) await throttle.attempt(`more${index}@example.com`, `192.0.3.${index}`).catch(() => {})
    const [row] = await identity.run<{ old: number }>(`SELECT count(*)::int AS old FROM sign_in_failure WHERE since < $1`, [
      new Date(identity.now().getTime() - 1_000_000),
    ])
    expect(row?.old).toBe(0)
  })

  // Whoever guesses at an account for hours keeps its owner out of it nowhere but where he never was.
  test('from elsewhere do not lock whoever signed in from his place, for as long as they go on', async () => {
    const { email } = await identity.addUser()
    await attempt(email, PASSWORD, '192.0.2.200')
    for (let minute = 0; minute < 60; minute += 2) {
      identity.clock.offset = minute * 60_000
      for (let index = 0; index < 6; index += 1) await codeOf(attempt(email, 'wrong', `203.0.113.${minute + index}`))
      if (minute % 20 === 0) await expect(attempt(email, PASSWORD, '192.0.2.200')).resolves.toBeDefined()
    }
    expect(await codeOf(attempt(email, PASSWORD, '198.51.100.1'))).toBe('RATE_LIMITED')
    // The owner's success takes nothing off the lock of the others; his place has one of its own.
    for (let index = 0; index < 5; index += 1) expect(await codeOf(attempt(email, 'wrong', '192.0.2.200'))).toBe('UNAUTHENTICATED')
    expect(await codeOf(attempt(email, PASSWORD, '192.0.2.200'))).toBe('RATE_LIMITED')
    await identity.throttle.open(email, '198.51.100.2', identity.database)
    await expect(attempt(email, PASSWORD, '198.51.100.2')).resolves.toBeDefined()
  })

  test('are forgotten when an operator says so', async () => {
    const { email } = await identity.addUser()
    for (let index = 0; index < 5; index += 1) await codeOf(attempt(email, 'wrong', `192.0.2.${index}`))
    expect(await codeOf(attempt(email, PASSWORD, '198.51.100.1'))).toBe('RATE_LIMITED')
    expect([await identity.throttle.unlock(email), await identity.throttle.unlock(email), await identity.throttle.unlock('nobody@example.com')]).toEqual([
      true,
      false,
      false,
    ])
    await expect(attempt(email, PASSWORD, '198.51.100.1')).resolves.toBeDefined()
  })

  test('count for all processes together, and a place is forgotten after a while', async () => {
    const { email } = await identity.addUser()
    await attempt(email, PASSWORD, '192.0.2.201')
    const processes = [1, 2, 3].map(() => createSignInThrottle(identity.database, identity.now, limits))
    const codes = await Promise.all(
      Array.from({ length: 15 }, (_, index) =>
        processes[index % 3]?.attempt(email, `203.0.113.${index}`).then(
          () => 'looked at',
          ({ code }) => code,
        ),
      ),
    )
    expect(codes.filter((code) => code === 'looked at')).toHaveLength(5)
    await expect(processes[0]?.attempt(email, '192.0.2.201')).resolves.toBeUndefined()
    identity.clock.offset += 91 * 86_400_000
    for (let index = 0; index < 5; index += 1) await processes[1]?.attempt(email, `203.0.113.${index}`)
    expect(await codeOf(attempt(email, PASSWORD, '192.0.2.201'))).toBe('RATE_LIMITED')
  })

  test('leave no address or account in the table', async () => {
    const { email } = await identity.addUser()
    await codeOf(attempt(email, 'wrong', '203.0.113.77'))
    const dump = JSON.stringify(
      await identity.run(`SELECT encode(key, 'escape') AS key FROM sign_in_failure UNION SELECT encode(key, 'escape') FROM sign_in_place`),
    )
    expect(dump).not.toContain('203.0.113.77')
    expect(dump).not.toContain(email)
  })
})
