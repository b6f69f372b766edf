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

  /** What it is about; gives it the usual fields when it is made: `plain`, `person`, `company`, `event` or `document`. */
  @Column({ type: 'text', default: 'plain' })
  kind!: string

  /** Place among the custom modules. */
  @Column({ type: 'int', default: 0 })
  position!: number

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

  /** Counts up in the order in which fields are made. */
  @Column({ type: 'bigint', generated: 'increment' })
  ordinal!: string

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

  /** Earlier names. */
  @Column({ type: 'text', array: true, default: '{}' })
  aliases!: string[]

  /** Place among the module's custom fields. */
  @Column({ type: 'int', default: 0 })
  position!: number

  @Column({ name: 'created_at', type: 'timestamptz', precision: 3 })
  createdAt!: Date

  @Column({ name: 'created_by', type: 'uuid', nullable: true })
  createdBy!: string | null

  @Column({ name: 'deleted_at', type: 'timestamptz', precision: 3, nullable: true })
  deletedAt!: Date | null
}

/** Columns that a purged field has left, for the next field with columns of the same types. */
@Entity({ name: 'custom_slot' })
export class CustomSlot {
  @PrimaryColumn({ name: 'module_number', type: 'int' })
  moduleNumber!: number

  @PrimaryColumn({ name: 'column_name', type: 'text' })
  columnName!: string

  @Column({ type: 'int' })
  extension!: number

  /** Field type whose columns they are. */
  @Column({ type: 'text' })
  type!: string

  /** Every row is null there. */
  @Column({ type: 'boolean', default: false })
  cleared!: boolean
}

/** An index that a custom field asks for, and how far it is. */
@Entity({ name: 'custom_index' })
export class CustomIndex {
  @PrimaryColumn({ type: 'text' })
  name!: string

  @Column({ name: 'field_id', type: 'uuid' })
  fieldId!: string

  /** `order`, `unique`, `search` or `reference`. */
  @Column({ type: 'text' })
  kind!: string

  @Column({ name: 'table_name', type: 'text' })
  tableName!: string

  /** What stands behind the table's name in CREATE INDEX. */
  @Column({ type: 'text' })
  definition!: string

  /** `building`, `ready` or `failed`. */
  @Column({ type: 'text' })
  state!: string

  @Column({ type: 'int', default: 0 })
  attempts!: number

  @Column({ type: 'text', nullable: true })
  failure!: string | null
}

/** How often operations of a client named a custom field on one day. */
@Entity({ name: 'field_usage' })
export class FieldUsage {
  @PrimaryColumn({ name: 'field_id', type: 'uuid' })
  fieldId!: string

  @PrimaryColumn({ type: 'text' })
  operation!: string

  @PrimaryColumn({ type: 'text' })
  client!: string

  @PrimaryColumn({ type: 'date' })
  day!: string

  @Column({ type: 'bigint' })
  count!: string
}
