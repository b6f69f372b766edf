import { forgetOneTimeTokens, forgetSessions, type GrantUsage } from '../auth/index.ts'
import type { Config } from '../config/index.ts'
import { coreModules } from '../entities/index.ts'
import { CHANGES_TOPIC, connectStamper, forgetChanges, type Signals, startStamper } from '../events/index.ts'
import type { Logger } from '../http/index.ts'
import { forgetDeliveries } from '../jobs/email/forget-deliveries.ts'
import { createTimerWorker } from '../jobs/fire-timers.ts'
import { followReminderRules } from '../jobs/follow-reminder-rules.ts'
import { repeat } from '../jobs/repeat.ts'
import { checkpointKey, type ReadLog, type RefusalLog } from '../records/audit/index.ts'
import { forgetAnswers } from '../records/idempotency.ts'
import { connectForMaintenance, type FieldUsage, maintain } from '../records/metadata/index.ts'
import type { GraphQLEngine } from '../schema/operation.ts'
import { type DerivedKey, deriveKeys } from '../start/secrets.ts'
import { announceSchema, SCHEMA_TOPIC } from './announce-schema.ts'
import type { Kernel } from './kernel.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR

/** What operations leave in memory, to be written beside them. */
interface Notes {
  readonly grantUsage: GrantUsage
  readonly usage: FieldUsage
  readonly reads: ReadLog
  readonly refusals: RefusalLog
}

interface BackgroundOptions {
  readonly config: Config
  readonly databaseUrl: string
  readonly logger: Logger
  readonly signals: Signals
  readonly notes: Notes
  readonly secrets: readonly string[]
  readonly deaf: boolean
}

/** What runs beside the requests: indexes and clean-up after changes of metadata, counts of who uses which fields and grants, positions, and what other nodes changed. */
export function startBackground(kernel: Kernel, engine: GraphQLEngine, { config, databaseUrl, logger, signals, notes, secrets, deaf }: BackgroundOptions) {
  const { usage, grantUsage, reads, refusals } = notes
  const { database, writer, registry, system, now } = kernel
  const maintenance = repeat({
    every: 30_000,
    run: () =>
      maintain({
        database,
        core: coreModules(),
        now,
        announce: (version) => announceSchema(version, { engine, signals, logger }),
        connect: () => connectForMaintenance(databaseUrl),
        retention: config.metadataRetention,
        principal: () => system('metadata retention'),
      }),
    onError: (error) => logger.warn({ err: error }, 'metadata maintenance failed; it is tried again'),
  })
  const retention = repeat({
    every: 60_000,
    run: () => Promise.all([forgetChanges(database, new Date(now().getTime() - config.changeRetention * DAY)), forgetAnswers(database, now())]),
    onError: (error) => logger.warn({ err: error }, 'old changes, or answers that were kept, not taken away; it is tried again'),
  })
  const log = repeat({
    every: 60_000,
    run: (isStopping) =>
      forgetDeliveries(
        { database, registry, system: () => system('delivery retention') },
        new Date(now().getTime() - config.deliveryRetention * DAY),
        isStopping,
      ),
    onError: (error) => logger.warn({ err: error }, 'old deliveries not taken away; it is tried again'),
  })
  const identity = repeat({
    every: HOUR,
    run: async (isStopping) => {
      const before = new Date(now().getTime() - config.sessionRetention * DAY)
      await forgetSessions(database, before, isStopping)
      await forgetOneTimeTokens(database, before, isStopping)
    },
    onError: (error) => logger.warn({ err: error }, 'ended sessions not taken away; it is tried again'),
  })
  const fire = createTimerWorker({
    database,
    writer,
    registry,
    principal: () => system('timers'),
    now,
    tolerance: config.reminderMissedAfter * 60_000,
    onFailure: (error, reminder) => logger.warn({ err: error, reminder }, 'a reminder cannot be fired; it is tried again in a minute'),
  })
  const follow = (isStopping: () => boolean) => followReminderRules({ database, writer, registry, principal: () => system('reminder rules'), now }, isStopping)
  const works = config.role !== 'api'
  const timers = works ? repeat({ every: 500, run: fire, onError: (error) => logger.warn({ err: error }, 'timers not fired; it is tried again') }) : undefined
  const rules = works
    ? repeat({ every: 1_000, run: follow, onError: (error) => logger.warn({ err: error }, 'reminder rules not followed; it is tried again') })
    : undefined
  const notCounted = (error: unknown): void => logger.warn({ err: error }, 'uses of custom fields or grants not written; it is tried again')
  const count = async () => {
    await usage.flush()
    await grantUsage.flush()
  }
  const counts = repeat({ every: 10_000, run: count, onError: notCounted })
  const notAudited = (error: unknown): void => logger.warn({ err: error }, 'reads and refusals not written to the audit; it is tried again')
  const audit = repeat({ every: 2_000, run: () => Promise.all([reads.flush(), refusals.flush()]), onError: notAudited })
  // However a wake-up is lost, no node stays behind for longer.
  const poll = repeat({ every: 1_000, run: () => engine.refresh(), onError: (error) => logger.debug({ err: error }, 'schema version not read') })
  const hear = (text: string | null): void => {
    if (text !== null && Number(text) <= engine.runtime.version) return
    engine.refresh().catch((error: unknown) => logger.warn({ err: error }, 'the schema that another node told of is not served yet; it is tried again'))
  }
  const [signing] = deriveKeys(secrets, 'audit checkpoints')
  const stamper = startStamper({
    connect: () => connectStamper(databaseUrl),
    now,
    key: checkpointKey(signing as DerivedKey),
    onCheckpoint: (checkpoint) =>
      logger.info(checkpoint, 'checkpoint of the audit log; keep this line elsewhere to prove later that nothing before it was rewritten'),
    onStamped: (position) => signals.publish(CHANGES_TOPIC, position),
    onError: (error) => logger.warn({ err: error }, 'events and audit rows not numbered; it is tried again'),
  })
  const forget = [kernel.onCommit(stamper.wake), engine.onRuntime(() => maintenance.wake()), ...(deaf ? [] : [signals.subscribe(SCHEMA_TOPIC, hear)])]
  return {
    stop: async () => {
      for (const each of forget) each()
      // Before what may take its time: nothing that was noted is to be lost.
      await Promise.all([reads.flush(), refusals.flush()]).catch(notAudited)
      await Promise.all([
        maintenance.stop(),
        retention.stop(),
        log.stop(),
        identity.stop(),
        timers?.stop(),
        rules?.stop(),
        poll.stop(),
        counts.stop(),
        audit.stop(),
      ])
      await Promise.all([reads.flush(), refusals.flush(true)]).catch(notAudited)
      await stamper.stop()
      await count().catch(notCounted)
    },
  }
}
