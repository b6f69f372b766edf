import type { TestClient } from './test-client.ts'

/** A change that was committed, as those who follow changes are told of it. */
export interface CapturedEvent {
  readonly module: string
  readonly operation: 'CREATED' | 'UPDATED' | 'DELETED' | 'RESTORED'
  readonly id: string
  readonly version: number
  readonly changedFields: readonly string[]
  readonly actor: { readonly id: string; readonly name: string } | null
  readonly at: string
}

/** Which ones; all unless given. */
export interface EventFilter {
  readonly module?: string
  readonly operation?: CapturedEvent['operation']
  readonly id?: string
}

const CHANGES = `query ($after: String!) { changes(after: $after, first: 500) { cursor hasNextPage
  nodes { module operation id version changedFields actor { id name } at } } }`

/** Changes behind a place, in their order. */
export async function readEvents(administrator: TestClient, after: string, { module, operation, id }: EventFilter): Promise<readonly CapturedEvent[]> {
  const events: CapturedEvent[] = []
  for (let place: string | null = after; place !== null; ) {
    const { changes }: { changes: { nodes: CapturedEvent[]; cursor: string; hasNextPage: boolean } } = await administrator.query(CHANGES, { after: place })
    events.push(...changes.nodes)
    place = changes.hasNextPage ? changes.cursor : null
  }
  const fits = (wanted: string | undefined, has: string): boolean => wanted === undefined || wanted === has
  return events.filter((event) => fits(module, event.module) && fits(operation, event.operation) && fits(id, event.id))
}
