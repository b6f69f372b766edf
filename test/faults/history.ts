import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

export type Kind = 'create' | 'update' | 'append' | 'transfer' | 'delete'

/** `unknown`: it may have been carried out or not, nobody can say. */
export type Outcome = 'ok' | 'fail' | 'unknown'

/** One mutation as it was sent once. The same key is sent again where its end is not known, or where the server says that this may help. */
export interface Attempt {
  /** Chosen by the client; what is written carries it. */
  readonly key: string
  readonly kind: Kind
  readonly actor: string
  /** Sent as `x-request-id`; the change set carries it. */
  readonly requestId: string
  /** Existing records that it is about, with the versions that it demands. */
  readonly records: readonly { readonly id: string; readonly version: number }[]
  outcome: Outcome
  /** What was answered. */
  written: readonly { readonly id: string; readonly version: number }[]
  code: string | undefined
  milliseconds: number
}

/** All that was sent and answered in a run, in a file and in memory. */
export interface History {
  readonly path: string
  readonly attempts: readonly Attempt[]
  /** An attempt that is about to be sent; unknown until `end`. */
  invoke(attempt: Omit<Attempt, 'outcome' | 'written' | 'code' | 'milliseconds'>): Attempt
  end(attempt: Attempt, result: Pick<Attempt, 'outcome' | 'written' | 'code'> & { readonly detail?: unknown }): void
  /** Something that was done to the server. */
  note(text: string): void
  /** `keep`: leave the file where it is. */
  close(keep: boolean): void
}

export function openHistory(): History {
  const path = join(mkdtempSync(join(tmpdir(), 'guanxi-faults-')), 'history.jsonl')
  const file = openSync(path, 'a')
  const began = performance.now()
  const begun = new Map<Attempt, number>()
  const attempts: Attempt[] = []
  const append = (line: object): void => void writeSync(file, `${JSON.stringify({ at: Math.round(performance.now() - began), ...line })}\n`)
  return {
    path,
    attempts,
    invoke: (intent) => {
      const attempt: Attempt = { ...intent, outcome: 'unknown', written: [], code: undefined, milliseconds: Number.NaN }
      attempts.push(attempt)
      begun.set(attempt, performance.now())
      append({ type: 'invoke', ...intent })
      return attempt
    },
    end: (attempt, { detail, ...result }) => {
      Object.assign(attempt, result, { milliseconds: performance.now() - (begun.get(attempt) as number) })
      append({ type: result.outcome, requestId: attempt.requestId, code: result.code, written: result.written, ...(detail === undefined ? {} : { detail }) })
    },
    note: (text) => append({ type: 'note', text }),
    close: (keep) => {
      closeSync(file)
      if (!keep) rmSync(dirname(path), { recursive: true, force: true })
    },
  }
}
