import { Column, Entity, PrimaryColumn } from 'typeorm'

/** A process of the installation, as long as it lives. */
@Entity({ name: 'node' })
export class ProcessNode {
  @PrimaryColumn({ type: 'uuid' })
  id!: string

  /** Host and number of its process. */
  @Column({ type: 'text' })
  process!: string

  @Column({ type: 'text' })
  role!: string

  @Column({ name: 'started_at', type: 'timestamptz', precision: 3 })
  startedAt!: Date

  @Column({ name: 'seen_at', type: 'timestamptz', precision: 3 })
  seenAt!: Date

  /** Version of the schema that it serves. */
  @Column({ name: 'schema_version', type: 'bigint' })
  schemaVersion!: string

  /** By plugin: versions whose code it has loaded, and why it has not more. */
  @Column({ type: 'jsonb', default: {} })
  plugins!: Record<string, unknown>
}
