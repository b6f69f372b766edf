import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { type DurableFile, durableFile } from './durable-file.js'
import { OperationError } from './guanxi/client.js'
import { withRetries } from './retry.js'

/** How far a file of the ERP has been sent. Whatever is about to be sent is written down first, with its key: after a crash the very same is sent again. */
interface Journal {
  /** Lines that are done. */
  readonly done: number
  readonly sending: { readonly until: number; readonly without: readonly number[]; readonly key: string } | null
  /** Lines that the server refuses, and why: for somebody to look at. */
  readonly refused: readonly { readonly line: number; readonly reasons: readonly string[] }[]
}

export interface LineFile<Line> {
  /** One JSON value a line; lines are only ever added. */
  readonly path: string
  /** Where the journal is kept. */
  readonly journal: string
  /** Lines in one call. */
  readonly batch: number
  /** All of them in one mutation, with this key; all are written or none. */
  send(lines: readonly Line[], idempotencyKey: string): Promise<unknown>
}

/** Sends what has been added to the file. Each line takes effect once, however often this process is killed. Lines that are refused are set aside, and the others of their batch go on. */
export async function sendLines<Line>({ path, journal: journalPath, batch, send }: LineFile<Line>): Promise<void> {
  const journal: DurableFile<Journal> = durableFile(journalPath, { done: 0, sending: null, refused: [] })
  const lines = completeLines(path)
  for (let state = journal.read(); state.done < lines.length; ) {
    const sending = state.sending ?? { until: Math.min(state.done + batch, lines.length), without: [], key: randomUUID() }
    if (!state.sending) await journal.write({ ...state, sending })
    const numbers = range(state.done, sending.until).filter((number) => !sending.without.includes(number))
    try {
      if (numbers.length > 0)
        await withRetries(() =>
          send(
            numbers.map((number) => JSON.parse(lines[number] as string) as Line),
            sending.key,
          ),
        )
      state = { ...state, done: sending.until, sending: null }
    } catch (error) {
      const reasons = reasonsByItem(error)
      if (reasons.size === 0) throw error
      const refused = [...reasons].map(([item, texts]) => ({ line: numbers[item] as number, reasons: texts }))
      // Another content is another thing to do: it needs another key.
      const without = [...sending.without, ...refused.map(({ line }) => line)]
      state = { ...state, refused: [...state.refused, ...refused], sending: { until: sending.until, without, key: randomUUID() } }
    }
    await journal.write(state)
  }
}

/** The issues of a refusal by the items of the list that they belong to; none where it is not about items. */
function reasonsByItem(error: unknown): ReadonlyMap<number, readonly string[]> {
  const found = new Map<number, string[]>()
  if (!(error instanceof OperationError)) return found
  for (const { extensions } of error.errors) {
    for (const { path, message } of (extensions['issues'] ?? []) as readonly { readonly path: readonly unknown[]; readonly message: string }[]) {
      const [, item] = path
      if (typeof item === 'number') found.set(item, [...(found.get(item) ?? []), message])
    }
  }
  return found
}

/** A last line without an end is still being written. */
function completeLines(path: string): readonly string[] {
  return readFileSync(path, 'utf8').split('\n').slice(0, -1)
}

function range(from: number, to: number): readonly number[] {
  return Array.from({ length: to - from }, (_, index) => from + index)
}
