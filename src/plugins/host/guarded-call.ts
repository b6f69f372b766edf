import { GuanxiError, say, validationFailed } from '../../errors/index.ts'
import { JobLost } from '../../jobs/job.ts'
import { isDatabaseError } from '../../records/database.ts'
import { StaleEpochError } from '../../records/epochs.ts'
import { REFUSAL, type Refusal, type RefusalCode } from '../api/index.ts'
import { messageFrom } from './message-from.ts'

/** Failures within WINDOW milliseconds that open the circuit, and the milliseconds for which it stays open before one call is let through again. */
const MOST_FAILURES = 5
const WINDOW = 60_000
const PAUSE = 15_000

/** Told of each call that failed: what of the plugin it was, and why. */
export type FailureReport = (plugin: string, what: string, error: unknown) => void

/** A plugin's turn: what it was handed works until it is over. */
export interface Turn {
  readonly isOver: boolean
  /** Throws where it is over, so that what a plugin began and left running touches nothing any more. */
  check(): void
  readonly signal: AbortSignal
}

/** So many calls that have used up a quarter of their time are waited for; meanwhile no more are begun, since each holds a connection, and locks. Work of its own has turns of its own. */
const MOST_SLOW = 3
const OWN_WORK = 30_000

interface Circuit {
  failures: number[]
  /** Milliseconds since the epoch; 0: closed. */
  openUntil: number
  /** When the calls that are under way began. */
  readonly running: Set<{ readonly since: number }>
}

/**
 * Calls of one plugin's code in this process. Each has a time budget; a part of the plugin that fails again and again is not called for a while, so that a broken hook costs
 * nobody else time, connections and locks.
 */
export interface Calls {
  /** `what`: the part, such as `before account`. `until`: ends the call. Throws what the plugin refuses with, PLUGIN_UNAVAILABLE where it fails. */
  run<T>(what: string, budget: number, work: (turn: Turn) => Promise<T> | T, until?: AbortSignal): Promise<T>
}

export function createCalls(
  plugin: string,
  report: FailureReport,
  count: (outcome: string, milliseconds: number) => void,
  clock: () => number = Date.now,
): Calls {
  const circuits = new Map<string, Circuit>()
  const circuitOf = (what: string): Circuit => {
    const known = circuits.get(what) ?? { failures: [], openUntil: 0, running: new Set() }
    circuits.set(what, known)
    return known
  }
  return {
    run: async (what, budget, work, until) => {
      const circuit = circuitOf(what)
      const now = clock()
      const began = performance.now()
      const counted = (outcome: string): void => count(outcome, performance.now() - began)
      const slow = budget < OWN_WORK ? [...circuit.running].filter(({ since }) => now - since > budget / 4).length : 0
      if (circuit.openUntil > now || slow >= MOST_SLOW) {
        counted('not called')
        throw unavailable(plugin)
      }
      // One call tries whether it works again; the others go on being refused until that is known.
      if (circuit.openUntil > 0) circuit.openUntil = now + PAUSE
      const call = { since: now }
      circuit.running.add(call)
      try {
        const value = await within(budget, work, until)
        circuit.openUntil = 0
        circuit.failures = []
        counted('ok')
        return value
      } catch (error) {
        const told = refusalOf(error)
        counted(told === undefined ? 'failed' : 'refused')
        if (told !== undefined) throw told
        circuit.failures = [...circuit.failures.filter((at) => at > now - WINDOW), now]
        if (circuit.failures.length >= MOST_FAILURES) circuit.openUntil = clock() + PAUSE
        report(plugin, what, error)
        throw unavailable(plugin, error)
      } finally {
        circuit.running.delete(call)
      }
    },
  }
}

export function unavailable(plugin: string, cause?: unknown): GuanxiError {
  return new GuanxiError(
    'PLUGIN_UNAVAILABLE',
    say`The plugin ${plugin} does not work at the moment. Try again later, or ask an administrator.`,
    { plugin },
    { cause },
  )
}

async function within<T>(budget: number, work: (turn: Turn) => Promise<T> | T, until: AbortSignal | undefined): Promise<T> {
  const end = new AbortController()
  const turn: Turn = {
    get isOver() {
      return end.signal.aborted
    },
    check: () => {
      if (end.signal.aborted) throw new Error('what a plugin was handed for a call is used after the call')
    },
    signal: end.signal,
  }
  let timer: NodeJS.Timeout | undefined
  let stop = (): void => {}
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`it took more than ${budget} ms`)), budget)
    stop = () => reject(new Error('it was told to stop'))
  })
  late.catch(() => {})
  if (until?.aborted) stop()
  until?.addEventListener('abort', stop, { once: true })
  try {
    const working = (async () => work(turn))()
    // Nobody waits for it any more where it was late.
    working.catch(() => {})
    return await Promise.race([working, late])
  } finally {
    clearTimeout(timer)
    until?.removeEventListener('abort', stop)
    end.abort()
  }
}

/** What a plugin threw, where that is meant for the caller, or for the engine; undefined for a failure of the plugin. */
function refusalOf(error: unknown): unknown {
  if (error instanceof GuanxiError || error instanceof StaleEpochError || error instanceof JobLost || isDatabaseError(error)) return error
  const { [REFUSAL]: isRefusal, code, message, text = message, issues } = (error ?? {}) as Partial<Refusal>
  if (isRefusal !== true) return undefined
  if (!CODES.has(code as RefusalCode)) return undefined
  if (code === 'VALIDATION_FAILED') {
    const told = issues?.length ? issues : [{ path: [], code: 'REFUSED', message: text ?? '' }]
    return validationFailed(told.map((issue) => ({ ...issue, message: messageFrom(issue.message) })))
  }
  return new GuanxiError(code as RefusalCode, messageFrom(text))
}

const CODES: ReadonlySet<RefusalCode> = new Set(['VALIDATION_FAILED', 'FORBIDDEN', 'NOT_FOUND', 'DUPLICATE', 'LIMIT_EXCEEDED', 'UNAVAILABLE'])
