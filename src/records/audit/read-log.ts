import type { Principal } from '../access/policy.ts'
import { type AuditEntry, type AuditOrigin, actorOf } from './write-entries.ts'

/** One module's sensitive fields as one operation showed or exported them. */
export interface SensitiveRead {
  readonly principal: Principal
  readonly verb: 'read' | 'export'
  readonly module: { readonly name: string; readonly number: number }
  /** Ids of the fields. */
  readonly fields: readonly string[]
  /** The records that showed them; null for aggregates, which show no record. */
  readonly ids: ReadonlySet<string> | null
  /** Digest of what was asked for; needed for aggregates and for more records than are named. */
  readonly asked: string | null
}

export interface ReadLog {
  /** Keeps in memory what was shown, before it goes out. Waits only where far too much is waiting to be written, and throws where that cannot be written. */
  note(reads: readonly SensitiveRead[], origin: AuditOrigin): Promise<void> | undefined
  /** Writes all that was noted. What cannot be written is kept for the next time. */
  flush(): Promise<void>
}

export interface ReadLogOptions {
  readonly write: (entries: readonly AuditEntry[]) => Promise<void>
  readonly now: () => Date
}

/** Records that one row names; of more it tells how many there were, and a digest of what was asked. */
export const MOST_NAMED = 100
/** Rows that wait at most. Beyond, nothing sensitive goes out before they are written. */
const MOST_WAITING = 10_000
const BATCH = 500

interface Waiting {
  readonly entry: Omit<AuditEntry, 'recordIds' | 'details'>
  readonly read: SensitiveRead
  readonly ids: Set<string>
  readonly count: number | null
  operations: number
  until: Date
}

/**
 * Who has read sensitive fields. Nothing waits for the writing. What one principal reads again and again by one operation between two flushes becomes one row
 * that says how often, so that a screen that polls does not fill the disk.
 */
export function createReadLog({ write, now }: ReadLogOptions): ReadLog {
  let open = new Map<string, Waiting>()
  let closed: Waiting[] = []
  let running: Promise<void> | undefined

  function add(read: SensitiveRead, origin: AuditOrigin): void {
    const { principal, verb, module, fields, asked } = read
    const count = read.ids !== null && read.ids.size > MOST_NAMED ? read.ids.size : null
    const ids = count === null ? new Set(read.ids) : new Set<string>()
    const actor = actorOf(principal)
    const told = count === null && read.ids !== null ? null : [asked, count]
    const key = JSON.stringify([Object.values(actor), verb, module.number, fields, origin.operation, origin.rootFields, origin.client, origin.ip, told])
    const at = now()
    const known = open.get(key)
    const added = known ? [...ids].filter((id) => !known.ids.has(id)) : []
    if (known && known.ids.size + added.length <= MOST_NAMED) {
      for (const id of added) known.ids.add(id)
      known.operations += 1
      known.until = at
      return
    }
    if (known) closed.push(known)
    const entry = { ...actor, at, action: `${module.name}.${verb}`, moduleNumber: module.number, fields, origin, result: 'ok' }
    open.set(key, { entry, read, ids, count, operations: 1, until: at })
  }

  async function writeAll(): Promise<void> {
    closed.push(...open.values())
    open = new Map()
    while (closed.length > 0) {
      const batch = closed.slice(0, BATCH)
      await write(batch.map(entryOf))
      closed = closed.slice(batch.length)
    }
  }

  const flush = async (): Promise<void> => {
    // One after another: two that write the same rows would write them twice.
    while (running) await running.catch(() => {})
    running = writeAll()
    try {
      await running
    } finally {
      running = undefined
    }
  }

  return {
    note: (reads, origin) => {
      for (const read of reads) add(read, origin)
      return open.size + closed.length > MOST_WAITING ? flush() : undefined
    },
    flush,
  }
}

function entryOf({ entry, read, ids, count, operations, until }: Waiting): AuditEntry {
  const details = {
    ...(count !== null && { count }),
    ...(read.ids === null && { aggregated: true }),
    ...((count !== null || read.ids === null) && { asked: read.asked }),
    ...(operations > 1 && { operations, until: until.toISOString() }),
  }
  return { ...entry, recordIds: [...ids].sort(), details: Object.keys(details).length === 0 ? null : details }
}
