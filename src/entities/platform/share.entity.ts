import { Column, Entity, PrimaryColumn } from 'typeorm'

/** A record shared with a user or with a team. */
@Entity({ name: 'record_share' })
export class RecordShare {
  @PrimaryColumn({ type: 'uuid' })
  id!: string

  @Column({ name: 'module_number', type: 'integer' })
  moduleNumber!: number

  @Column({ name: 'record_id', type: 'uuid' })
  recordId!: string

  /** Null where the grantee is a team. */
  @Column({ name: 'user_id', type: 'uuid', nullable: true })
  userId!: string | null

  /** Null where the grantee is a user. */
  @Column({ name: 'team_id', type: 'uuid', nullable: true })
  teamId!: string | null

  /** Whichever of both it is; computed by the database. */
  @Column({ name: 'grantee_id', type: 'uuid', insert: false, update: false })
  granteeId!: string

  /** `READ`, or `WRITE` for READ and UPDATE. */
  @Column({ type: 'text' })
  level!: string

  /** Null: without end. */
  @Column({ name: 'expires_at', type: 'timestamptz', precision: 3, nullable: true })
  expiresAt!: Date | null

  /** It came with watching the record, and goes with that. */
  @Column({ type: 'boolean', default: false })
  watching!: boolean

  @Column({ name: 'created_at', type: 'timestamptz', precision: 3 })
  createdAt!: Date

  @Column({ name: 'created_by', type: 'uuid' })
  createdBy!: string
}
