import type { AppliedChange, RuleContext } from '../records/write/index.ts'

/** Keeps each step of a ticket from one status to another as a ticketStatusChange, with the time spent, where the step before is known, and the reason given. */
export async function recordSteps(changes: readonly AppliedChange[], context: RuleContext): Promise<void> {
  const steps = changes.filter(({ operation, before, after }) => operation === 'CREATED' || before?.['status'] !== after['status'])
  if (steps.length === 0) return
  const known = steps.filter(({ operation }) => operation !== 'CREATED').map(({ id }) => id)
  const earlier = await context.related('ticketStatusChange', 'ticket', known, { latestBy: 'changedAt' })
  await context.derive.create(
    'ticketStatusChange',
    steps.map(({ id, before, after }) => {
      const since = (earlier.get(id)?.[0]?.['changedAt'] ?? null) as string | null
      return {
        ticket: id,
        fromStatus: before?.['status'] ?? null,
        toStatus: after['status'],
        changedAt: context.at,
        durationSeconds: since === null ? null : Math.max(0, Math.floor((Date.parse(context.at) - Date.parse(since)) / 1000)),
        reason: after['statusReason'] ?? null,
        owner: after['owner'],
        team: after['team'],
      }
    }),
  )
}
