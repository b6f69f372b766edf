import type pg from 'pg'

/**
 * The queue of jobs lives by the clock of the database, and tests by one that stands still. A job for a later time of the test's clock is therefore put off for so long that the queue never begins it by
 * itself, and let go when the test's clock gets there. Jobs that are for now, and tries after a failure, are left as they are.
 */
const PUT_OFF = `interval '1000 years'`

const SET_UP = `
  CREATE SCHEMA guanxi_testing;
  CREATE TABLE guanxi_testing.clock (moment timestamptz NOT NULL);
  CREATE FUNCTION guanxi_testing.put_off() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    IF NEW.run_at = now() THEN RETURN NEW; END IF;
    NEW.run_at := CASE WHEN NEW.run_at <= (SELECT moment FROM guanxi_testing.clock) THEN now() ELSE NEW.run_at + ${PUT_OFF} END;
    RETURN NEW;
  END $$;
  CREATE TRIGGER put_off BEFORE INSERT ON graphile_worker._private_jobs FOR EACH ROW EXECUTE FUNCTION guanxi_testing.put_off();`

/** Times of jobs that are put off. */
const IS_PUT_OFF = `run_at > timestamptz '2900-01-01'`

export async function setUpClock(client: pg.Client, moment: Date): Promise<void> {
  await client.query(SET_UP)
  await client.query('INSERT INTO guanxi_testing.clock VALUES ($1)', [moment])
}

export async function setDatabaseClock(client: pg.Client, moment: Date): Promise<void> {
  await client.query('UPDATE guanxi_testing.clock SET moment = $1', [moment])
}

/** Lets go of jobs whose time has come. */
export async function releaseJobs(client: pg.Client): Promise<void> {
  const { rowCount } = await client.query(
    `UPDATE graphile_worker._private_jobs SET run_at = now() WHERE ${IS_PUT_OFF} AND run_at - ${PUT_OFF} <= (SELECT moment FROM guanxi_testing.clock)`,
  )
  if (rowCount) await client.query(`SELECT pg_notify('jobs:insert', json_build_object('r', random(), 'count', $1::int)::text)`, [rowCount])
}

/** The next moment up to `until` at which a job or a timer is due; null where there is none. */
export async function nextDue(client: pg.Client, until: Date): Promise<Date | null> {
  const { rows } = await client.query<{ moment: Date | null }>(
    `SELECT min(moment) AS moment FROM (
      SELECT run_at - ${PUT_OFF} AS moment FROM graphile_worker._private_jobs WHERE ${IS_PUT_OFF}
      UNION ALL SELECT due_at FROM timers WHERE state = 'scheduled' AND deleted_at IS NULL AND due_at > (SELECT moment FROM guanxi_testing.clock)) AS due WHERE moment <= $1`,
    [until],
  )
  return rows[0]?.moment ?? null
}
