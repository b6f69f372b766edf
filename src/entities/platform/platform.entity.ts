import { Column, Entity, PrimaryColumn } from 'typeorm'

/** The one row that every statement of the record engine compares its plan with. */
@Entity({ name: 'epoch' })
export class Epoch {
  @PrimaryColumn({ type: 'boolean', default: true })
  singleton!: boolean

  @Column({ name: 'schema_epoch', type: 'bigint' })
  schemaEpoch!: string

  @Column({ name: 'access_epoch', type: 'bigint' })
  accessEpoch!: string
}

/** A record's key in another system. */
@Entity({ name: 'external_id' })
export class ExternalId {
  @PrimaryColumn({ name: 'module_number', type: 'int' })
  moduleNumber!: number

  @PrimaryColumn({ type: 'text' })
  system!: string

  @PrimaryColumn({ type: 'text' })
  key!: string

  @Column({ name: 'record_id', type: 'uuid' })
  recordId!: string
}

/** One setting of the organisation, e.g. `organisation.currency`. */
@Entity({ name: 'setting' })
export class Setting {
  @PrimaryColumn({ type: 'text' })
  key!: string

  @Column({ type: 'jsonb' })
  value!: unknown
}

/** The stored answer of a mutation operation that came with an Idempotency-Key. */
@Entity({ name: 'idempotency_record' })
export class IdempotencyRecord {
  @PrimaryColumn({ name: 'principal_key', type: 'text' })
  principalKey!: string

  @PrimaryColumn({ type: 'text' })
  key!: string

  @Column({ name: 'request_hash', type: 'bytea' })
  requestHash!: Buffer

  /** Encrypted. */
  @Column({ type: 'bytea' })
  response!: Buffer

  @Column({ name: 'created_at', type: 'timestamptz', precision: 3 })
  createdAt!: Date

  @Column({ name: 'expires_at', type: 'timestamptz', precision: 3 })
  expiresAt!: Date
}

/** Next value of an AUTO_NUMBER field. */
@Entity({ name: 'auto_number_series' })
export class AutoNumberSeries {
  @PrimaryColumn({ name: 'field_id', type: 'text' })
  fieldId!: string

  @Column({ name: 'next_value', type: 'bigint' })
  nextValue!: string
}

/** The last turn that was given in a team; its row is locked while turns are given. */
@Entity({ name: 'assignment_rotation' })
export class AssignmentRotation {
  @PrimaryColumn({ name: 'team_id', type: 'uuid' })
  teamId!: string

  @Column({ name: 'last_turn', type: 'bigint' })
  lastTurn!: string
}

/** The last turn of a person in a team's rotation. */
@Entity({ name: 'assignment_turn' })
export class AssignmentTurn {
  @PrimaryColumn({ name: 'team_id', type: 'uuid' })
  teamId!: string

  @PrimaryColumn({ name: 'user_id', type: 'uuid' })
  userId!: string

  @Column({ type: 'bigint' })
  turn!: string
}

/** A migration that ran; `breaking` ones keep older binaries from starting. */
@Entity({ name: 'schema_version' })
export class SchemaVersion {
  @PrimaryColumn({ type: 'int' })
  number!: number

  @Column({ type: 'text' })
  name!: string

  @Column({ type: 'boolean' })
  breaking!: boolean

  @Column({ name: 'applied_at', type: 'timestamptz', precision: 3 })
  appliedAt!: Date
}
