import { GuanxiError } from '../../errors/index.ts'
import type { Executor } from '../../records/database.ts'
import { StaleEpochError } from '../../records/epochs.ts'
import { runChanges, type SeenChange } from '../../records/read/index.ts'
import { changesReaderOf, readWindow, type WindowRequest } from './windows.ts'

/** Readers whom one statement serves at most; bounds what it carries. */
const MOST_READERS = 200

interface Asked {
  readonly request: WindowRequest
  readonly resolve: (seen: SeenChange[]) => void
  readonly reject: (error: unknown) => void
}

/**
 * Reads windows of changes for many cohorts: those who ask at the same moment for the same window, and whose statements differ in values only (another value in the filter, another owner in the scope), are
 * served by one statement, which looks at each change once.
 */
export class SharedWindows {
  readonly #executor: Executor
  readonly #asked = new Map<string, Asked[]>()

  constructor(executor: Executor) {
    this.#executor = executor
  }

  /** As `readWindow`. Throws StaleEpochError. */
  read(request: WindowRequest): Promise<SeenChange[]> {
    // What others have shared is looked up once a statement for one reader, and anew at each change for several.
    if (request.reader.principal.policy.shared.size > 0) return readWindow(request, this.#executor)
    const key = keyOf(request)
    return new Promise((resolve, reject) => {
      const asked = this.#asked.get(key)
      if (asked) {
        asked.push({ request, resolve, reject })
        return
      }
      this.#asked.set(key, [{ request, resolve, reject }])
      // All cohorts hear of an advance in one turn, and ask before the next one.
      setImmediate(() => {
        const readers = this.#asked.get(key) ?? []
        this.#asked.delete(key)
        for (let start = 0; start < readers.length; start += MOST_READERS) void this.#serve(readers.slice(start, start + MOST_READERS))
      })
    })
  }

  async #serve(readers: readonly Asked[]): Promise<void> {
    const [first, ...others] = readers
    if (!first) return
    try {
      const seen = await runChanges([changesReaderOf(first.request), ...others.map(({ request }) => changesReaderOf(request))], this.#executor)
      for (const [index, { resolve }] of readers.entries()) resolve(seen[index] ?? [])
    } catch (error) {
      // Whose values the statement failed for is not known: each learns by himself, and nobody by the fault of another one.
      if (others.length > 0 && !isOfAll(error)) for (const reader of readers) void this.#serve([reader])
      else for (const { reject } of readers) reject(error)
    }
  }
}

/** It is no matter of anybody's values: rights or schema have moved on, or the database is not there, which a statement for each would make no better. */
function isOfAll(error: unknown): boolean {
  return error instanceof StaleEpochError || (error instanceof GuanxiError && error.code === 'UNAVAILABLE')
}

function keyOf({ plan, window: { after, upTo }, reader: { principal } }: WindowRequest): string {
  const { schema, access } = principal.policy.epochs
  return `${plan.together.name} ${after} ${upTo} ${schema} ${access}`
}
