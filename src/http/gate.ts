import type { FastifyReply, FastifyRequest } from 'fastify'
import { ERROR_CODES, type ErrorCode, GuanxiError, type Message, say } from '../errors/index.ts'
import { networkOf } from '../lib/client-network.ts'
import type { Principal } from '../records/access/policy.ts'
import { BUDGET_WINDOW, type BudgetName, type BudgetState, type Budgets } from './budgets.ts'
import { sendError } from './error-body.ts'

/** Why a request goes no further. */
export interface Refusal {
  readonly code: Extract<ErrorCode, 'RATE_LIMITED' | 'UNAVAILABLE'>
  readonly message: Message
  /** Seconds. */
  readonly retryAfter: number
  /** Further members of the error's `extensions`. */
  readonly details: Readonly<Record<string, unknown>>
}

/** What a request has to pass, over either transport, before anything is done for it. */
export interface Gate {
  /** Before it is read: refuses all requests while the process has more to do than it can, and those of an address that has sent too many. */
  enter(ip: string | null): Refusal | null
  /** When it is known whose it is: counts it for the user, or for the address of whoever is not signed in. */
  count(userId: string | null, ip: string | null): { readonly refusal: Refusal | null; readonly state: BudgetState | null }
}

export interface GateOptions {
  readonly budgets: Budgets
  /** Why the process takes nothing more at the moment; null where it does. */
  readonly overload: () => Message | null
}

export function createGate({ budgets, overload }: GateOptions): Gate {
  return {
    enter: (ip) => {
      const reason = overload()
      if (reason !== null) return { code: 'UNAVAILABLE', message: say`${reason} Try again in a second.`, retryAfter: 1, details: { retryAfter: 1 } }
      return refusalOf(budgets.take('address', networkOf(ip)))
    },
    count: (userId, ip) => {
      const state = userId === null ? budgets.take('signed-out', networkOf(ip)) : budgets.take('requests', userId)
      return { refusal: refusalOf(state), state }
    },
  }
}

/** Takes what an operation costs from the budget of its user; throws RATE_LIMITED where that is used up. */
export function chargeCost(budgets: Budgets): (principal: Principal, cost: number) => void {
  return ({ userId }, cost) => {
    const refusal = refusalOf(budgets.take('cost', userId, cost))
    if (refusal) throw new GuanxiError(refusal.code, refusal.message, refusal.details)
  }
}

const WHAT: Readonly<Record<BudgetName, (limit: number) => Message>> = {
  requests: (limit) => say`A user may send ${limit} requests in a minute.`,
  cost: (limit) => say`The operations of a user may cost ${limit} in a minute.`,
  address: (limit) => say`${limit} requests may come from one network address in a minute.`,
  'signed-out': (limit) => say`${limit} requests without sign-in may come from one network address in a minute.`,
}

function refusalOf(state: BudgetState | null): Refusal | null {
  if (state === null || state.allowed) return null
  const { name, limit, retryAfter } = state
  const details = { retryAfter, limitName: name, limit, window: BUDGET_WINDOW / 1_000 }
  return { code: 'RATE_LIMITED', message: say`${WHAT[name](limit)} Try again in ${retryAfter} seconds.`, retryAfter, details }
}

/** Headers that tell of a budget. https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/ */
export function budgetHeaders({ name, limit, remaining, reset }: BudgetState): Readonly<Record<'ratelimit-policy' | 'ratelimit', string>> {
  return { 'ratelimit-policy': `"${name}";q=${limit};w=${BUDGET_WINDOW / 1_000}`, ratelimit: `"${name}";r=${remaining};t=${reset}` }
}

/** Answers a request over HTTP that goes no further. */
export function sendRefusal(request: FastifyRequest, reply: FastifyReply, refusal: Refusal): FastifyReply {
  return sendError(request, reply.header('retry-after', refusal.retryAfter), ERROR_CODES[refusal.code].status, refusal)
}
