import { SEND_ATTEMPTS, SEND_DELIVERY } from '../../domain/index.ts'
import { bindValues } from '../../records/access/bind-values.ts'
import { secured } from '../../records/access/secured.ts'
import type { Database } from '../../records/database.ts'
import { enqueue } from '../../records/jobs/enqueue.ts'
import { changeDelivery, type DeliveryWriting } from './change-delivery.ts'

/** Minutes for which nothing may have happened to a delivery that counts as abandoned. */
const QUIET = 2
/** Deliveries of one look; the next one comes soon. */
const BATCH = 200

interface Abandoned {
  readonly id: string
  readonly gaveUp: boolean
}

/**
 * Looks after deliveries that wait for a job which does not come: those whose job failed as often as it may are given up, which shows; those that have none (a backup without
 * the queue was restored) get one. Answers how many.
 */
export async function tendAbandoned(services: DeliveryWriting & { readonly database: Database }): Promise<number> {
  const { database, registry } = services
  const [served, principal] = [registry(), await services.system()]
  const values: unknown[] = [QUIET, BATCH]
  const { from, condition } = secured(served.module('delivery'), 'UPDATE', principal.policy, 'd', served, bindValues(values, principal.policy))
  const abandoned = await database.query<Abandoned>({
    text: `SELECT d.id, EXISTS (SELECT FROM graphile_worker._private_jobs j WHERE j.key = d.id::text) AS "gaveUp" FROM ${from}
      WHERE d.state IN ('queued', 'sending') AND d.deleted_at IS NULL AND d.updated_at < now() - make_interval(mins => $1) AND ${condition}
        AND NOT EXISTS (SELECT FROM graphile_worker._private_jobs j WHERE j.key = d.id::text AND (j.is_available OR j.locked_at IS NOT NULL))
      ORDER BY d.updated_at LIMIT $2`,
    values,
    purpose: 'background',
  })
  const jobless = abandoned.filter(({ gaveUp }) => !gaveUp)
  await database.transaction((transaction) =>
    enqueue(
      transaction,
      SEND_DELIVERY,
      jobless.map(({ id }) => ({ payload: { delivery: id }, key: id, attempts: SEND_ATTEMPTS })),
    ),
  )
  for (const { id } of abandoned.filter(({ gaveUp }) => gaveUp)) {
    await changeDelivery(services, id, async ({ state }) =>
      state === 'queued' || state === 'sending' ? { values: { state: 'dead', lastError: 'Its job failed as often as it may.', nextAttemptAt: null } } : null,
    )
  }
  return abandoned.length
}
