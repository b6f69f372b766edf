import { Column, Entity, PrimaryColumn } from 'typeorm'

/** When a worker was heard of last, by the clock of the database. One that is silent is dead, or frozen: others take over its jobs. */
@Entity({ name: 'worker_heartbeat' })
export class WorkerHeartbeat {
  /** By which its jobs are locked; never used again by another one. */
  @PrimaryColumn({ name: 'worker_id', type: 'text' })
  workerId!: string

  /** Host and number of its process. */
  @Column({ type: 'text' })
  process!: string

  @Column({ name: 'started_at', type: 'timestamptz', precision: 3 })
  startedAt!: Date

  @Column({ name: 'seen_at', type: 'timestamptz', precision: 3 })
  seenAt!: Date
}
