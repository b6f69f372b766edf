import type { Executor } from '../../records/database.ts'
import { runChanges, type SeenChange } from '../../records/read/index.ts'
import { Gathered } from './gathered.ts'
import { changesReaderOf, readWindow, type WindowRequest } from './windows.ts'

/** Readers whom one statement serves at most; bounds what it carries. */
const MOST_READERS = 200

/**
 * Reads windows of changes for many cohorts: those who ask at the same moment for the same window, and whose statements differ in values only (another value in the filter, another owner in the scope), are
 * served by one statement, which looks at each change once.
 */
export class SharedWindows {
  readonly #executor: Executor
  readonly #windows = new Gathered<WindowRequest, SeenChange[]>({
    serve: ([first, ...others]) => runChanges([changesReaderOf(first), ...others.map(changesReaderOf)], this.#executor),
    weight: () => 1,
    most: MOST_READERS,
  })

  constructor(executor: Executor) {
    this.#executor = executor
  }

  /** As `readWindow`. Throws StaleEpochError. */
  read(request: WindowRequest): Promise<SeenChange[]> {
    // What others have shared is looked up once a statement for one reader, and anew at each change for several.
    if (request.reader.principal.policy.shared.size > 0) return readWindow(request, this.#executor)
    return this.#windows.ask(keyOf(request), request)
  }
}

function keyOf({ plan, window: { after, upTo }, reader: { principal } }: WindowRequest): string {
  const { schema, access } = principal.policy.epochs
  return `${plan.together.name} ${after} ${upTo} ${schema} ${access}`
}
