import { randomUUID } from 'node:crypto'
import { bindValues } from '../../records/access/bind-values.ts'
import type { Principal } from '../../records/access/policy.ts'
import { secured } from '../../records/access/secured.ts'
import type { Transaction } from '../../records/database.ts'
import type { Registry } from '../../records/registry/index.ts'
import type { Writer } from '../../records/write/index.ts'

/** What decides about a delivery, under the lock of its row. */
export interface LockedDelivery {
  readonly state: string
  readonly attempts: number
}

export interface DeliveryChange<T> {
  readonly values: Readonly<Record<string, unknown>>
  /** Runs behind the write, in its transaction. */
  readonly behind?: () => Promise<void>
  readonly result?: T
}

export interface DeliveryWriting {
  readonly writer: Writer
  readonly registry: () => Registry
  readonly system: () => Promise<Principal>
}

/**
 * Changes a delivery by an ordinary write of the system, with its history and event, as `decide` says once nobody else can change it. Null where it says nothing, the delivery is
 * deleted, or there is no result.
 */
export async function changeDelivery<T>(
  { writer, registry, system }: DeliveryWriting,
  id: string,
  decide: (delivery: LockedDelivery, transaction: Transaction) => Promise<DeliveryChange<T> | null>,
): Promise<T | null> {
  const [served, principal] = [registry(), await system()]
  const module = served.module('delivery')
  return writer.run(
    principal,
    { requestId: randomUUID(), cause: 'system' },
    async (changes, transaction) => {
      const values: unknown[] = [id]
      const { from, condition } = secured(module, 'UPDATE', principal.policy, 't', served, bindValues(values, principal.policy))
      const [delivery] = await transaction.query<LockedDelivery>({
        text: `SELECT t.state, t.attempts FROM ${from} WHERE t.id = $1 AND t.deleted_at IS NULL AND ${condition} FOR UPDATE OF t`,
        values,
        purpose: 'background',
      })
      const change = delivery ? await decide(delivery, transaction) : null
      if (!change) return null
      await changes.update(module, [{ id, input: change.values }], { pathOf: () => ['delivery'] })
      await change.behind?.()
      return change.result ?? null
    },
    served,
  )
}
