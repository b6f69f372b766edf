import { GuanxiError, say } from '../../errors/index.ts'
import type { Principal } from '../../records/access/policy.ts'
import { isAllowed } from '../../records/access/secured.ts'
import type { AuditOrigin } from '../../records/audit/index.ts'
import { actorOf as auditActorOf, writeEntries } from '../../records/audit/write-entries.ts'
import type { Executor, Transaction } from '../../records/database.ts'
import { underCurrentEpochs } from '../../records/under-current-epochs.ts'
import type { ChangeOrigin, CheckedChangeSet } from '../../records/write/index.ts'
import type { JobQueue, OnceContext, RecordChanges, RecordReader, Records, TaskContext, WorkContext } from '../api/index.ts'
import type { Turn } from './guarded-call.ts'
import { requireSystem } from './hook-context.ts'
import type { PluginInstance } from './instance.ts'
import { putJobs, removeJob } from './plugin-jobs.ts'
import { underLock } from './plugin-lock.ts'
import { recordReader } from './read-records.ts'
import type { Reading } from './reading.ts'
import type { HostServices } from './services.ts'
import { recordWriter } from './write-records.ts'

/** Who a piece of work is done as, with the rights of now. */
export type Acting = () => Promise<Principal>

/** Records outside of a transaction: each read by the rights of its moment, writes in transactions of their own. */
export function freeRecords(services: HostServices, turn: Turn, acting: Acting, origin: () => ChangeOrigin): Records {
  const { database, writer, registry } = services
  const reading = async (): Promise<Reading> => {
    turn.check()
    return readingOf(services, database, await acting(), false, originOf(origin()))
  }
  const reader = recordReader(reading)
  return Object.freeze({
    get: (...args) => underCurrentEpochs(() => reader.get(...args)),
    byIds: (...args) => underCurrentEpochs(() => reader.byIds(...args)),
    find: (...args) => underCurrentEpochs(() => reader.find(...args)),
    count: (...args) => underCurrentEpochs(() => reader.count(...args)),
    aggregate: (...args) => underCurrentEpochs(() => reader.aggregate(...args)),
    change: (work) =>
      underCurrentEpochs(async () => {
        turn.check()
        const principal = await acting()
        return services.openTransactions.inside(() =>
          writer.run(principal, origin(), (changes, transaction) => work(boundRecords(services, turn, changes, transaction, originOf(origin()))), registry()),
        )
      }),
  } satisfies Records)
}

/** Records of one transaction. */
export function boundRecords(services: HostServices, turn: Turn, changes: CheckedChangeSet, transaction: Transaction, from: AuditOrigin): RecordChanges {
  const current = (): CheckedChangeSet => {
    turn.check()
    return changes
  }
  const reader: RecordReader = recordReader(async () => readingOf(services, transaction, current().principal, true, from))
  return Object.freeze({ ...reader, ...recordWriter(current), lock: (module, ids) => lockReadable(current, reader, module, ids) } satisfies RecordChanges)
}

async function lockReadable(changes: () => CheckedChangeSet, reader: RecordReader, name: string, ids: readonly string[]): Promise<void> {
  const found = await reader.byIds(name, ids, [])
  const { registry, principal } = changes()
  if (!isAllowed(registry.module(name), 'UPDATE', principal.policy, registry))
    throw new GuanxiError('FORBIDDEN', say`The user may not change ${name}, or the plugin has no capability for it.`)
  await changes()
    .followUp()
    .images(
      name,
      found.map((record) => record?.id),
      { lock: true },
    )
}

function readingOf(
  { registry, organisationCurrency, noteReads }: HostServices,
  executor: Executor,
  principal: Principal,
  checked: boolean,
  origin: AuditOrigin,
): Reading {
  return { executor, registry: registry(), principal, organisationCurrency, checked, origin, noteReads }
}

function originOf({ requestId, client = null, ip = null }: ChangeOrigin): AuditOrigin {
  return { requestId, client, ip }
}

/** What ends a piece of work in the transaction of its effects. */
export type Settle = (transaction: Transaction) => Promise<void>

/** What a plugin is handed where it works by itself: as its service user, as far as its capabilities go. */
export function workContext(services: HostServices, instance: PluginInstance, turn: Turn, requestId: string): WorkContext<never> {
  const { enabled } = instance
  const serviceUser: Acting = async () => {
    const principal = enabled.userId === null ? null : await services.principalOfUser(enabled.userId)
    if (!principal) throw new GuanxiError('FORBIDDEN', say`The service user of the plugin ${enabled.name} is disabled.`)
    return instance.limit(Object.freeze({ ...principal, via: `plugin ${enabled.name}` }))
  }
  const origin = (): ChangeOrigin => ({ requestId, cause: 'plugin', client: `plugin ${enabled.name}` })
  const { database } = services
  return Object.freeze({
    ...instance.common,
    signal: turn.signal,
    records: freeRecords(services, turn, serviceUser, origin),
    jobs: jobQueue(instance, turn, (work) => database.transaction(work)),
    asSystem: async (reason: string) => {
      turn.check()
      requireSystem(instance, reason)
      await auditSystem(services, instance, await serviceUser(), reason, requestId)
      return freeRecords(services, turn, systemOf(services, instance, reason), origin)
    },
    lock: (name, work) => underLock(database, `${enabled.name} ${name}`, turn, work),
  } satisfies WorkContext<never>)
}

/** Likewise, with an end that counts once. */
export function onceContext(services: HostServices, instance: PluginInstance, turn: Turn, requestId: string, settle: Settle): OnceContext<never> {
  const base = workContext(services, instance, turn, requestId)
  let used = false
  return Object.freeze({
    ...base,
    once: async (work) => {
      if (used) throw new Error('once is called a second time in one run')
      used = true
      return underCurrentEpochs(async () => {
        turn.check()
        const { userId } = instance.enabled
        const principal = userId === null ? null : await services.principalOfUser(userId)
        if (!principal) throw new GuanxiError('FORBIDDEN', say`The service user of the plugin ${instance.enabled.name} is disabled.`)
        const origin: ChangeOrigin = { requestId, cause: 'plugin', client: `plugin ${instance.enabled.name}` }
        const limited = instance.limit(Object.freeze({ ...principal, via: `plugin ${instance.enabled.name}` }))
        return services.openTransactions.inside(() =>
          services.writer.run(
            limited,
            origin,
            async (changes, transaction) => {
              const jobs = jobQueue(instance, turn, (add) => add(transaction))
              const value = await work(boundRecords(services, turn, changes, transaction, originOf(origin)), jobs)
              await settle(transaction)
              return value
            },
            services.registry(),
          ),
        )
      })
    },
  } satisfies OnceContext<never>)
}

/** Likewise, with the way to other hosts. */
export function taskContext(services: HostServices, instance: PluginInstance, turn: Turn, requestId: string, settle: Settle): TaskContext<never> {
  return Object.freeze({
    ...onceContext(services, instance, turn, requestId, settle),
    fetch: instance.outbound.fetchFor(turn.signal, services.openTransactions.isInside),
  } satisfies TaskContext<never>)
}

/** All rights of now, as far as the plugin's capabilities go. */
export function systemOf({ system, registry }: HostServices, instance: PluginInstance, reason: string): Acting {
  return async () => {
    const { policy } = await system(reason)
    return instance.limitedSystem(reason, registry(), policy.epochs)
  }
}

/** Notes that a plugin goes beyond the rights of whoever it works for. */
export async function auditSystem(services: HostServices, { enabled }: PluginInstance, principal: Principal, reason: string, requestId: string): Promise<void> {
  const entry = { ...auditActorOf(principal), at: services.now(), action: 'plugin.asSystem', result: 'ok', details: { plugin: enabled.name, reason } }
  await writeEntries(services.database, [{ ...entry, origin: { requestId, client: `plugin ${enabled.name}`, ip: null } }], 'platform')
}

function jobQueue(instance: PluginInstance, turn: Turn, within: (work: (transaction: Transaction) => Promise<void>) => Promise<void>): JobQueue {
  return {
    add: async (job, payload, { key, at } = {}) => {
      turn.check()
      await within((transaction) =>
        putJobs(transaction, instance.loaded, [{ job, payload, ...(key !== undefined && { key }), ...(at !== undefined && { at }) }]),
      )
    },
    remove: async (job, key) => {
      turn.check()
      await within((transaction) => removeJob(transaction, instance.enabled.name, job, key))
    },
  }
}
