import { Column, Entity, PrimaryColumn } from 'typeorm'

/** A user's password, kept away from the module's table so that no record operation can reach it. */
@Entity({ name: 'user_credential' })
export class UserCredential {
  @PrimaryColumn({ name: 'user_id', type: 'uuid' })
  userId!: string

  /** Argon2id in its PHC string form. */
  @Column({ name: 'password_hash', type: 'text' })
  passwordHash!: string

  @Column({ name: 'updated_at', type: 'timestamptz', precision: 3 })
  updatedAt!: Date
}

@Entity({ name: 'session' })
export class Session {
  @PrimaryColumn({ type: 'uuid' })
  id!: string

  @Column({ name: 'user_id', type: 'uuid' })
  userId!: string

  @Column({ name: 'created_at', type: 'timestamptz', precision: 3 })
  createdAt!: Date

  @Column({ name: 'last_used_at', type: 'timestamptz', precision: 3 })
  lastUsedAt!: Date

  @Column({ name: 'expires_at', type: 'timestamptz', precision: 3 })
  expiresAt!: Date

  @Column({ name: 'revoked_at', type: 'timestamptz', precision: 3, nullable: true })
  revokedAt!: Date | null

  @Column({ name: 'user_agent', type: 'text', nullable: true })
  userAgent!: string | null

  @Column({ type: 'text', nullable: true })
  ip!: string | null

  /** Name of the program that opened it. */
  @Column({ type: 'text', nullable: true })
  client!: string | null
}

/** One link of a session's rotation chain. A used token that comes again means theft: the whole session is revoked. */
@Entity({ name: 'refresh_token' })
export class RefreshToken {
  @PrimaryColumn({ type: 'uuid' })
  id!: string

  @Column({ name: 'session_id', type: 'uuid' })
  sessionId!: string

  /** SHA-256; unique. */
  @Column({ name: 'token_hash', type: 'bytea' })
  tokenHash!: Buffer

  @Column({ name: 'created_at', type: 'timestamptz', precision: 3 })
  createdAt!: Date

  @Column({ name: 'expires_at', type: 'timestamptz', precision: 3 })
  expiresAt!: Date

  @Column({ name: 'used_at', type: 'timestamptz', precision: 3, nullable: true })
  usedAt!: Date | null

  @Column({ name: 'replaced_by', type: 'uuid', nullable: true })
  replacedBy!: string | null
}

/** A key acts as its user, with one role where it names one and with all of the user's roles otherwise. */
@Entity({ name: 'api_key' })
export class ApiKey {
  @PrimaryColumn({ type: 'uuid' })
  id!: string

  @Column({ type: 'text' })
  name!: string

  /** Public start of the key, by which it is found; unique. */
  @Column({ type: 'text' })
  prefix!: string

  @Column({ name: 'secret_hash', type: 'bytea' })
  secretHash!: Buffer

  @Column({ name: 'user_id', type: 'uuid' })
  userId!: string

  @Column({ name: 'role_id', type: 'uuid', nullable: true })
  roleId!: string | null

  @Column({ name: 'created_by', type: 'uuid', nullable: true })
  createdBy!: string | null

  /** The key by which it was made, and with which it ends. */
  @Column({ name: 'made_by_key', type: 'uuid', nullable: true })
  madeByKey!: string | null

  @Column({ name: 'created_at', type: 'timestamptz', precision: 3 })
  createdAt!: Date

  @Column({ name: 'expires_at', type: 'timestamptz', precision: 3, nullable: true })
  expiresAt!: Date | null

  @Column({ name: 'last_used_at', type: 'timestamptz', precision: 3, nullable: true })
  lastUsedAt!: Date | null

  @Column({ name: 'revoked_at', type: 'timestamptz', precision: 3, nullable: true })
  revokedAt!: Date | null

  /** Networks in CIDR notation from which it may be used; null: from everywhere. */
  @Column({ name: 'allowed_networks', type: 'text', array: true, nullable: true })
  allowedNetworks!: string[] | null
}

/** The token of a link that was sent to a user: it works once, until it expires or another one takes its place. */
@Entity({ name: 'one_time_token' })
export class OneTimeToken {
  @PrimaryColumn({ type: 'uuid' })
  id!: string

  @Column({ name: 'user_id', type: 'uuid' })
  userId!: string

  /** `passwordReset` or `invitation`. */
  @Column({ type: 'text' })
  purpose!: string

  /** SHA-256; unique. */
  @Column({ name: 'token_hash', type: 'bytea' })
  tokenHash!: Buffer

  @Column({ name: 'created_by', type: 'uuid' })
  createdBy!: string

  @Column({ name: 'created_at', type: 'timestamptz', precision: 3 })
  createdAt!: Date

  @Column({ name: 'expires_at', type: 'timestamptz', precision: 3 })
  expiresAt!: Date

  @Column({ name: 'used_at', type: 'timestamptz', precision: 3, nullable: true })
  usedAt!: Date | null

  /** When it ended unused: by a newer one, a new password or another address. */
  @Column({ name: 'ended_at', type: 'timestamptz', precision: 3, nullable: true })
  endedAt!: Date | null

  /** The message that carries it; null until it is made. */
  @Column({ name: 'delivery_id', type: 'uuid', nullable: true })
  deliveryId!: string | null
}
