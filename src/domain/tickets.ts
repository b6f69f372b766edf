import { say } from '../errors/index.ts'
import type { ModuleRule, PendingChange } from '../records/write/index.ts'
import { type Category, readCategories } from './complaint-categories.ts'
import { assignTickets } from './ticket-assignment.ts'
import { isEnded } from './ticket-status.ts'
import { recordSteps } from './ticket-status-changes.ts'

/**
 * A ticket keeps its times (resolved, closed, how often it was opened again after that, satisfied) and each step of its status. Its category brings team and priority where they
 * are not given, and an assignee (`assignTickets`). Satisfaction comes after the end, and what was merged into another ticket stays closed.
 */
export const ticketRule: ModuleRule = {
  module: 'ticket',
  async before(changes, context) {
    const written = changes.filter(({ operation }) => operation !== 'DELETED')
    for (const change of written) {
      if (change.changes('status')) keepTimes(change, context.at)
      checkSatisfaction(change, context.at)
    }
    const choosing = written.filter((change) => change.changes('category') && (change.after['category'] ?? null) !== null)
    const categories = await readCategories(
      context,
      choosing.map(({ after }) => after['category'] as string),
    )
    for (const change of choosing) followCategory(change, categories.get(change.after['category'] as string))
    await assignTickets(written, categories, context)
  },
  after: (changes, context) => recordSteps(changes, context),
}

function keepTimes(change: PendingChange, at: string): void {
  const [from, to] = [change.before?.['status'] ?? null, change.after['status']]
  const keep = (field: string, value: unknown) => {
    if (!change.given(field)) change.set(field, value)
  }
  if ((change.before?.['mergedInto'] ?? null) !== null)
    change.refuse('status', 'MERGED', say`This ticket was merged into another one, and stays closed. Go on with that.`)
  if (change.before !== null) keep('statusReason', null)
  if (to === 'resolved') keep('resolvedAt', at)
  else if (to === 'closed') keep('closedAt', at)
  else if (isEnded(from)) {
    keep('resolvedAt', null)
    keep('closedAt', null)
    keep('reopenedCount', ((change.before?.['reopenedCount'] ?? 0) as number) + 1)
  }
}

/** What an import brings along, with its time, may be of an end before the ticket was opened again. */
function checkSatisfaction(change: PendingChange, at: string): void {
  if (change.given('satisfiedAt')) return
  for (const field of ['satisfaction', 'satisfactionComment'])
    if (change.changes(field) && (change.after[field] ?? null) !== null && !isEnded(change.after['status']))
      change.refuse(field, 'NOT_ENDED', say`${field} can be given once the ticket is resolved or closed.`)
  if (change.changes('satisfaction')) change.set('satisfiedAt', (change.after['satisfaction'] ?? null) === null ? null : at)
}

function followCategory(change: PendingChange, category: Category | undefined): void {
  if (!category) return
  if (!category.active) change.refuse('category', 'INACTIVE', say`This category is not active any more. Choose another one.`)
  if (change.operation !== 'CREATED') return
  if (!change.given('team') && category.team !== null) change.set('team', category.team)
  if (!change.given('priority') && category.priority !== null) change.set('priority', category.priority)
}
