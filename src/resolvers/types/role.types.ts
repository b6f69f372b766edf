import { Field, ID, InputType, ObjectType, registerEnumType } from 'type-graphql'
import { User } from '../../entities/user.entity.ts'
import type { RecordHandle } from '../../schema/operation.ts'
import { AccessAction, AccessScope, FieldAccess, NewFieldsAccess } from './access.enums.ts'
import { JsonScalar } from './json.scalar.ts'

registerEnumType(AccessAction, {
  name: 'AccessAction',
  description: 'What a grant allows on records of a module.',
  valuesConfig: {
    CREATE: { description: 'To make them.' },
    READ: { description: 'To read them.' },
    UPDATE: { description: 'To change them.' },
    DELETE: { description: 'To put them into the recycle bin.' },
    RESTORE: { description: 'To take them out of the recycle bin.' },
    EXPORT: { description: 'To export them: for frontends and integrations that do so, which read it in `actions` of a module.' },
    BULK: {
      description:
        'To create, update, delete or restore several records in one call, each of them by the action that fits. It reaches the records in its scope.',
    },
  },
})
registerEnumType(AccessScope, {
  name: 'AccessScope',
  description: 'Which records a grant reaches, by their owner or team.',
  valuesConfig: {
    OWN: { description: "The user's own." },
    TEAM: { description: "Those of members of the user's teams; records without an owner, those of the teams." },
    TEAM_TREE: { description: 'The same, also of the teams below.' },
    ALL: { description: 'Every record.' },
  },
})
registerEnumType(FieldAccess, {
  name: 'FieldAccess',
  description: 'Level of a field.',
  valuesConfig: {
    HIDDEN: { description: 'It is not shown, nor can it be filtered or ordered by.' },
    MASKED: { description: 'A part of a text is shown, and nothing of other types.' },
    READ: { description: 'It is shown.' },
    WRITE: { description: 'It is shown and can be changed.' },
  },
})
registerEnumType(NewFieldsAccess, {
  name: 'NewFieldsAccess',
  description: 'What a role gets on custom fields that are made later and that it does not list. Sensitive ones are hidden in any case.',
  valuesConfig: {
    FOLLOW: { description: "What the module's actions give, as on all fields." },
    READ: { description: 'To read them.' },
    NONE: { description: 'Nothing.' },
  },
})

@InputType({ description: 'Actions on records of a module, within a scope.' })
export class RoleGrantInput {
  @Field(() => String, { description: 'Name of a module; `*` for all, also those made later.' })
  module!: string

  @Field(() => [AccessAction], { description: 'What may be done.' })
  actions!: AccessAction[]

  @Field(() => AccessScope, { description: 'On which records.' })
  scope!: AccessScope

  @Field(() => JsonScalar, {
    nullable: true,
    description:
      'Which records in the scope: a filter of the module, such as `{region: {in: ["north", "east"]}}`. A value may be one of the viewer: `{viewer: "id"}`, `team`, `teams`, `teamTree`, or a field of users, as in `{region: {in: {viewer: "territories"}}}`.',
  })
  where?: unknown
}

@InputType({ description: 'The level of a field.' })
export class RoleFieldInput {
  @Field(() => String, { description: 'Name of the module.' })
  module!: string

  @Field(() => String, { description: 'Name of a field; `*` for all of the module.' })
  field!: string

  @Field(() => FieldAccess, { description: 'The level.' })
  access!: FieldAccess
}

@InputType({ description: 'A new role.' })
export class CreateRoleInput {
  @Field(() => String, { description: 'Permanent name: lower-case letters, digits and underscores.' })
  key!: string

  @Field(() => String, { description: 'What people read.' })
  name!: string

  @Field(() => [RoleGrantInput], { nullable: true, description: 'What it allows on the records of modules; nothing unless given.' })
  grants?: RoleGrantInput[] | null

  @Field(() => [RoleFieldInput], { nullable: true, description: "Fields that are not listed follow the module's actions, sensitive ones are hidden." })
  fields?: RoleFieldInput[] | null

  @Field(() => [String], { nullable: true, description: 'Keys of other roles; whoever has this role has all that they give, too.' })
  inherits?: string[] | null

  @Field(() => NewFieldsAccess, {
    nullable: true,
    description: 'What the role gets on custom fields that it does not list and that are made later. FOLLOW unless given.',
  })
  newFields?: NewFieldsAccess | null
}

@InputType({ description: 'What is left out stays as it is; grants, fields and inherited roles are replaced as a whole.' })
export class UpdateRoleInput {
  @Field(() => String, { nullable: true, description: 'What people read.' })
  name?: string | null

  @Field(() => [RoleGrantInput], { nullable: true, description: 'All that it allows on the records of modules.' })
  grants?: RoleGrantInput[] | null

  @Field(() => [RoleFieldInput], { nullable: true, description: 'All levels of fields that it lists.' })
  fields?: RoleFieldInput[] | null

  @Field(() => [String], { nullable: true, description: 'Keys of other roles; whoever has this role has all that they give, too.' })
  inherits?: string[] | null

  @Field(() => NewFieldsAccess, {
    nullable: true,
    description: 'What the role gets on custom fields that it does not list and that are made after it stopped to FOLLOW.',
  })
  newFields?: NewFieldsAccess | null
}

@ObjectType({ simpleResolvers: true, description: 'Actions on records of a module, within a scope.' })
export class RoleGrant {
  @Field(() => String, { description: '`*`: every module.' })
  module!: string

  @Field(() => [AccessAction], { description: 'What may be done.' })
  actions!: AccessAction[]

  @Field(() => AccessScope, { description: 'On which records.' })
  scope!: AccessScope

  @Field(() => JsonScalar, { nullable: true, description: 'Which records in the scope; null: all.' })
  where!: unknown
}

@ObjectType({ simpleResolvers: true, description: 'The level of a field.' })
export class RoleField {
  @Field(() => String, { description: 'Name of the module.' })
  module!: string

  @Field(() => String, { description: '`*`: every field of the module.' })
  field!: string

  @Field(() => FieldAccess, { description: 'The level.' })
  access!: FieldAccess
}

@ObjectType({ simpleResolvers: true, description: 'A named set of rights.' })
export class Role {
  @Field(() => ID, { description: 'Permanent.' })
  id!: string

  @Field(() => String, { description: 'Permanent name, by which roles are given.' })
  key!: string

  @Field(() => String, { description: 'What people read.' })
  name!: string

  @Field(() => Boolean, { description: 'Comes with the product.' })
  system!: boolean
}

@ObjectType({ simpleResolvers: true, description: 'A role as it is after the change.' })
export class RolePayload {
  @Field(() => Role, { nullable: true, description: 'The role.' })
  role!: Role
}

@ObjectType({ simpleResolvers: true, description: 'A user as it is after the change.' })
export class UserPayload {
  @Field(() => User, { nullable: true, description: 'The user.' })
  user!: RecordHandle
}
