import type { Executor, Statement } from '../../records/database.ts'
import { Gathered } from './gathered.ts'

/** Members of the lists that one statement carries at most. */
const MOST_MEMBERS = 500

interface ListRow {
  readonly fresh: boolean
  readonly data: string
}

/** A statement, and the list in it. */
interface ListRead {
  readonly statement: Statement
  readonly list: readonly unknown[]
}

/**
 * Runs as one what differs in nothing but its list (`Statement.listOf`) and is asked for in the same turn: events of several cohorts, and so of several records, that are read by the same rights. All other
 * statements run as they come.
 */
export class SharedReads implements Executor {
  readonly #executor: Executor
  readonly #reads = new Gathered<ListRead, ListRow[]>({ serve: (reads) => this.#serve(reads), weight: ({ list }) => list.length, most: MOST_MEMBERS })

  constructor(executor: Executor) {
    this.#executor = executor
  }

  query<Row = Record<string, unknown>>(statement: Statement): Promise<Row[]> {
    const { listOf, values = [] } = statement
    const list = listOf === undefined ? undefined : values[listOf]
    if (!Array.isArray(list)) return this.#executor.query<Row>(statement)
    return this.#reads.ask(keyOf(statement), { statement, list }) as Promise<never>
  }

  async #serve(reads: readonly [ListRead, ...ListRead[]]): Promise<readonly ListRow[][]> {
    const [{ statement }] = reads
    if (reads.length === 1) return [await this.#executor.query<ListRow>(statement)]
    const values = [...(statement.values ?? [])]
    values[statement.listOf as number] = reads.flatMap(({ list }) => list)
    const [row] = await this.#executor.query<ListRow>({ ...statement, values })
    if (!row) return reads.map(() => [])
    const members = JSON.parse(row.data) as unknown[]
    let start = 0
    return reads.map(({ list }) => {
      const own = members.slice(start, start + list.length)
      start += list.length
      return [{ ...row, data: JSON.stringify(own) }]
    })
  }
}

function keyOf({ text, name, values = [], listOf }: Statement): string {
  return JSON.stringify([name ?? text, values.map((value, index) => (index === listOf ? null : value))])
}
