import type { Database } from '../records/database.ts'
import type { Signals } from './signals.ts'

/** Changes that got their places, up to `upTo`, decimal text. */
export interface Advance {
  readonly upTo: string
  /** Numbers of the modules that the changes since the last advance are of; null where they are not known. */
  readonly modules: ReadonlySet<number> | null
}

/** Tells this node of changes as they get their places. */
export interface Tail {
  /** Calls with the present place soon, and with each advance from then on, in order; answers an unsubscribe function. */
  onAdvance(listener: (advance: Advance) => void): () => void
  stop(): Promise<void>
}

export interface TailOptions {
  readonly database: Database
  readonly signals: Pick<Signals, 'subscribe'>
  readonly onError: (error: unknown) => void
}

/** Topic of the signal that the stamper gave places to changes. */
export const CHANGES_TOPIC = 'changes'

/** Milliseconds between two looks while nobody wakes it: a signal may be lost. */
const INTERVAL = 500

/** Reads nothing while nobody listens. A signal only wakes: what there is, is read from the database, so that none is missed however many signals are. */
export function followChanges({ database, signals, onError }: TailOptions): Tail {
  const listeners = new Set<(advance: Advance) => void>()
  /** Those who have been told the present place. */
  const told = new Set<(advance: Advance) => void>()
  let position: string | undefined
  let stopped = false
  let awake = false
  let wake = (): void => {}

  async function look(): Promise<void> {
    const [row] = await database.query<{ upTo: string; modules: readonly number[] }>({
      text: `SELECT outbox_position::text AS "upTo",
        CASE WHEN outbox_position > $1::bigint THEN ARRAY(SELECT DISTINCT module_number FROM outbox WHERE position > $1::bigint AND position <= outbox_position) ELSE '{}' END AS modules
        FROM stamper`,
      values: [position ?? null],
      purpose: 'background',
    })
    if (!row) return
    const isAhead = position !== row.upTo
    position = row.upTo
    const modules = new Set(row.modules)
    for (const listener of [...listeners]) {
      if (!told.has(listener)) listener({ upTo: row.upTo, modules: null })
      else if (isAhead) listener({ upTo: row.upTo, modules })
      told.add(listener)
    }
  }

  const running = (async () => {
    while (!stopped) {
      const isHeard = listeners.size > 0
      if (!isHeard) position = undefined
      awake = false
      if (isHeard) await look().catch(onError)
      if (stopped || awake) continue
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, INTERVAL).unref()
        wake = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    }
  })()

  const wakeUp = (): void => {
    awake = true
    wake()
  }
  const forget = signals.subscribe(CHANGES_TOPIC, wakeUp)
  return {
    onAdvance: (listener) => {
      listeners.add(listener)
      wakeUp()
      return () => {
        listeners.delete(listener)
        told.delete(listener)
      }
    },
    stop: async () => {
      stopped = true
      forget()
      wakeUp()
      await running
    },
  }
}
