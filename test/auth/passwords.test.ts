import { describe, expect, test } from '@jest/globals'
import { createHashQueue } from '../../src/auth/hash-queue.ts'
import { checkNewPassword, createPasswordHasher } from '../../src/auth/passwords.ts'
import { codeOf } from './kit.ts'

/** As cheap as the algorithm allows: what is tested here is not its cost. */
const parameters = { memoryCost: 8, timeCost: 1, parallelism: 1 }

describe('hashing', () => {
  test('is done a few at a time, and what cannot wait is refused', async () => {
    const queue = createHashQueue(3, 10)
    let running = 0
    let most = 0
    const work = async (index: number) => {
      running += 1
      most = Math.max(most, running)
      await new Promise((resolve) => setTimeout(resolve, 5))
      running -= 1
      if (index % 2 === 1) throw new Error('a hash that fails')
      return index
    }
    const outcomes = await Promise.allSettled(Array.from({ length: 40 }, (_, index) => queue.run(() => work(index))))
    expect(most).toBe(3)
    const refused = outcomes.flatMap((outcome) => (outcome.status === 'rejected' && outcome.reason.code === 'RATE_LIMITED' ? [outcome.reason.details] : []))
    expect(refused).toEqual(Array.from({ length: 27 }, () => ({ retryAfter: 1 })))
    // One that failed has made room like any other.
    const later = await Promise.all([2, 4, 6].map((index) => queue.run(() => work(index))))
    expect([later, most]).toEqual([[2, 4, 6], 3])
  })

  test('of passwords goes by that queue, known or not', async () => {
    const hasher = createPasswordHasher({ concurrency: 1, waiting: 2, parameters })
    const stored = await hasher.hash('a password')
    const outcomes = await Promise.all(
      [stored, null, stored, null, stored, null].map((hash) =>
        hasher.verify(hash, 'a password').then(
          ({ matches }) => matches,
          ({ code }) => code,
        ),
      ),
    )
    expect(outcomes).toEqual([true, false, true, 'RATE_LIMITED', 'RATE_LIMITED', 'RATE_LIMITED'])
  })

  test('takes NUL for a character, and forms of one character for the same', async () => {
    const hasher = createPasswordHasher({ parameters })
    const matches = async (set: string, given: string) => (await hasher.verify(await hasher.hash(set), given)).matches
    for (const same of [
      ['caf\u00e9 au lait', 'cafe\u0301 au lait'],
      ['\u212bngström!', '\u00c5ngström!'],
      ['密码密码密码密码', '密码密码密码密码'],
      ['💥'.repeat(1024), '💥'.repeat(1024)],
    ] as const)
      expect([same, await matches(same[0], same[1])]).toEqual([same, true])
    for (const other of [
      ['password\0one', 'password\0two'],
      ['password\0one', 'password'],
      ['Password', 'password'],
      ['password ', 'password'],
      ['x'.repeat(1024), 'x'.repeat(1023)],
      ['x'.repeat(1024), 'x'.repeat(1025)],
    ] as const)
      expect([other, await matches(other[0], other[1])]).toEqual([other, false])
  })

  test('is asked for no password but one of 8 to 1024 characters', async () => {
    for (const good of ['12345678', 'x'.repeat(1024), '💥'.repeat(1024)]) expect(() => checkNewPassword(good, ['input', 'password'])).not.toThrow()
    for (const bad of ['', '1234567', '💥'.repeat(7), 'x'.repeat(1025), 'x'.repeat(5_000_000)])
      expect(await codeOf((async () => checkNewPassword(bad, ['input', 'password']))())).toBe('VALIDATION_FAILED')
  })

  test('is done anew when parameters have risen, and not when they fell', async () => {
    const cheap = createPasswordHasher({ parameters })
    const dear = createPasswordHasher({ parameters: { memoryCost: 16, timeCost: 2, parallelism: 1 } })
    const { rehash } = await dear.verify(await cheap.hash('a password'), 'a password')
    expect(rehash).toMatch(/^\$argon2id\$v=19\$m=16,t=2,p=1\$/)
    expect((await dear.verify(await cheap.hash('a password'), 'another')).rehash).toBeNull()
    expect((await cheap.verify(rehash, 'a password')).rehash).toBeNull()
  })
})
