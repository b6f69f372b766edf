import { z } from 'zod'
import { say } from '../errors/index.ts'
import { isUuid } from '../lib/record-id.ts'
import { enqueue } from '../records/jobs/enqueue.ts'
import type { JobKind } from '../records/jobs/job-kind.ts'
import type { AppliedChange, ModuleRule, PendingChange, RecordImage, RuleContext } from '../records/write/index.ts'

/** Sends one delivery. */
export const SEND_DELIVERY: JobKind<{ readonly delivery: string }> = Object.freeze({
  name: 'delivery.send',
  payload: z.strictObject({ delivery: z.string().refine(isUuid) }),
})

/** How often the job of a delivery is begun at most. How often a message is tried says the schedule of retries; this bounds what goes wrong before that. */
export const SEND_ATTEMPTS = 25

/** States in which a delivery has ended without success, from which it may be queued again. */
const UNSENT: ReadonlySet<unknown> = new Set(['failed', 'dead', 'skipped'])
/** States in which it needs a job. */
const UNDER_WAY: ReadonlySet<unknown> = new Set(['queued', 'sending'])

/**
 * Deliveries are written by the system; whoever may update them may do one thing, queue those again that ended without success. Each that is queued gets its job in the same
 * transaction.
 */
export const deliveryRule: ModuleRule = {
  module: 'delivery',
  before(changes, { principal, at }) {
    for (const change of changes) {
      if (change.operation === 'CREATED') refuseHandMade(change)
      else if (change.operation === 'UPDATED' && principal.kind !== 'system') {
        if (change.changes('state')) queueAgain(change, at)
        for (const name of KEPT) if (change.changes(name)) change.refuse(name, 'READ_ONLY', say`${name} of a delivery stays as the system wrote it.`)
      }
    }
  },
  after: (changes, context) =>
    enqueue(
      context.transaction,
      SEND_DELIVERY,
      changes.filter(needsJob).map(({ id, after }) => ({
        payload: { delivery: id },
        key: id,
        attempts: SEND_ATTEMPTS,
        ...(typeof after['nextAttemptAt'] === 'string' && { runAt: after['nextAttemptAt'] }),
      })),
    ),
}

/** What every record has, and decides here who reads what was sent. */
const KEPT = ['owner', 'team', 'source'] as const

/** What the system makes names its channel, which no caller can give. */
function refuseHandMade(change: PendingChange): void {
  if (!change.given('channel'))
    change.refuse(null, 'SYSTEM_WRITTEN', say`Deliveries are made by the system, when a reminder fires that has the channel "email".`)
}

function queueAgain(change: PendingChange, at: string): void {
  if (change.after['state'] !== 'queued' || !UNSENT.has(change.before?.['state'])) {
    change.refuse('state', 'SYSTEM_WRITTEN', say`state is set by the system. What is failed, dead or skipped can be changed to "queued", which tries it again.`)
    return
  }
  change.set('attempts', 0)
  change.set('lastError', null)
  change.set('nextAttemptAt', at)
}

function needsJob({ operation, before, after }: AppliedChange): boolean {
  if (operation === 'DELETED' || !UNDER_WAY.has(after['state'])) return false
  return operation !== 'UPDATED' || (after['state'] === 'queued' && before?.['state'] !== 'queued')
}

/** A message about a record, to a user. */
export interface EmailRequest {
  readonly record: string
  readonly recipient: string | null
}

/** Makes deliveries by e-mail, with what keeps those from being sent that cannot be. What they say is composed when they are sent. */
export async function deliverByEmail(requests: readonly EmailRequest[], context: RuleContext): Promise<void> {
  if (requests.length === 0) return
  const users = await context.images(
    'user',
    requests.map(({ recipient }) => recipient),
  )
  await context.derive.create(
    'delivery',
    requests.map(({ record, recipient }) => {
      const user = recipient === null ? undefined : users.get(recipient)
      const obstacle = recipient === null ? 'It is for nobody: there is neither a recipient nor an owner.' : obstacleTo(user)
      const known = user === undefined ? null : recipient
      const state = obstacle === null ? { state: 'queued', nextAttemptAt: context.at } : { state: 'skipped', lastError: obstacle }
      return { channel: 'email', record, recipient: known, owner: known, address: user?.['email'] ?? null, attempts: 0, ...state }
    }),
  )
}

/** Why nothing can be sent to a user by e-mail; null where it can. */
export function obstacleTo(user: RecordImage | null | undefined): string | null {
  if (!user) return 'The recipient does not exist any more.'
  if (user['status'] !== 'active') return 'The recipient is disabled.'
  if (typeof user['email'] !== 'string' || user['email'] === '') return 'The recipient has no e-mail address.'
  return null
}
