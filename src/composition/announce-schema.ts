import type { Signals } from '../events/index.ts'
import type { Logger } from '../http/index.ts'
import type { GraphQLEngine } from '../schema/operation.ts'

/** Topic of the signal that the schema is at a version, which is its text. */
export const SCHEMA_TOPIC = 'schema'

interface Announcing {
  readonly engine: Pick<GraphQLEngine, 'refresh'>
  readonly signals: Pick<Signals, 'publish'>
  readonly logger: Pick<Logger, 'warn'>
}

/**
 * Serves a new version here. The other nodes hear of it first, so that they make theirs at the same time. Never rejects: the change is committed, and whoever
 * asked for it must not take it for refused. A version that could not be made is tried again by the poll.
 */
export async function announceSchema(version: number, { engine, signals, logger }: Announcing): Promise<void> {
  signals.publish(SCHEMA_TOPIC, String(version))
  try {
    await engine.refresh()
  } catch (error) {
    logger.warn({ err: error, version }, 'the changed schema is not served yet; it is tried again')
  }
}
