import { type Executor, isDatabaseLost, type Statement } from '../../records/database.ts'

/** Members of the lists that one statement carries at most. */
const MOST_MEMBERS = 500

interface ListRow {
  readonly fresh: boolean
  readonly data: string
}

interface Asked {
  readonly statement: Statement
  readonly list: readonly unknown[]
  readonly resolve: (rows: ListRow[]) => void
  readonly reject: (error: unknown) => void
}

/**
 * Runs as one what differs in nothing but its list (`Statement.listOf`) and is asked for in the same turn: events of several cohorts, and so of several records, that are read by the same rights. All other
 * statements run as they come.
 */
export class SharedReads implements Executor {
  readonly #executor: Executor
  readonly #asked = new Map<string, Asked[]>()

  constructor(executor: Executor) {
    this.#executor = executor
  }

  query<Row = Record<string, unknown>>(statement: Statement): Promise<Row[]> {
    const { listOf, values = [] } = statement
    const list = listOf === undefined ? undefined : values[listOf]
    if (!Array.isArray(list)) return this.#executor.query<Row>(statement)
    const key = keyOf(statement)
    return new Promise<ListRow[]>((resolve, reject) => {
      const asked = this.#asked.get(key)
      if (asked) {
        asked.push({ statement, list, resolve, reject })
        return
      }
      this.#asked.set(key, [{ statement, list, resolve, reject }])
      setImmediate(() => {
        const all = this.#asked.get(key) ?? []
        this.#asked.delete(key)
        for (const group of grouped(all)) void this.#serve(group)
      })
    }) as Promise<never>
  }

  async #serve(group: readonly Asked[]): Promise<void> {
    const [first] = group
    if (!first) return
    try {
      if (group.length === 1) {
        first.resolve(await this.#executor.query<ListRow>(first.statement))
        return
      }
      const { statement } = first
      const values = [...(statement.values ?? [])]
      values[statement.listOf as number] = group.flatMap(({ list }) => list)
      const [row] = await this.#executor.query<ListRow>({ ...statement, values })
      const members = row ? (JSON.parse(row.data) as unknown[]) : []
      let start = 0
      for (const { list, resolve } of group) {
        resolve(row ? [{ ...row, data: JSON.stringify(members.slice(start, start + list.length)) }] : [])
        start += list.length
      }
    } catch (error) {
      // Whose members it failed for is not known: each learns by himself. Where the database is away, more statements make nothing better.
      if (group.length > 1 && !isDatabaseLost(error)) for (const asked of group) void this.#serve([asked])
      else for (const { reject } of group) reject(error)
    }
  }
}

function keyOf({ text, name, values = [], listOf }: Statement): string {
  return JSON.stringify([name ?? text, values.map((value, index) => (index === listOf ? null : value))])
}

function* grouped(all: readonly Asked[]): Iterable<readonly Asked[]> {
  let group: Asked[] = []
  let members = 0
  for (const asked of all) {
    if (group.length > 0 && members + asked.list.length > MOST_MEMBERS) {
      yield group
      group = []
      members = 0
    }
    group.push(asked)
    members += asked.list.length
  }
  if (group.length > 0) yield group
}
