import { Column, Entity, PrimaryColumn } from 'typeorm'

/** A named set of rights. */
@Entity({ name: 'role' })
export class Role {
  @PrimaryColumn({ type: 'uuid' })
  id!: string

  /** Permanent name, e.g. `sales_rep`; unique. */
  @Column({ type: 'text' })
  key!: string

  @Column({ type: 'text' })
  name!: string

  /** Shipped with Guanxi; cannot be deleted. */
  @Column({ type: 'boolean', default: false })
  system!: boolean

  /** What it gets on custom fields that it does not list and that were made after it was told so: `FOLLOW`, `READ` or `NONE`. */
  @Column({ name: 'new_fields', type: 'text', default: 'FOLLOW' })
  newFields!: string

  /** Ordinal of the last custom field that stood when it was told so. */
  @Column({ name: 'new_fields_after', type: 'bigint', default: 0 })
  newFieldsAfter!: string
}

/** A role has all that another one gives, too. */
@Entity({ name: 'role_inherit' })
export class RoleInherit {
  @PrimaryColumn({ name: 'role_id', type: 'uuid' })
  roleId!: string

  @PrimaryColumn({ name: 'inherited_id', type: 'uuid' })
  inheritedId!: string
}

/** When somebody who holds a role last did what it grants. */
@Entity({ name: 'grant_use' })
export class GrantUse {
  @PrimaryColumn({ name: 'role_id', type: 'uuid' })
  roleId!: string

  /** As in a grant, but never `*`. */
  @PrimaryColumn({ type: 'text' })
  module!: string

  @PrimaryColumn({ type: 'text' })
  action!: string

  @Column({ name: 'last_used_at', type: 'timestamptz', precision: 3 })
  lastUsedAt!: Date
}

/** What a role may do with the records of one module, and which of them. */
@Entity({ name: 'role_grant' })
export class RoleGrant {
  @PrimaryColumn({ name: 'role_id', type: 'uuid' })
  roleId!: string

  /** `*`, the name of a module that comes with the product, or the number of one that was made at run time. */
  @PrimaryColumn({ type: 'text' })
  module!: string

  /** One row per scope and predicate, so that a role can read ALL and update OWN. */
  @PrimaryColumn({ type: 'text' })
  scope!: string

  @Column({ type: 'text', array: true })
  actions!: string[]

  /** Condition on the rows: a filter object in which fields go by their permanent keys; null where all rows in the scope are meant. */
  @Column({ type: 'jsonb', nullable: true })
  predicate!: Readonly<Record<string, unknown>> | null

  /** Place among the role's grants. */
  @PrimaryColumn({ type: 'integer', default: 0 })
  position!: number
}

/** A role's level on one field, where it differs from what the module's actions give. */
@Entity({ name: 'role_field' })
export class RoleField {
  @PrimaryColumn({ name: 'role_id', type: 'uuid' })
  roleId!: string

  /** Permanent field id: `<module>.<name>` for core fields, `<module>.*` for all fields, where the module is named as below. */
  @PrimaryColumn({ name: 'field_id', type: 'text' })
  fieldId!: string

  /** As in a grant. */
  @Column({ type: 'text' })
  module!: string

  @Column({ type: 'text' })
  access!: string
}

@Entity({ name: 'user_role' })
export class UserRole {
  @PrimaryColumn({ name: 'user_id', type: 'uuid' })
  userId!: string

  @PrimaryColumn({ name: 'role_id', type: 'uuid' })
  roleId!: string
}

/** A further team of a user, besides the home team in `users.team_id`. The view `team_membership` unites both. */
@Entity({ name: 'team_member' })
export class TeamMember {
  @PrimaryColumn({ name: 'team_id', type: 'uuid' })
  teamId!: string

  @PrimaryColumn({ name: 'user_id', type: 'uuid' })
  userId!: string
}
