import type { Signals } from '../events/index.ts'
import type { GraphQLEngine } from '../schema/operation.ts'

/** Topic of the signal that the schema is at a version, which is its text. */
export const SCHEMA_TOPIC = 'schema'

/** Serves a new version here. The other nodes hear of it first, so that they make theirs at the same time. */
export async function announceSchema(version: number, engine: GraphQLEngine, signals: Signals): Promise<void> {
  signals.publish(SCHEMA_TOPIC, String(version))
  await engine.refresh()
}
