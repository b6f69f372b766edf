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
}

/** What a role may do with the records of one module, and which of them. */
@Entity({ name: 'role_grant' })
export class RoleGrant {
  @PrimaryColumn({ name: 'role_id', type: 'uuid' })
  roleId!: string

  /** `*`, the name of a module that comes with the product, or the number of one that was made at run time. */
  @PrimaryColumn({ type: 'text' })
  module!: string

  /** One row per scope, so that a role can read ALL and update OWN. */
  @PrimaryColumn({ type: 'text' })
  scope!: string

  @Column({ type: 'text', array: true })
  actions!: string[]
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
