import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { createPasswordResets } from '../../src/auth/password-resets.ts'
import { PROVE } from '../support/nodes.ts'
import { type Identity, ORIGIN, openIdentity } from './kit.ts'

/** Whether somebody has an address shows neither in what is done, nor in the time that it takes. */
const SAMPLES = 200
/** Something else on the machine may fall on one side once; a difference falls there each time. */
const ROUNDS = 3

let identity: Identity
let known: string
let turn = 0

beforeAll(async () => {
  identity = await openIdentity({ limits: { account: 100_000, address: 100_000, requests: 100_000 } })
  known = (await identity.addUser()).email
}, 60_000)
afterAll(() => identity.close())

const unknown = () => `nobody${turn++}@example.com`
const refused = (email: string) =>
  identity.sessions.signIn({ email, password: 'wrong password' }, ORIGIN).then(
    () => 'signed in',
    ({ code, message, details }) => JSON.stringify([code, message, details]),
  )
const asked = async (email: string) =>
  JSON.stringify(await createPasswordResets({ database: identity.database, throttle: identity.addresses }).request({ email }, ORIGIN))

describe.each([
  ['signing in', refused],
  ['asking for a new password', asked],
] as const)('%s', (_what, work) => {
  test('does the same and says the same for somebody and for nobody', async () => {
    const seen = async (email: string) => {
      const from = identity.statements.length
      const answer = await work(email)
      // One account in sixty-four, there or not, tidies up.
      return { answer, statements: identity.statements.slice(from).flatMap(({ text }) => (text.includes('SKIP LOCKED') ? [] : [text])) }
    }
    const [somebody, nobody] = [await seen(known), await seen(unknown())]
    expect(nobody).toEqual(somebody)
    expect(somebody.statements.length).toBeGreaterThan(2)
  })

  // Each side in turn, so that whatever else the machine does falls on both.
  if (!PROVE) return
  test(`takes the same time, as far as ${SAMPLES} samples of each show`, async () => {
    const values: number[] = []
    for (let round = 0; round < ROUNDS; round += 1) {
      const [somebody, nobody] = [[] as number[], [] as number[]]
      for (let sample = 0; sample < SAMPLES; sample += 1)
        for (const side of sample % 2 === 0 ? [somebody, nobody] : [nobody, somebody]) {
          const email = side === somebody ? known : unknown()
          const began = performance.now()
          await work(email)
          side.push(performance.now() - began)
        }
      values.push(mannWhitney(somebody, nobody))
      if ((values.at(-1) as number) > 0.01) break
    }
    expect(Math.max(...values)).toBeGreaterThan(0.01)
  }, 600_000)
})

test('the measure finds a difference where there is one', () => {
  const sample = (shift: number) => Array.from({ length: SAMPLES }, (_, index) => 15 + ((index * 7919) % 101) / 50 + shift)
  expect(mannWhitney(sample(0), sample(0))).toBeGreaterThan(0.9)
  expect(mannWhitney(sample(0), sample(0.5))).toBeLessThan(0.01)
})

/** Two-sided p of the Mann–Whitney U test, by its normal approximation; ties share their ranks. */
function mannWhitney(left: readonly number[], right: readonly number[]): number {
  const all = [...left.map((value) => ({ value, isLeft: true })), ...right.map((value) => ({ value, isLeft: false }))].sort((a, b) => a.value - b.value)
  let ranks = 0
  for (let start = 0; start < all.length; ) {
    let end = start
    while (end < all.length && all[end]?.value === all[start]?.value) end += 1
    for (let index = start; index < end; index += 1) if (all[index]?.isLeft) ranks += (start + end + 1) / 2
    start = end
  }
  const [m, n] = [left.length, right.length]
  const u = ranks - (m * (m + 1)) / 2
  const z = (u - (m * n) / 2) / Math.sqrt((m * n * (m + n + 1)) / 12)
  return 2 * (1 - normal(Math.abs(z)))
}

/** The cumulative normal distribution; Abramowitz and Stegun 26.2.17, to 7.5e-8. */
function normal(x: number): number {
  const t = 1 / (1 + 0.2316419 * x)
  const tail = t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))))
  return 1 - (Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI)) * tail
}
