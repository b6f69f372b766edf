import { Column, Entity, PrimaryColumn } from 'typeorm'

/** A module made at run time or by a plugin. Its table is a real one; TypeORM never maps it. */
@Entity({ name: 'custom_module' })
export class CustomModule {
  @PrimaryColumn({ type: 'uuid' })
  id!: string

  /** Permanent module number, from 1000. */
  @Column({ type: 'int' })
  number!: number

  @Column({ type: 'text' })
  name!: string

  @Column({ name: 'plural_name', type: 'text' })
  pluralName!: string

  @Column({ type: 'jsonb' })
  label!: unknown

  @Column({ name: 'plural_label', type: 'jsonb' })
  pluralLabel!: unknown

  @Column({ name: 'table_name', type: 'text' })
  tableName!: string

  @Column({ name: 'name_field', type: 'text' })
  nameField!: string

  @Column({ name: 'access_parent', type: 'text', nullable: true })
  accessParent!: string | null

  /** Plugin that owns it; empty for an administrator's module. */
  @Column({ name: 'owner_plugin', type: 'text', nullable: true })
  ownerPlugin!: string | null

  /** `active`, `deleted` (hidden, can be restored) or `purged`. */
  @Column({ type: 'text' })
  state!: string

  @Column({ name: 'created_at', type: 'timestamptz', precision: 3 })
  createdAt!: Date

  @Column({ name: 'created_by', type: 'uuid', nullable: true })
  createdBy!: string | null

  @Column({ name: 'deleted_at', type: 'timestamptz', precision: 3, nullable: true })
  deletedAt!: Date | null
}

/** A field made at run time or by a plugin, on a core module or a custom one. */
@Entity({ name: 'custom_field' })
export class CustomField {
  /** The permanent field id. */
  @PrimaryColumn({ type: 'uuid' })
  id!: string

  @Column({ name: 'module_number', type: 'int' })
  moduleNumber!: number

  @Column({ type: 'text' })
  name!: string

  @Column({ type: 'text' })
  type!: string

  @Column({ type: 'jsonb' })
  label!: unknown

  /** Everything else of FieldMetadata: options, bounds, reference, default, transitions … */
  @Column({ type: 'jsonb', default: {} })
  parameters!: unknown

  /** Opaque column base name, `c_<n>`. */
  @Column({ name: 'column_name', type: 'text' })
  columnName!: string

  /** 0: the module's table; n: its n-th extension table. */
  @Column({ type: 'int', default: 0 })
  extension!: number

  @Column({ name: 'owner_plugin', type: 'text', nullable: true })
  ownerPlugin!: string | null

  /** `active`, `deleted` or `purged`. */
  @Column({ type: 'text' })
  state!: string

  /** `none`, `building`, `ready` or `failed`. */
  @Column({ name: 'index_state', type: 'text', default: 'none' })
  indexState!: string

  @Column({ name: 'created_at', type: 'timestamptz', precision: 3 })
  createdAt!: Date

  @Column({ name: 'created_by', type: 'uuid', nullable: true })
  createdBy!: string | null

  @Column({ name: 'deleted_at', type: 'timestamptz', precision: 3, nullable: true })
  deletedAt!: Date | null
}
