import type { Executor } from '../records/database.ts'
import type { JobKind } from '../records/jobs/job-kind.ts'

/** Another worker has taken the job over, since this one was silent for too long: what it did must not count, and nothing of it is written. */
export class JobLost extends Error {
  constructor(id: string) {
    super(`job ${id} was taken over by another worker`)
  }
}

/** One run of a job by one worker. */
export interface JobRun {
  readonly id: string
  /** From 1; runs that were cut off count. */
  readonly attempt: number
  /** Aborted when the process must end and waits no longer. */
  readonly signal: AbortSignal
  /** Until the transaction ends nobody else takes the job over. Throws JobLost where somebody has. */
  hold(transaction: Executor): Promise<void>
  /** Ends the job: in a transaction, its end and its effects are one. Throws JobLost where another worker has taken it over. A job that does not do so itself ends behind `run`. */
  settle(transaction: Executor): Promise<void>
}

/** What one kind of job does. Whatever it throws makes the job wait, longer each time, and begin again, until it has been begun as often as it may be. */
export interface JobDefinition {
  readonly name: string
  readonly payload: JobKind<unknown>['payload']
  run(payload: unknown, run: JobRun): Promise<void>
}

export function defineJob<Payload>(kind: JobKind<Payload>, run: (payload: Payload, run: JobRun) => Promise<void>): JobDefinition {
  return { name: kind.name, payload: kind.payload, run: (payload, each) => run(payload as Payload, each) }
}
