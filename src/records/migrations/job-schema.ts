import type { Pool } from 'pg'
import type { QueryRunner } from 'typeorm'
import { StartupError } from '../../errors/index.ts'

/** Schema of the queue of jobs, which the package `graphile-worker` makes and migrates. */
export const JOB_SCHEMA = 'graphile_worker'

/** Steps of the schema that this version works with: those of the pinned package. */
const NEWEST_STEP = 18

/** Of the jobs that somebody works on, which are looked for all the time, however many wait. The package has no index of these. */
const LOCKED_JOBS = 'guanxi_locked_jobs'

interface SchemaState {
  readonly present: boolean
  readonly mayCreate: boolean
  readonly user: string
}

/** Throws StartupError where the schema of the queue is missing and could not be made, before anything is migrated. */
export async function refuseUnmakableJobSchema(runner: Pick<QueryRunner, 'query'>): Promise<void> {
  const [state] = (await runner.query(
    `SELECT to_regnamespace('${JOB_SCHEMA}') IS NOT NULL AS present, has_database_privilege(current_database(), 'CREATE') AS "mayCreate", current_user AS "user"`,
  )) as SchemaState[]
  if (state && !state.present && !state.mayCreate)
    throw new StartupError(
      `The role ${state.user} may not create the schema ${JOB_SCHEMA}, where jobs wait: GRANT CREATE ON DATABASE to it, or CREATE SCHEMA ${JOB_SCHEMA} AUTHORIZATION ${state.user} as somebody who may.`,
    )
}

/** Brings the schema of the queue up to date, with an index of ours. Called under the lock of migrations, with a connection free in the pool. Throws StartupError for one that is too new. */
export async function migrateJobSchema(runner: Pick<QueryRunner, 'query'>, pool: Pool): Promise<void> {
  await migratePackage(runner, pool)
  const [index] = (await runner.query(`SELECT to_regclass('${JOB_SCHEMA}.${LOCKED_JOBS}') IS NOT NULL AS present`)) as { present: boolean }[]
  if (!index?.present) await runner.query(`CREATE INDEX ${LOCKED_JOBS} ON ${JOB_SCHEMA}._private_jobs (locked_at) WHERE locked_at IS NOT NULL`)
}

async function migratePackage(runner: Pick<QueryRunner, 'query'>, pool: Pool): Promise<void> {
  const { step, breaking } = await readStep(runner)
  if (step >= NEWEST_STEP && breaking <= NEWEST_STEP) return
  if (breaking > NEWEST_STEP)
    throw new StartupError(`The queue of jobs was migrated by a newer version of Guanxi (step ${breaking}); start that version, or restore a backup.`)
  // Where somebody else made the schema, the package would ask for the right to make schemas all the same.
  if (step === 0 && (await isPresent(runner)))
    await runner.query(
      `CREATE TABLE IF NOT EXISTS ${JOB_SCHEMA}.migrations (id int PRIMARY KEY, ts timestamptz DEFAULT now() NOT NULL, breaking boolean NOT NULL DEFAULT false)`,
    )
  // Loaded where it is needed: most starts find everything in its place.
  const { Logger, runMigrations } = await import('graphile-worker')
  await runMigrations({ pgPool: pool, schema: JOB_SCHEMA, logger: new Logger(() => () => {}) })
}

async function isPresent(runner: Pick<QueryRunner, 'query'>): Promise<boolean> {
  const [schema] = (await runner.query(`SELECT to_regnamespace('${JOB_SCHEMA}') IS NOT NULL AS present`)) as { present: boolean }[]
  return schema?.present === true
}

async function readStep(runner: Pick<QueryRunner, 'query'>): Promise<{ readonly step: number; readonly breaking: number }> {
  const [table] = (await runner.query(`SELECT to_regclass('${JOB_SCHEMA}.migrations') IS NOT NULL AS present`)) as { present: boolean }[]
  if (!table?.present) return { step: 0, breaking: 0 }
  const [row] = (await runner.query(
    `SELECT coalesce(max(id), 0)::int AS step, coalesce(max(id) FILTER (WHERE breaking), 0)::int AS breaking FROM ${JOB_SCHEMA}.migrations`,
  )) as { step: number; breaking: number }[]
  return row ?? { step: 0, breaking: 0 }
}
