import { say } from '../errors/index.ts'
import type { AppliedChange, ModuleRule, PendingChange, RecordImage, RuleContext } from '../records/write/index.ts'
import { moneyOf } from './money.ts'

/**
 * An opportunity follows its stage: entering one brings its pipeline, its probability and, unless given, the status that its
 * category stands for (`open`, `won`, `lost`). A won or lost stage admits no other status; in an open stage any status can be
 * set by hand. `closedAt` is set when the status leaves `open` and cleared when it comes back. Each step between stages is kept as
 * an opportunityStageChange. While there are line items, `amount` is their sum and cannot be set otherwise; `expectedRevenue` is
 * computed by the database.
 */
export const opportunityRule: ModuleRule = {
  module: 'opportunity',
  async before(changes, context) {
    const written = changes.filter(({ operation }) => operation !== 'DELETED')
    const moved = written.filter((change) => change.changes('stage') || change.changes('status') || change.changes('pipeline'))
    const stages = await context.images(
      'stage',
      moved.map(({ after }) => after['stage'] as string),
    )
    for (const change of moved) {
      const stage = stages.get(change.after['stage'] as string)
      if (stage) followStage(change, stage)
      followStatus(change, context.at)
    }
    await checkAmounts(written, context)
  },
  after: (changes, context) => recordSteps(changes, context),
}

function followStage(change: PendingChange, stage: RecordImage): void {
  const pipeline = stage['pipeline'] as string
  if (!change.given('pipeline')) change.set('pipeline', pipeline)
  else if (change.after['pipeline'] !== pipeline)
    change.refuse('pipeline', 'PIPELINE_MISMATCH', say`pipeline must be the one that the stage belongs to; leave it out to take that.`)
  const category = stage['category'] as string
  if (change.changes('stage') && !change.given('status')) change.set('status', category)
  else if (category !== 'open' && change.after['status'] !== category) {
    change.refuse(
      'status',
      'STAGE_MISMATCH',
      say`status must be ${category} in the stage ${JSON.stringify(stage['name'])}. Move the opportunity to another stage instead.`,
    )
  }
  if (change.changes('stage') && !change.given('probability')) change.set('probability', stage['probability'] ?? null)
}

function followStatus(change: PendingChange, at: string): void {
  if (!change.changes('status')) return
  const status = change.after['status'] as string
  if (status === 'open') {
    if (!change.given('closedAt')) change.set('closedAt', null)
    return
  }
  if ((change.before?.['status'] ?? 'open') === 'open' && !change.given('closedAt')) change.set('closedAt', at)
  if (!change.given('probability')) change.set('probability', status === 'won' ? '1' : '0')
}

async function checkAmounts(changes: readonly PendingChange[], context: RuleContext): Promise<void> {
  const moved = changes.filter((change) => change.operation === 'UPDATED' && change.changes('amount'))
  const totals = await context.totals(
    'opportunityLineItem',
    'opportunity',
    'total',
    moved.map(({ id }) => id),
  )
  for (const change of moved) {
    const total = totals.get(change.id)
    const amount = moneyOf(change.after['amount'])
    if (!total || (amount?.amount === total.amount && total.currencies.includes(amount.currency))) continue
    change.refuse('amount', 'AMOUNT_FROM_LINES', say`amount is the sum of the line items of the opportunity. Change those, or delete them first.`)
  }
}

async function recordSteps(changes: readonly AppliedChange[], context: RuleContext): Promise<void> {
  const steps = changes.filter(({ operation, before, after }) => operation === 'CREATED' || before?.['stage'] !== after['stage'])
  if (steps.length === 0) return
  const known = steps.filter(({ operation }) => operation !== 'CREATED').map(({ id }) => id)
  const earlier = await context.related('opportunityStageChange', 'opportunity', known, { latestBy: 'changedAt' })
  await context.derive.create(
    'opportunityStageChange',
    steps.map(({ id, before, after }) => {
      const since = (earlier.get(id)?.[0]?.['changedAt'] ?? before?.['createdAt'] ?? null) as string | null
      const amount = moneyOf(after['amount'])
      return {
        opportunity: id,
        fromStage: before?.['stage'] ?? null,
        toStage: after['stage'],
        changedAt: context.at,
        durationSeconds: since === null ? null : Math.max(0, Math.floor((Date.parse(context.at) - Date.parse(since)) / 1000)),
        amount: amount && { amount: amount.amount, currency: amount.currency },
        owner: after['owner'],
        team: after['team'],
      }
    }),
  )
}
