import { GuanxiError } from '../../errors/index.ts'
import { StaleEpochError } from '../../records/epochs.ts'

export interface GatheredOptions<Q, A> {
  /** Answers all at once, in their order. */
  readonly serve: (questions: readonly [Q, ...Q[]]) => Promise<readonly A[]>
  /** What a question counts for, and what those that are served at once may count together. */
  readonly weight: (question: Q) => number
  readonly most: number
}

interface Asked<Q, A> {
  readonly question: Q
  readonly resolve: (answer: A) => void
  readonly reject: (error: unknown) => void
}

/** Serves together what is asked by the same key in the same turn: all cohorts hear of an advance in one turn, and ask before the next one. */
export class Gathered<Q, A> {
  readonly #options: GatheredOptions<Q, A>
  readonly #asked = new Map<string, Asked<Q, A>[]>()

  constructor(options: GatheredOptions<Q, A>) {
    this.#options = options
  }

  ask(key: string, question: Q): Promise<A> {
    return new Promise((resolve, reject) => {
      const asked = this.#asked.get(key)
      if (asked) {
        asked.push({ question, resolve, reject })
        return
      }
      this.#asked.set(key, [{ question, resolve, reject }])
      setImmediate(() => {
        const all = this.#asked.get(key) ?? []
        this.#asked.delete(key)
        for (const group of this.#grouped(all)) void this.#serve(group)
      })
    })
  }

  async #serve(group: readonly Asked<Q, A>[]): Promise<void> {
    try {
      const answers = await this.#options.serve(group.map(({ question }) => question) as [Q, ...Q[]])
      for (const [index, { resolve }] of group.entries()) resolve(answers[index] as A)
    } catch (error) {
      // Whose values it failed for is not known: each learns by himself, and nobody by the fault of another one.
      if (group.length > 1 && !isOfAll(error)) for (const one of group) void this.#serve([one])
      else for (const { reject } of group) reject(error)
    }
  }

  *#grouped(all: readonly Asked<Q, A>[]): Iterable<readonly Asked<Q, A>[]> {
    const { weight, most } = this.#options
    let group: Asked<Q, A>[] = []
    let sum = 0
    for (const asked of all) {
      const own = weight(asked.question)
      if (group.length > 0 && sum + own > most) {
        yield group
        group = []
        sum = 0
      }
      group.push(asked)
      sum += own
    }
    if (group.length > 0) yield group
  }
}

/** It is no matter of anybody's values: rights or schema have moved on, or the database is not there, which a statement for each would make no better. */
function isOfAll(error: unknown): boolean {
  return error instanceof StaleEpochError || (error instanceof GuanxiError && error.code === 'UNAVAILABLE')
}
