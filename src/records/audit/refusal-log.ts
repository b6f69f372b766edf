import type { AuditEntry } from './write-entries.ts'

export interface RefusalLog {
  /** Writes the line of a refusal, whose transaction has been rolled back. Waits for it, but not for long; never throws. */
  note(entry: AuditEntry): Promise<void>
  /** Writes what could not be written before, and how many refusals were left out of windows that have ended; `all`: of all windows. */
  flush(all?: boolean): Promise<void>
}

export interface RefusalLogOptions {
  readonly write: (entries: readonly AuditEntry[]) => Promise<void>
  readonly now: () => Date
  readonly onError: (error: unknown) => void
  /** Lines that each principal gets in each window. */
  readonly most?: number
  /** Milliseconds. */
  readonly window?: number
}

/** Milliseconds for which an answer waits for its line. */
const PATIENCE = 100
/** Lines that wait, while the database cannot be reached, and principals whose refusals are counted. */
const MOST_WAITING = 10_000

interface Window {
  readonly since: Date
  written: number
  leftOut: number
  last: AuditEntry
}

/** Refusals, each in a transaction of its own. A loop of one principal fills no disk: beyond a number in each window its refusals are only counted. */
export function createRefusalLog({ write, now, onError, most = 30, window: length = 60_000 }: RefusalLogOptions): RefusalLog {
  const windows = new Map<string, Window>()
  let waiting: AuditEntry[] = []
  let running: Promise<void> | undefined

  /** Whether the entry gets a line. */
  function admit(entry: AuditEntry): boolean {
    const key = `${entry.actorId} ${entry.apiKeyId ?? ''}`
    let current = windows.get(key)
    if (current && entry.at.getTime() - current.since.getTime() >= length) {
      end(key, current)
      current = undefined
    }
    if (!current) {
      if (windows.size >= MOST_WAITING) for (const [other, each] of windows) end(other, each)
      current = { since: entry.at, written: 0, leftOut: 0, last: entry }
      windows.set(key, current)
    }
    if (current.written < most && waiting.length < MOST_WAITING) {
      current.written += 1
      return true
    }
    current.leftOut += 1
    current.last = entry
    return false
  }

  function end(key: string, { since, leftOut, last }: Window): void {
    windows.delete(key)
    if (leftOut === 0) return
    const details = { leftOut, since: since.toISOString(), until: last.at.toISOString() }
    const { moduleNumber: _module, recordIds: _ids, fields: _fields, ...line } = last
    waiting.push({ ...line, action: 'refusals.leftOut', details })
  }

  async function writeAll(): Promise<void> {
    try {
      while (waiting.length > 0) {
        const batch = waiting
        waiting = []
        try {
          await write(batch)
        } catch (error) {
          waiting = [...batch, ...waiting]
          throw error
        }
      }
    } finally {
      // In the same tick as the last look, so that nobody takes this run for one that is still to see its line.
      running = undefined
    }
  }

  async function flushed(): Promise<void> {
    if (waiting.length === 0 && !running) return
    running ??= writeAll()
    await running
  }

  return {
    note: async (entry) => {
      if (!admit(entry)) return
      waiting.push(entry)
      await soon(flushed().catch(onError))
    },
    flush: async (all = false) => {
      const at = now().getTime()
      for (const [key, each] of windows) if (all || at - each.since.getTime() >= length) end(key, each)
      await flushed()
    },
  }
}

async function soon(work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const patience = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, PATIENCE)
  })
  await Promise.race([work, patience])
  clearTimeout(timer)
}
