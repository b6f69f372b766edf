import type { HistoryPage } from '../../records/read/index.ts'
import { PlainSource } from '../operation.ts'

/** A page of history in the shape of `RecordHistoryConnection`. */
export function historyConnection(page: HistoryPage, hasPreviousPage: boolean): PlainSource {
  const nodes = page.entries.map(
    ({ cursor: _cursor, ...entry }) =>
      new PlainSource({ ...entry, actor: entry.actor && new PlainSource(entry.actor), changes: entry.changes.map((change) => new PlainSource(change)) }),
  )
  return new PlainSource({
    nodes,
    edges: nodes.map((node, index) => new PlainSource({ node, cursor: page.entries[index]?.cursor })),
    pageInfo: new PlainSource({
      hasNextPage: page.hasNextPage,
      hasPreviousPage,
      startCursor: page.entries[0]?.cursor ?? null,
      endCursor: page.entries.at(-1)?.cursor ?? null,
    }),
    totalCount: page.totalCount,
  })
}
