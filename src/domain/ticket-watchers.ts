import { endWatchShares, putWatchShares, sharableRecords, type Watch } from '../auth/index.ts'
import { GuanxiError, say } from '../errors/index.ts'
import type { AppliedChange, ModuleRule, PendingChange, RecordImage, RuleContext } from '../records/write/index.ts'

/**
 * Somebody watches a ticket once. Whoever is made a watcher gets the ticket shared to read, so that its changes reach him, and loses that share with the watching; so only who
 * may share the ticket makes others watch it, or takes them away. Who watches by himself gets nothing that he does not have. While the ticket is in the recycle
 * bin the share stays, as all shares do.
 */
export const ticketWatcherRule: ModuleRule = {
  module: 'ticketWatcher',
  async before(changes, context) {
    const added = changes.filter(({ operation }) => operation === 'CREATED' || operation === 'RESTORED')
    const tickets = added.map(({ after }) => after['ticket'] as string)
    await context.images('ticket', tickets, { lock: true })
    const watchers = await context.related('ticketWatcher', 'ticket', tickets)
    const known = new Set([...watchers.values()].flat().map(pairOf))
    for (const change of added) {
      const pair = pairOf(change.after)
      if (known.has(pair)) change.refuse('user', 'DUPLICATE', say`This user already watches this ticket.`)
      known.add(pair)
    }
    if (!context.derived) await requireSharing(changes, context)
  },
  async after(changes, context) {
    const ended = await endedWatches(changes, context)
    const begun = await begunWatches(changes, context)
    if (ended.length === 0 && begun.length === 0) return
    const module = context.registry.module('ticket')
    await context.moveRights(async () => {
      const lost = new Set((await endWatchShares(context, module, ended)).map(textOf))
      const kept = begun.filter(({ from }) => from === null || lost.has(textOf(from)))
      await putWatchShares(
        context,
        module,
        kept.map(({ watch }) => watch),
      )
    })
  },
}

function pairOf({ ticket, user }: RecordImage): string {
  return `${ticket} ${user}`
}

const watchOf = ({ ticket, user }: RecordImage): Watch => ({ recordId: ticket as string, userId: user as string })

/** A watch that begins. */
interface Begun {
  readonly watch: Watch
  /** What it was before it moved: who watched there without a share gets none here either. */
  readonly from: Watch | null
}

const textOf = ({ recordId, userId }: Watch): string => `${recordId} ${userId}`

/** Throws FORBIDDEN where the caller may not share a ticket that others are to watch, or watch no longer. */
async function requireSharing(changes: readonly PendingChange[], context: RuleContext): Promise<void> {
  const { principal, transaction, registry } = context
  const others = changes
    .filter(({ operation, after }) => operation !== 'UPDATED' && after['user'] !== principal.userId)
    .map(({ after }) => after['ticket'] as string)
  const sharable = await sharableRecords(transaction, principal, registry.module('ticket'), others, registry)
  if (others.every((id) => sharable.has(id))) return
  throw new GuanxiError('FORBIDDEN', say`Only who may update this ticket by a role of their own may make others watch it, or take them away.`, {
    module: 'ticket',
    action: 'UPDATE',
  })
}

async function endedWatches(changes: readonly AppliedChange[], context: RuleContext): Promise<readonly Watch[]> {
  const deleted = changes.filter(({ operation }) => operation === 'DELETED').map(({ after }) => watchOf(after))
  const standing = await context.images(
    'ticket',
    deleted.map(({ recordId }) => recordId),
  )
  const moved = changes.filter(hasMoved).map(({ before }) => watchOf(before as RecordImage))
  return [...deleted.filter(({ recordId }) => standing.has(recordId)), ...moved]
}

/** What comes back with its ticket or its user is shared by whoever could share it, and else watches without. */
async function begunWatches(changes: readonly AppliedChange[], context: RuleContext): Promise<readonly Begun[]> {
  const { principal, transaction, registry } = context
  const begun = changes
    .filter((change) => change.operation === 'CREATED' || change.operation === 'RESTORED' || hasMoved(change))
    .map((change) => ({ watch: watchOf(change.after), from: hasMoved(change) ? watchOf(change.before as RecordImage) : null }))
  const others = begun.filter(({ watch }) => watch.userId !== principal.userId)
  const sharable = await sharableRecords(
    transaction,
    principal,
    registry.module('ticket'),
    others.map(({ watch }) => watch.recordId),
    registry,
  )
  return others.filter(({ watch }) => sharable.has(watch.recordId))
}

function hasMoved({ operation, before, after }: AppliedChange): boolean {
  return operation === 'UPDATED' && before?.['ticket'] !== after['ticket']
}
