import { Column, Entity, PrimaryColumn } from 'typeorm'

/** A plugin that has been enabled once. Its modules and fields are rows of `custom_module` and `custom_field` that name it. */
@Entity({ name: 'plugin' })
export class Plugin {
  @PrimaryColumn({ type: 'text' })
  name!: string

  /** Version that is enabled, or was when it was disabled. */
  @Column({ type: 'text' })
  version!: string

  @Column({ type: 'text' })
  state!: 'enabled' | 'disabled' | 'quarantined' | 'uninstalled'

  /** Version whose code every process is asked to load, while it is being enabled or upgraded. */
  @Column({ name: 'wanted_version', type: 'text', nullable: true })
  wantedVersion!: string | null

  /** Tells one asking from another: a process that could not load the version before may be able to now. */
  @Column({ type: 'uuid', nullable: true })
  attempt!: string | null

  /** What it asked for, and an administrator agreed to by enabling it. */
  @Column({ type: 'jsonb' })
  capabilities!: Record<string, unknown>

  @Column({ type: 'jsonb', default: {} })
  settings!: Record<string, unknown>

  /** Keys of the roles that have each of its own permissions. */
  @Column({ type: 'jsonb', default: {} })
  permissions!: Record<string, readonly string[]>

  /** Modules whose writes its hooks judge: a process without its code refuses those. */
  @Column({ type: 'text', array: true, default: [] })
  judges!: readonly string[]

  /** Its computed fields, by module. */
  @Column({ type: 'jsonb', default: {} })
  members!: Record<string, readonly string[]>

  /** Its service user. */
  @Column({ name: 'user_id', type: 'uuid', nullable: true })
  userId!: string | null

  @Column({ name: 'last_error', type: 'text', nullable: true })
  lastError!: string | null

  @Column({ name: 'last_error_at', type: 'timestamptz', precision: 3, nullable: true })
  lastErrorAt!: Date | null

  @Column({ name: 'changed_at', type: 'timestamptz', precision: 3 })
  changedAt!: Date
}

/** A migration of a plugin that has been run. */
@Entity({ name: 'plugin_migration' })
export class PluginMigration {
  @PrimaryColumn({ type: 'text' })
  plugin!: string

  @PrimaryColumn({ type: 'text' })
  migration!: string

  @Column({ type: 'timestamptz', precision: 3 })
  at!: Date
}

/** How far a job that runs by a timetable has come. */
@Entity({ name: 'plugin_timetable' })
export class PluginTimetable {
  @PrimaryColumn({ type: 'text' })
  plugin!: string

  @PrimaryColumn({ type: 'text' })
  job!: string

  @Column({ name: 'last_at', type: 'timestamptz', precision: 3 })
  lastAt!: Date
}
