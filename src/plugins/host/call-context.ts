import { GuanxiError, say } from '../../errors/index.ts'
import type { Principal } from '../../records/access/policy.ts'
import type { Executor } from '../../records/database.ts'
import type { Registry } from '../../records/registry/index.ts'
import type { ChangeOrigin } from '../../records/write/index.ts'
import type { CallContext, Records } from '../api/index.ts'
import type { Turn } from './guarded-call.ts'
import { requireSystem } from './hook-context.ts'
import { actorOf, type PluginInstance } from './instance.ts'
import { recordReader } from './read-records.ts'
import type { HostServices } from './services.ts'
import { auditSystem, boundRecords, freeRecords, systemOf } from './work-context.ts'

/** On whose behalf, and for which request, a plugin is called. */
export interface Call {
  readonly principal: Principal | null
  readonly registry: Registry
  readonly origin: ChangeOrigin
  /** The transaction in which it is called; it reads what that has written. */
  readonly transaction?: Executor
}

/** What a plugin is handed where it works for a user: the user's rights, as far as the plugin's capabilities go, by the schema and the rights that the request runs under. */
export function callContext(
  services: HostServices,
  instance: PluginInstance,
  turn: Turn,
  { principal, registry, origin, transaction }: Call,
): CallContext<never> {
  if (principal === null) throw new GuanxiError('UNAUTHENTICATED', say`Sign in first: send \`Authorization: Bearer <access token or API key>\`.`)
  const { database, writer, organisationCurrency, noteReads } = services
  const from = { requestId: origin.requestId, client: `plugin ${instance.enabled.name}`, ip: origin.ip ?? null }
  const limited = instance.limit(principal)
  const reader = recordReader(async () => {
    turn.check()
    return {
      executor: transaction ?? database,
      registry,
      principal: limited,
      organisationCurrency,
      checked: transaction !== undefined,
      origin: from,
      noteReads,
    }
  })
  const records: Records = {
    ...reader,
    change: async (work) => {
      turn.check()
      return writer.run(limited, origin, (changes, transaction) => work(boundRecords(services, turn, changes, transaction, from)), registry)
    },
  }
  return Object.freeze({
    ...instance.common,
    user: actorOf(principal, instance.enabled),
    records: Object.freeze(records),
    permits: (permission: string) => instance.permits(principal, permission),
    asSystem: async (reason: string) => {
      turn.check()
      requireSystem(instance, reason)
      await auditSystem(services, instance, principal, reason, origin.requestId)
      return freeRecords(services, turn, systemOf(services, instance, reason), () => origin)
    },
  })
}
