import type { ModuleRule, PendingChange } from '../records/write/index.ts'

const ENDED: ReadonlySet<unknown> = new Set(['resolved', 'closed'])

/** Keeps the times of a ticket: resolved, closed, and how often it was opened again after that. */
export const ticketRule: ModuleRule = {
  module: 'ticket',
  before(changes, { at }) {
    for (const change of changes) if (change.operation !== 'DELETED' && change.changes('status')) keepTimes(change, at)
  },
}

function keepTimes(change: PendingChange, at: string): void {
  const [from, to] = [change.before?.['status'] ?? null, change.after['status']]
  const keep = (field: string, value: unknown) => {
    if (!change.given(field)) change.set(field, value)
  }
  if (to === 'resolved') keep('resolvedAt', at)
  else if (to === 'closed') keep('closedAt', at)
  else if (ENDED.has(from)) {
    keep('resolvedAt', null)
    keep('closedAt', null)
    keep('reopenedCount', ((change.before?.['reopenedCount'] ?? 0) as number) + 1)
  }
}
