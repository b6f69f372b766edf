import { obstacleTo, SEND_DELIVERY } from '../../domain/index.ts'
import type { Principal } from '../../records/access/policy.ts'
import type { Database } from '../../records/database.ts'
import type { FieldDefinition, ModuleDefinition, Registry } from '../../records/registry/index.ts'
import { underCurrentEpochs } from '../../records/under-current-epochs.ts'
import type { Writer } from '../../records/write/index.ts'
import { defineJob, type JobDefinition, JobLost, type JobRun } from '../job.ts'
import { readRecord, valuesOf } from '../read-record.ts'
import { type AccountLink, accountMessage } from './account-message.ts'
import { changeDelivery } from './change-delivery.ts'
import { type EmailDriver, type EmailMessage, NotSent } from './email-driver.ts'
import { type ReminderContent, reminderMessage } from './reminder-message.ts'
import { delayAfter } from './retry-schedule.ts'

export interface DeliveryServices {
  readonly database: Database
  readonly writer: Writer
  readonly registry: () => Registry
  /** The system, by the epochs of now. */
  readonly system: () => Promise<Principal>
  /** A user by the rights of now; null for one who is disabled or gone. */
  readonly principalOf: (userId: string) => Promise<Principal | null>
  readonly organisationCurrency: string
  readonly now: () => Date
  /** Undefined: e-mail is not set up. */
  readonly driver: EmailDriver | undefined
  /** Seconds between attempts. */
  readonly delays: readonly number[]
  /** The link that a delivery carries; `ended` where it must not be sent any more, null for a delivery that carries none. */
  readonly linkOf: (deliveryId: string) => Promise<AccountLink | 'ended' | null>
  /** Address of the frontend, to which links lead. */
  readonly appUrl: string | undefined
}

/** A delivery as it is before an attempt. */
interface Waiting {
  readonly id: string
  readonly messageId: string | null
  readonly record: string | null
  readonly recipient: Recipient | null
}

interface Recipient extends Readonly<Record<string, unknown>> {
  readonly id: string
  readonly name: string
  readonly email: string | null
  readonly status: string
  readonly locale: string | null
  readonly timeZone: string | null
}

type Composed = { readonly message: EmailMessage } | { readonly obstacle: string }

/**
 * Sends one delivery by e-mail: notes the attempt, speaks with the mail server, notes what came of it. At least once: whoever is killed between the server's answer and the
 * last note is followed by another attempt with the same Message-ID. Never twice at a time: the notes are made under the lock of the delivery's row and of the job,
 * and whoever lost one of them to another worker writes nothing.
 */
export function sendDelivery(services: DeliveryServices): JobDefinition {
  return defineJob(SEND_DELIVERY, async ({ delivery: id }, run) => {
    const waiting = await underCurrentEpochs(() => readWaiting(services, id))
    if (!waiting) return
    const composed = await underCurrentEpochs(() => compose(services, waiting))
    const attempt = 'obstacle' in composed ? await skip(services, id, composed.obstacle, run) : await begin(services, waiting, composed.message, run)
    if (attempt === null || 'obstacle' in composed) return
    const outcome = await (services.driver as EmailDriver).send(composed.message, run.signal).then(
      ({ providerId }) => ({ state: 'sent', providerId, lastError: null, sentAt: services.now().toISOString(), nextAttemptAt: null }),
      (error: unknown) => unsent(services, error, attempt),
    )
    await underCurrentEpochs(() =>
      changeDelivery(services, id, async ({ state, attempts }, transaction) => {
        if (state !== 'sending' || attempts !== attempt) throw new JobLost(run.id)
        return { values: outcome, behind: () => run.settle(transaction) }
      }),
    )
  })
}

/** Null for one that is deleted or needs nothing. */
async function readWaiting({ database, registry, system, organisationCurrency }: DeliveryServices, id: string): Promise<Waiting | null> {
  const [served, principal] = [registry(), await system()]
  const [module, user] = [served.module('delivery'), served.module('user')]
  const found = await readRecord({ executor: database, registry: served, principal, organisationCurrency }, module, id, [
    ...valuesOf(module, principal, ['state', 'messageId']),
    { kind: 'raw', key: 'record', column: (module.fields.get('record') as FieldDefinition).column },
    {
      kind: 'one',
      key: 'recipient',
      field: module.fields.get('recipient') as FieldDefinition,
      selection: { module: user, fields: valuesOf(user, principal, ['id', 'name', 'email', 'status', 'locale', 'timeZone']) },
    },
  ])
  return found && (found['state'] === 'queued' || found['state'] === 'sending') ? ({ ...found, id } as unknown as Waiting) : null
}

/** What is sent, or why nothing is. */
async function compose(services: DeliveryServices, { id, messageId, record, recipient }: Waiting): Promise<Composed> {
  const { driver, now } = services
  if (!driver) return { obstacle: 'E-mail is not set up: SMTP_URL is not set.' }
  const obstacle = obstacleTo(recipient)
  if (obstacle !== null || !recipient) return { obstacle: obstacle ?? '' }
  const to = { name: recipient.name, address: recipient.email as string }
  const envelope = { messageId: messageId ?? `<${id}@${driver.domain}>`, to, date: now() }
  // What is about its recipient is a link for him.
  if (record === recipient.id) {
    const link = await services.linkOf(id)
    if (link === null || link === 'ended') return { obstacle: 'The link was used, has expired, or was replaced by a newer one.' }
    return { message: { ...envelope, ...accountMessage(link, to.address, recipient, services.appUrl) } }
  }
  const content = record === null ? null : await readReminder(services, recipient, record)
  if (!content) return { obstacle: 'The reminder was deleted, or the roles of the recipient do not let it be read.' }
  return { message: { ...envelope, ...reminderMessage(content, recipient) } }
}

/** By the rights of whom it is for: an e-mail shows nothing that the API would not. */
async function readReminder({ database, registry, principalOf, organisationCurrency }: DeliveryServices, { id }: Recipient, record: string) {
  const principal = await principalOf(id)
  if (!principal) return null
  const served = registry()
  const module: ModuleDefinition = served.module('reminder')
  const reading = { executor: database, registry: served, principal, organisationCurrency }
  return (await readRecord(reading, module, record, valuesOf(module, principal, ['subject', 'dueAt', 'note']))) as unknown as ReminderContent | null
}

/** Notes that it is sent now; the number of the attempt, or null where it needs nothing any more. */
async function begin(services: DeliveryServices, { id }: Waiting, { messageId, subject, to }: EmailMessage, run: JobRun): Promise<number | null> {
  return underCurrentEpochs(() =>
    changeDelivery<number>(services, id, async ({ state, attempts }, transaction) => {
      if (state !== 'queued' && state !== 'sending') return null
      // Attempts of which no end was noted count: a message that its sender dies of is given up like any other.
      if (attempts > services.delays.length)
        return { values: { state: 'dead', lastError: 'The process ended in the last attempt.', nextAttemptAt: null }, behind: () => run.settle(transaction) }
      const values = { state: 'sending', attempts: attempts + 1, messageId, subject, address: to.address, nextAttemptAt: null }
      return { values, behind: () => run.hold(transaction), result: attempts + 1 }
    }),
  )
}

function skip(services: DeliveryServices, id: string, obstacle: string, run: JobRun): Promise<null> {
  return underCurrentEpochs(() =>
    changeDelivery<never>(services, id, async ({ state }, transaction) => {
      if (state !== 'queued' && state !== 'sending') return null
      return { values: { state: 'skipped', lastError: obstacle, nextAttemptAt: null }, behind: () => run.settle(transaction) }
    }),
  )
}

/** What becomes of it after an attempt that failed. */
function unsent({ delays, now }: DeliveryServices, error: unknown, attempt: number) {
  const lastError = error instanceof NotSent ? error.message : 'The message could not be made or sent.'
  if (error instanceof NotSent && error.permanent) return { state: 'failed', lastError, nextAttemptAt: null }
  const delay = delayAfter(attempt, delays)
  if (delay === null) return { state: 'dead', lastError, nextAttemptAt: null }
  return { state: 'queued', lastError, nextAttemptAt: new Date(now().getTime() + delay).toISOString() }
}
