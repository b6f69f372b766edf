import { Column, Entity, PrimaryColumn, PrimaryGeneratedColumn } from 'typeorm'

/** All record writes of one operation: who, by what means and when. */
@Entity({ name: 'change_set' })
export class ChangeSetRow {
  @PrimaryColumn({ type: 'uuid' })
  id!: string

  @Column({ name: 'actor_id', type: 'uuid', nullable: true })
  actorId!: string | null

  /** `user`, `api_key`, or the named reason of system work. */
  @Column({ type: 'text' })
  via!: string

  @Column({ type: 'text' })
  cause!: string

  @Column({ name: 'request_id', type: 'text', nullable: true })
  requestId!: string | null

  @Column({ name: 'operation_name', type: 'text', nullable: true })
  operationName!: string | null

  @Column({ type: 'text', nullable: true })
  client!: string | null

  @Column({ type: 'timestamptz', precision: 3 })
  at!: Date
}

/** One version of a record: what changed, as `{"<column base>": {"before", "after"}}` in API value forms. */
@Entity({ name: 'record_history' })
export class RecordHistory {
  @PrimaryColumn({ name: 'record_id', type: 'uuid' })
  recordId!: string

  @PrimaryColumn({ type: 'int' })
  version!: number

  @Column({ name: 'module_number', type: 'int' })
  moduleNumber!: number

  @Column({ type: 'text' })
  operation!: string

  @Column({ type: 'timestamptz', precision: 3 })
  at!: Date

  @Column({ name: 'actor_id', type: 'uuid', nullable: true })
  actorId!: string | null

  @Column({ name: 'change_set_id', type: 'uuid', nullable: true })
  changeSetId!: string | null

  @Column({ type: 'jsonb' })
  changes!: unknown
}

/** Exactly one event per committed change. Cursors are `position`, given in commit order by the stamper; `sequence` is not. */
@Entity({ name: 'outbox' })
export class OutboxEvent {
  @PrimaryGeneratedColumn('identity', { type: 'bigint', generatedIdentity: 'ALWAYS' })
  sequence!: string

  @Column({ type: 'bigint', nullable: true })
  position!: string | null

  @Column({ name: 'module_number', type: 'int' })
  moduleNumber!: number

  @Column({ name: 'record_id', type: 'uuid' })
  recordId!: string

  @Column({ type: 'int' })
  version!: number

  @Column({ type: 'text' })
  operation!: string

  /** Field ids. */
  @Column({ name: 'changed_fields', type: 'text', array: true })
  changedFields!: string[]

  /** Row images by physical column. */
  @Column({ type: 'jsonb', nullable: true })
  before!: unknown

  @Column({ type: 'jsonb', nullable: true })
  after!: unknown

  @Column({ name: 'actor_id', type: 'uuid', nullable: true })
  actorId!: string | null

  @Column({ name: 'change_set_id', type: 'uuid', nullable: true })
  changeSetId!: string | null

  /** Record event that led to this one. */
  @Column({ type: 'uuid', nullable: true })
  causation!: string | null

  /** Length of that chain. */
  @Column({ type: 'int', default: 0 })
  depth!: number

  @Column({ type: 'timestamptz', precision: 3 })
  at!: Date
}

/** Who did what, append-only. */
@Entity({ name: 'audit_log' })
export class AuditEntry {
  @PrimaryGeneratedColumn('identity', { type: 'bigint', generatedIdentity: 'ALWAYS' })
  sequence!: string

  @Column({ type: 'timestamptz', precision: 3 })
  at!: Date

  @Column({ name: 'actor_id', type: 'uuid', nullable: true })
  actorId!: string | null

  @Column({ type: 'text' })
  via!: string

  /** E.g. `account.create`, `session.signIn`. */
  @Column({ type: 'text' })
  action!: string

  @Column({ name: 'module_number', type: 'int', nullable: true })
  moduleNumber!: number | null

  @Column({ name: 'record_ids', type: 'uuid', array: true, default: '{}' })
  recordIds!: string[]

  @Column({ name: 'changed_fields', type: 'text', array: true, default: '{}' })
  changedFields!: string[]

  @Column({ name: 'change_set_id', type: 'uuid', nullable: true })
  changeSetId!: string | null

  @Column({ name: 'request_id', type: 'text', nullable: true })
  requestId!: string | null

  @Column({ type: 'text', nullable: true })
  client!: string | null

  @Column({ type: 'text', nullable: true })
  ip!: string | null

  @Column({ type: 'text' })
  result!: string

  /** Name of the operation, as the client calls it. */
  @Column({ type: 'text', nullable: true })
  operation!: string | null

  @Column({ name: 'root_fields', type: 'text', array: true, nullable: true })
  rootFields!: string[] | null

  @Column({ name: 'session_id', type: 'uuid', nullable: true })
  sessionId!: string | null

  @Column({ name: 'api_key_id', type: 'uuid', nullable: true })
  apiKeyId!: string | null

  /** What has no column of its own, e.g. how many records were read. */
  @Column({ type: 'jsonb', nullable: true })
  details!: unknown
}
