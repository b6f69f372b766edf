import { type GuanxiError, type Message, notFound, say, validationFailed } from '../errors/index.ts'
import { canonicalId } from '../lib/record-id.ts'
import type { Principal } from '../records/access/policy.ts'
import type { Database, Transaction } from '../records/database.ts'
import { enqueue } from '../records/jobs/enqueue.ts'
import type { Writer } from '../records/write/index.ts'
import { lockCurrentRights } from './access-epoch.ts'
import { ACCOUNT_MESSAGE, MESSAGE_ATTEMPTS } from './account-messages.ts'
import { requireAdministrator } from './administrator.ts'
import { actorOf, type RequestOrigin, writeAudit } from './audit.ts'
import type { OneTimeTokens } from './one-time-tokens.ts'
import { SERVICE_KIND } from './principal-factory.ts'
import { giveRoles } from './role-store.ts'

export interface NewInvitation {
  readonly email: string
  readonly name: string
  /** Keys of roles. */
  readonly roleKeys: readonly string[]
  /** BCP 47 language tag of the message; English where it is left out. */
  readonly locale?: string | null
}

export interface Invited {
  readonly userId: string
  /** When the link ends. */
  readonly expiresAt: Date
  /** False: no mail server is set up, and the message goes nowhere. Null: other processes send messages, and this one does not know. */
  readonly emailIsSetUp: boolean | null
}

/** People who are asked in by mail. For administrators; throws FORBIDDEN for others. */
export interface Invitations {
  /** Makes a user with these roles and no password, and sends a link by which he sets one. Throws VALIDATION_FAILED, DUPLICATE for a taken address. */
  invite(principal: Principal, input: NewInvitation, origin: RequestOrigin): Promise<Invited>
  /** Sends a new link to a user who has no password yet; the one before works no more. Throws NOT_FOUND, VALIDATION_FAILED for whom no link can be sent to. */
  resend(principal: Principal, userId: string, origin: RequestOrigin): Promise<Invited>
}

export interface InvitationOptions {
  readonly database: Database
  readonly writer: Writer
  readonly tokens: OneTimeTokens
  readonly now: () => Date
  readonly emailIsSetUp: Invited['emailIsSetUp']
}

export function createInvitations({ database, writer, tokens, now, emailIsSetUp }: InvitationOptions): Invitations {
  /** Makes the link, and asks for its message. */
  async function send(transaction: Transaction, principal: Principal, userId: string, origin: RequestOrigin): Promise<Invited> {
    const { id, expiresAt } = await tokens.issue(transaction, { userId, purpose: 'invitation', createdBy: principal.userId })
    await enqueue(transaction, ACCOUNT_MESSAGE, [
      { payload: { purpose: 'invitation', token: id, user: userId }, key: `invitation ${id}`, attempts: MESSAGE_ATTEMPTS },
    ])
    await writeAudit(transaction, { at: now(), ...actorOf(principal), action: 'user.invite', userIds: [userId], origin, result: 'ok' })
    return { userId, expiresAt, emailIsSetUp }
  }

  return {
    invite: async (principal, { email, name, roleKeys, locale }, origin) => {
      requireAdministrator(principal)
      const { requestId, client, ip, operation, rootFields } = origin
      const change = { requestId, cause: 'api', client, ip, operationName: operation ?? null, ...(rootFields && { rootFields }) } as const
      return writer.run(principal, change, async (changes, transaction) => {
        const input = { name, email, ...(locale == null ? {} : { locale }) }
        const { ids } = await changes.create(changes.registry.module('user'), [input], { pathOf: () => ['input'] })
        const userId = ids[0] as string
        const unknown = await giveRoles(transaction, userId, roleKeys)
        if (unknown.length > 0) throw unknownRoles(roleKeys, unknown)
        await writeAudit(transaction, {
          at: now(),
          ...actorOf(principal),
          action: 'role.assign',
          userIds: [userId],
          origin,
          result: 'ok',
          details: { roles: roleKeys },
        })
        return send(transaction, principal, userId, origin)
      })
    },
    resend: async (principal, given, origin) => {
      requireAdministrator(principal)
      return database.transaction(async (transaction) => {
        await lockCurrentRights(transaction, principal)
        return send(transaction, principal, await requireInvitable(transaction, given), origin)
      })
    },
  }
}

function unknownRoles(keys: readonly string[], unknown: readonly string[]): GuanxiError {
  return validationFailed(
    keys.flatMap((key, index) =>
      unknown.includes(key) ? [{ path: ['input', 'roleKeys', index], code: 'UNKNOWN', message: say`There is no role ${key}.` }] : [],
    ),
  )
}

/** The user's id in its one form. */
async function requireInvitable(transaction: Transaction, given: string): Promise<string> {
  const id = canonicalId(given)
  const [user] =
    id === null
      ? []
      : await transaction.query<{ id: string; reachable: boolean; invited: boolean }>({
          text: `SELECT u.id, u.status = 'active' AND u.email IS NOT NULL AND u.kind <> '${SERVICE_KIND}' AS reachable,
                        NOT EXISTS (SELECT FROM user_credential c WHERE c.user_id = u.id) AS invited FROM users u WHERE u.id = $1 AND u.deleted_at IS NULL`,
          values: [id],
          purpose: 'platform',
        })
  if (!user) throw notFound('user')
  const refuse = (code: string, message: Message) => validationFailed([{ path: ['input', 'userId'], code, message }])
  if (!user.reachable)
    throw refuse('NOT_INVITABLE', say`Invitations go to active people with an e-mail address; this user is disabled, a service user or has none.`)
  if (!user.invited) throw refuse('HAS_PASSWORD', say`This user has a password already, and can ask for a new one.`)
  return user.id
}
