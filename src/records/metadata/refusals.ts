import { GuanxiError, type Issue } from '../../errors/index.ts'

type Path = readonly (string | number)[]

const REFUSALS: ReadonlySet<string> = new Set(['VALIDATION_FAILED', 'DUPLICATE', 'LIMIT_EXCEEDED'])

/** What stands against parts of a change. A real one ends at the first; a plan goes on without that part and tells them all. */
export class Refusals {
  readonly #isPlan: boolean
  readonly #issues: Issue[] = []

  constructor(isPlan: boolean) {
    this.#isPlan = isPlan
  }

  /** Keeps what a part was refused with, and answers it. Throws the error again where it is no refusal, or the change is a real one. `path`: of the part. */
  keep(error: unknown, path: Path): readonly Issue[] {
    if (!this.#isPlan || !(error instanceof GuanxiError) || !REFUSALS.has(error.code)) throw error
    const { issues } = error.details as { readonly issues?: readonly Issue[] }
    const kept = issues && issues.length > 0 ? issues : [{ path, code: error.code, message: error.text }]
    // What the whole leads to names no place of its own.
    const placed = kept.map((issue) => (issue.path.length > 1 ? issue : { ...issue, path }))
    for (const issue of placed) this.tell(issue)
    return placed
  }

  /** Notes what was found without anybody being refused; what is known is not told twice. */
  tell(issue: Issue): void {
    const isKnown = this.#issues.some(({ path, code }) => code === issue.code && path.length === issue.path.length && isWithin(path, issue.path))
    if (!isKnown) this.#issues.push(issue)
  }

  /** Runs `work`; true where it was not refused. */
  async allow(path: Path, work: () => unknown): Promise<boolean> {
    try {
      await work()
      return true
    } catch (error) {
      this.keep(error, path)
      return false
    }
  }

  /** Those of a part and of what is in it; `but`: paths of parts in it that tell their own. */
  of(path: Path, but: readonly Path[] = []): readonly Issue[] {
    return this.#issues.filter((issue) => isWithin(issue.path, path) && !but.some((other) => isWithin(issue.path, other)))
  }
}

export function isWithin(path: Path, whole: Path): boolean {
  return whole.every((part, index) => path[index] === part)
}
