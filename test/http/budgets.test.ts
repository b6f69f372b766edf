import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { SharedCounters } from '../../src/events/index.ts'
import { BUDGET_WINDOW, type Budgets, createBudgets } from '../../src/http/budgets.ts'
import { networkOf } from '../../src/lib/client-network.ts'

const LIMITS = { requests: 10, cost: 100, address: 0, 'signed-out': 3 }

/** A clock that is put forward by hand, at the beginning of a window. */
function clock() {
  let at = 1_000 * BUDGET_WINDOW
  const pass = (milliseconds: number): void => {
    at += milliseconds
  }
  return { now: () => at, pass }
}

const taken = (budgets: Budgets, key: string, times: number) => Array.from({ length: times }, () => budgets.take('requests', key)?.allowed)

describe('a budget', () => {
  test('lets as much pass as it holds, for each key and each name apart', () => {
    const { now } = clock()
    const budgets = createBudgets(LIMITS, null, now)
    expect(taken(budgets, 'a', 12)).toEqual([...Array(10).fill(true), false, false])
    expect(taken(budgets, 'b', 1)).toEqual([true])
    expect(budgets.take('signed-out', 'a')).toEqual({ name: 'signed-out', allowed: true, limit: 3, remaining: 2, retryAfter: 0, reset: 120 })
    expect(budgets.take('requests', 'a')).toEqual({ name: 'requests', allowed: false, limit: 10, remaining: 0, retryAfter: 66, reset: 120 })
    expect(budgets.take('address', 'a')).toBeNull()
  })

  test('fills again evenly, not all at once when a minute begins', () => {
    const { now, pass } = clock()
    const budgets = createBudgets(LIMITS, null, now)
    pass(BUDGET_WINDOW - 1)
    expect(taken(budgets, 'a', 10)).toEqual(Array(10).fill(true))
    pass(1)
    expect(taken(budgets, 'a', 1)).toEqual([false])
    pass(BUDGET_WINDOW / 2)
    expect(taken(budgets, 'a', 6)).toEqual([...Array(5).fill(true), false])
    pass(3 * BUDGET_WINDOW)
    expect(taken(budgets, 'a', 11)).toEqual([...Array(10).fill(true), false])
  })

  test('gives what is more than it ever holds to whoever has taken nothing, once', () => {
    const { now, pass } = clock()
    const budgets = createBudgets(LIMITS, null, now)
    expect(budgets.take('cost', 'a', 5_000)?.allowed).toBe(true)
    const { allowed, retryAfter } = budgets.take('cost', 'a', 1) as { allowed: boolean; retryAfter: number }
    expect(allowed).toBe(false)
    pass(retryAfter * 1_000)
    expect(budgets.take('cost', 'a', 1)?.allowed).toBe(true)
  })

  test('says truly when to come again', () => {
    const takes = fc.array(fc.record({ wait: fc.integer({ min: 0, max: 40_000 }), amount: fc.integer({ min: 1, max: 60 }) }), { maxLength: 40 })
    fc.assert(
      fc.property(takes, (steps) => {
        const { now, pass } = clock()
        const budgets = createBudgets(LIMITS, null, now)
        for (const { wait, amount } of steps) {
          pass(wait)
          const first = budgets.take('cost', 'a', amount)
          if (!first || first.allowed) continue
          pass(first.retryAfter * 1_000)
          expect(budgets.take('cost', 'a', amount)).toMatchObject({ allowed: true })
        }
      }),
    )
  })

  test('never lets more than twice of it pass in a minute, whatever the times', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 9_000 }), { maxLength: 200 }), (waits) => {
        const { now, pass } = clock()
        const budgets = createBudgets(LIMITS, null, now)
        const passed: number[] = []
        for (const wait of waits) {
          pass(wait)
          if (budgets.take('requests', 'a')?.allowed) passed.push(now())
          expect(passed.filter((at) => at > now() - BUDGET_WINDOW).length).toBeLessThanOrEqual(2 * LIMITS.requests)
        }
      }),
    )
  })
})

describe('budgets of two nodes', () => {
  function sharedCounters() {
    const totals = new Map<string, number>()
    let down = false
    const counters: SharedCounters = {
      add: async (amounts) => {
        if (down) throw new Error('down')
        for (const [name, amount] of amounts) totals.set(name, (totals.get(name) ?? 0) + amount)
        return new Map([...amounts.keys()].map((name) => [name, totals.get(name) as number]))
      },
      close: () => {},
    }
    const fail = (value: boolean): void => {
      down = value
    }
    return { counters, fail }
  }

  test('count together after an exchange, and each by itself while the counters cannot be reached', async () => {
    const { now } = clock()
    const { counters, fail } = sharedCounters()
    const [one, other] = [createBudgets(LIMITS, counters, now), createBudgets(LIMITS, counters, now)]
    expect(taken(one, 'a', 6)).toEqual(Array(6).fill(true))
    expect(taken(other, 'a', 1)).toEqual([true])
    fail(true)
    await expect(one.settle()).rejects.toThrow('down')
    await expect(other.settle()).rejects.toThrow('down')
    fail(false)
    await one.settle()
    await other.settle()
    // The other node knows of seven now, and has three left.
    expect(taken(other, 'a', 4)).toEqual([true, true, true, false])
    await other.settle()
    expect(taken(one, 'a', 1)).toEqual([true])
    await one.settle()
    expect(taken(one, 'a', 1)).toEqual([false])
  })

  test('what is counted while an exchange is under way is not lost', async () => {
    const { now } = clock()
    const { counters } = sharedCounters()
    const [one, other] = [createBudgets(LIMITS, counters, now), createBudgets(LIMITS, counters, now)]
    taken(one, 'a', 2)
    const exchange = one.settle()
    taken(one, 'a', 5)
    await exchange
    await one.settle()
    taken(other, 'a', 1)
    await other.settle()
    expect(taken(other, 'a', 3)).toEqual([true, true, false])
  })
})

test('the addresses of one IPv6 customer are one', () => {
  expect(networkOf('2001:db8:0:7::1')).toBe(networkOf('2001:db8:0:7:ffff:1:2:3'))
  expect(networkOf('2001:db8:0:8::1')).not.toBe(networkOf('2001:db8:0:7::1'))
  expect([networkOf('198.51.100.7'), networkOf('::ffff:198.51.100.7'), networkOf(null)]).toEqual(['198.51.100.7', '::ffff:198.51.100.7', 'unknown'])
})
