import { z } from 'zod'
import { isUuid } from '../lib/record-id.ts'
import type { Principal } from '../records/access/policy.ts'
import type { Database, Transaction } from '../records/database.ts'
import type { JobKind } from '../records/jobs/job-kind.ts'
import type { Registry } from '../records/registry/definition.ts'
import type { ChangeSet, Writer } from '../records/write/index.ts'
import { writeAudit } from './audit.ts'
import type { CarriedToken, OneTimeTokens } from './one-time-tokens.ts'
import { SERVICE_KIND } from './principal-factory.ts'

const Origin = z.strictObject({ requestId: z.string(), client: z.string().nullable(), ip: z.string().nullable() })

/**
 * Makes the message of a link. What is asked for by an address says nothing yet about whether somebody has it: that is looked up by the job, in no request, so that no request takes longer for
 * those who are known.
 */
export const ACCOUNT_MESSAGE: JobKind<AccountMessageRequest> = Object.freeze({
  name: 'account.message',
  payload: z.discriminatedUnion('purpose', [
    z.strictObject({ purpose: z.literal('passwordReset'), account: z.string(), origin: Origin }),
    z.strictObject({ purpose: z.literal('invitation'), token: z.string().refine(isUuid), user: z.string().refine(isUuid) }),
  ]),
})

export type AccountMessageRequest =
  | { readonly purpose: 'passwordReset'; readonly account: string; readonly origin: z.infer<typeof Origin> }
  | { readonly purpose: 'invitation'; readonly token: string; readonly user: string }

/** How often the job is begun at most. */
export const MESSAGE_ATTEMPTS = 25

/** Seconds that lie between two messages of an account at least, and messages in `window` seconds at most: beyond them the link that is on its way stays the one that works, whoever asks for others. */
export const RESET_PACE = Object.freeze({ pause: 120, messages: 5, window: 3_600 })

export interface AccountMessages {
  /** Makes the delivery that a request is about, or nothing where there is nobody to write to. `settle` runs behind it in its transaction. */
  prepare(request: AccountMessageRequest, settle: (transaction: Transaction) => Promise<void>): Promise<void>
  /** What a delivery carries; `ended` where it must not be sent any more, null for one that is about something else. */
  carriedBy(deliveryId: string): Promise<CarriedToken | 'ended' | null>
}

export interface AccountMessageOptions {
  readonly database: Database
  readonly writer: Writer
  readonly registry: () => Registry
  /** The system, by the epochs of now. */
  readonly system: () => Promise<Principal>
  readonly tokens: OneTimeTokens
  readonly now: () => Date
}

interface Addressee {
  readonly id: string
  readonly email: string
  /** May get one more message now. */
  readonly due: boolean
}

export function createAccountMessages({ database, writer, registry, system, tokens, now }: AccountMessageOptions): AccountMessages {
  /** Runs in one change set of the system. */
  async function write(requestId: string, work: (changes: ChangeSet, transaction: Transaction, principal: Principal) => Promise<void>): Promise<void> {
    const [served, principal] = [registry(), await system()]
    await writer.run(principal, { requestId, cause: 'system' }, (changes, transaction) => work(changes, transaction, principal), served)
  }

  async function deliver(changes: ChangeSet, transaction: Transaction, tokenId: string, user: Pick<Addressee, 'id' | 'email'>): Promise<void> {
    const self = { id: user.id }
    const input = { channel: 'email', recipient: self, owner: self, record: self, address: user.email, attempts: 0, state: 'queued' }
    const { ids } = await changes.create(changes.registry.module('delivery'), [input], { pathOf: () => ['delivery'] })
    await tokens.carry(transaction, tokenId, ids[0] as string)
  }

  /** People who sign in with a password: whoever never had one is invited, and gets none by asking. */
  async function addresseeOf(transaction: Transaction, account: string): Promise<Addressee | undefined> {
    const at = now().getTime()
    // A statement of its own: what is counted below must be seen as it is once the turn has come.
    await transaction.query({ text: 'SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', values: [`password reset ${account}`], purpose: 'background' })
    const [user] = await transaction.query<Addressee>({
      text: `SELECT u.id, u.email, NOT EXISTS (SELECT FROM one_time_token t WHERE t.user_id = u.id AND t.purpose = 'passwordReset' AND t.created_at > $2)
                AND (SELECT count(*) FROM one_time_token t WHERE t.user_id = u.id AND t.purpose = 'passwordReset' AND t.created_at > $3) < $4 AS due
               FROM users u JOIN user_credential c ON c.user_id = u.id
              WHERE lower(u.email) = $1 AND u.status = 'active' AND u.kind <> '${SERVICE_KIND}' AND u.deleted_at IS NULL`,
      values: [account, new Date(at - RESET_PACE.pause * 1000), new Date(at - RESET_PACE.window * 1000), RESET_PACE.messages],
      purpose: 'background',
    })
    return user
  }

  async function prepareReset(
    { account, origin }: Extract<AccountMessageRequest, { purpose: 'passwordReset' }>,
    settle: (transaction: Transaction) => Promise<void>,
  ): Promise<void> {
    await write(origin.requestId, async (changes, transaction, { userId, via }) => {
      const user = await addresseeOf(transaction, account)
      if (user?.due)
        await deliver(changes, transaction, (await tokens.issue(transaction, { userId: user.id, purpose: 'passwordReset', createdBy: userId })).id, user)
      await writeAudit(transaction, {
        at: now(),
        actorId: null,
        via,
        action: 'user.requestPasswordReset',
        userIds: user ? [user.id] : [],
        origin,
        result: user?.due ? 'ok' : 'refused',
      })
      await settle(transaction)
    })
  }

  async function prepareInvitation(
    { token, user: userId }: Extract<AccountMessageRequest, { purpose: 'invitation' }>,
    settle: (transaction: Transaction) => Promise<void>,
  ): Promise<void> {
    await write(token, async (changes, transaction) => {
      const [user] = await transaction.query<{ id: string; email: string }>({
        text: `SELECT u.id, u.email FROM one_time_token t JOIN users u ON u.id = t.user_id
                WHERE t.id = $1 AND u.id = $2 AND u.email IS NOT NULL AND t.used_at IS NULL AND t.ended_at IS NULL AND t.delivery_id IS NULL FOR UPDATE OF t`,
        values: [token, userId],
        purpose: 'background',
      })
      if (user) await deliver(changes, transaction, token, user)
      await settle(transaction)
    })
  }

  return {
    prepare: (request, settle) => (request.purpose === 'invitation' ? prepareInvitation(request, settle) : prepareReset(request, settle)),
    carriedBy: (deliveryId) => tokens.carriedBy(database, deliveryId),
  }
}
