import { LRUCache } from 'lru-cache'
import type { SharedCounters } from '../events/index.ts'

/** What is counted, and for whom. */
export type BudgetName = 'requests' | 'cost' | 'address' | 'signed-out'

/** Most of each in a minute; 0 for no limit. */
export type BudgetLimits = Readonly<Record<BudgetName, number>>

/** How a budget stands after something was taken from it. */
export interface BudgetState {
  readonly name: BudgetName
  /** False: nothing was taken, because it would have been more than there is. */
  readonly allowed: boolean
  readonly limit: number
  readonly remaining: number
  /** Seconds after which as much as was asked for can be had; 0 where it could be had at once. */
  readonly retryAfter: number
  /** Seconds after which nothing of what is used up now counts any more. */
  readonly reset: number
}

/**
 * Limits by the minute, for each key apart. They are kept in this process, so that no request waits for another server, and a second later told to the counters that all nodes share: nodes
 * know of each other with that delay, and each goes on by itself while the counters cannot be reached.
 */
export interface Budgets {
  /** Takes from the key's budget, or tells when to come again. Null where there is no limit. */
  take(name: BudgetName, key: string, amount?: number): BudgetState | null
  /** Exchanges what was counted with other nodes; to be called every second. Rejects where that fails; what was counted is told the next time. */
  settle(): Promise<void>
}

/** Milliseconds. */
export const BUDGET_WINDOW = 60_000
/** Keys that are kept, used last; some 200 bytes each. */
const KEYS = 50_000
/** Keys that are told at once, so that nobody who has many addresses makes much traffic. */
const TOLD_AT_ONCE = 2_000

/** One key's use of the present window and of the one before, by this node and by others. */
interface Use {
  window: number
  own: number
  /** Of `own`, what the shared counters know. */
  told: number
  others: number
  before: number
}

export function createBudgets(limits: BudgetLimits, counters: SharedCounters | null, now: () => number = Date.now): Budgets {
  const uses = new LRUCache<string, Use>({ max: KEYS })
  const untold = new Set<string>()
  let settling: Promise<void> | null = null

  const useOf = (id: string, window: number): Use => {
    let use = uses.get(id)
    if (!use) {
      use = { window, own: 0, told: 0, others: 0, before: 0 }
      uses.set(id, use)
    } else if (use.window !== window) {
      const before = use.window === window - 1 ? use.own + use.others : 0
      Object.assign(use, { window, own: 0, told: 0, others: 0, before })
    }
    return use
  }

  async function exchange(shared: SharedCounters): Promise<void> {
    const window = Math.floor(now() / BUDGET_WINDOW)
    const amounts = new Map<string, number>()
    const told = new Map<string, { readonly use: Use; readonly amount: number }>()
    for (const id of [...untold].slice(0, TOLD_AT_ONCE)) {
      untold.delete(id)
      const use = uses.peek(id)
      if (use?.window !== window || use.own === use.told) continue
      amounts.set(`${id}:${window}`, use.own - use.told)
      told.set(id, { use, amount: use.own - use.told })
    }
    if (amounts.size === 0) return
    try {
      const totals = await shared.add(amounts, 2 * BUDGET_WINDOW)
      for (const [id, { use, amount }] of told) {
        if (use.window !== window) continue
        use.told += amount
        use.others = Math.max(0, (totals.get(`${id}:${window}`) ?? 0) - use.told)
      }
    } catch (error) {
      for (const id of told.keys()) untold.add(id)
      throw error
    }
  }

  return {
    take: (name, key, amount = 1) => {
      const limit = limits[name]
      if (limit === 0) return null
      const at = now()
      const id = `${name}:${key}`
      const use = useOf(id, Math.floor(at / BUDGET_WINDOW))
      const passed = (at % BUDGET_WINDOW) / BUDGET_WINDOW
      // What costs more than there ever is may still be had, by itself.
      const asked = Math.min(amount, limit)
      const used = use.before * (1 - passed) + use.own + use.others
      const allowed = used + asked <= limit
      if (allowed) {
        use.own += amount
        if (counters) untold.add(id)
      }
      const seconds = (windows: number) => Math.ceil((windows * BUDGET_WINDOW) / 1_000)
      return {
        name,
        allowed,
        limit,
        remaining: Math.max(0, Math.floor(limit - used - (allowed ? asked : 0))),
        retryAfter: allowed ? 0 : Math.max(1, seconds(windowsUntil(asked, limit, use, passed))),
        reset: seconds(2 - passed),
      }
    },
    settle: async () => {
      if (counters === null || untold.size === 0) return
      settling ??= exchange(counters).finally(() => {
        settling = null
      })
      await settling
    },
  }
}

/** Share of a window after which `asked` can be had: the use of the window before fades evenly, and the present one's does the same when it has become that. */
function windowsUntil(asked: number, limit: number, { before, own, others }: Use, passed: number): number {
  const room = limit - asked
  const present = own + others
  if (present <= room) return Math.max(0, 1 - passed - (room - present) / before)
  return 1 - passed + (1 - room / present)
}
