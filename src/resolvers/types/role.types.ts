import { Field, ID, InputType, ObjectType, registerEnumType } from 'type-graphql'
import { User } from '../../entities/user.entity.ts'
import type { RecordHandle } from '../../schema/operation.ts'
import { AccessAction, AccessScope, FieldAccess, NewFieldsAccess } from './access.enums.ts'
import { JsonScalar } from './json.scalar.ts'

registerEnumType(AccessAction, {
  name: 'AccessAction',
  description: 'What a grant allows on records of a module.',
  valuesConfig: {
    BULK: {
      description:
        'To create, update, delete or restore several records in one call, each of them by the action that fits. It reaches the records in its scope.',
    },
  },
})
registerEnumType(AccessScope, { name: 'AccessScope', description: 'Which records a grant reaches, by their owner or team.' })
registerEnumType(FieldAccess, { name: 'FieldAccess', description: 'Level of a field. MASKED shows a part of a text and nothing of other types.' })
registerEnumType(NewFieldsAccess, {
  name: 'NewFieldsAccess',
  description: 'What a role gets on custom fields that are made later and that it does not list. Sensitive ones are hidden in any case.',
  valuesConfig: {
    FOLLOW: { description: "What the module's actions give, as on all fields." },
    READ: { description: 'To read them.' },
    NONE: { description: 'Nothing.' },
  },
})

@InputType()
export class RoleGrantInput {
  @Field(() => String, { description: 'Name of a module; `*` for all, also those made later.' })
  module!: string

  @Field(() => [AccessAction])
  actions!: AccessAction[]

  @Field(() => AccessScope)
  scope!: AccessScope

  @Field(() => JsonScalar, {
    nullable: true,
    description:
      'Which records in the scope: a filter of the module, such as `{region: {in: ["north", "east"]}}`. A value may be one of the viewer: `{viewer: "id"}`, `team`, `teams`, `teamTree`, or a field of users, as in `{region: {in: {viewer: "territories"}}}`.',
  })
  where?: unknown
}

@InputType()
export class RoleFieldInput {
  @Field(() => String)
  module!: string

  @Field(() => String, { description: 'Name of a field; `*` for all of the module.' })
  field!: string

  @Field(() => FieldAccess)
  access!: FieldAccess
}

@InputType()
export class CreateRoleInput {
  @Field(() => String, { description: 'Permanent name: lower-case letters, digits and underscores.' })
  key!: string

  @Field(() => String)
  name!: string

  @Field(() => [RoleGrantInput], { nullable: true })
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
  @Field(() => String, { nullable: true })
  name?: string | null

  @Field(() => [RoleGrantInput], { nullable: true })
  grants?: RoleGrantInput[] | null

  @Field(() => [RoleFieldInput], { nullable: true })
  fields?: RoleFieldInput[] | null

  @Field(() => [String], { nullable: true, description: 'Keys of other roles; whoever has this role has all that they give, too.' })
  inherits?: string[] | null

  @Field(() => NewFieldsAccess, {
    nullable: true,
    description: 'What the role gets on custom fields that it does not list and that are made after it stopped to FOLLOW.',
  })
  newFields?: NewFieldsAccess | null
}

@ObjectType({ simpleResolvers: true })
export class RoleGrant {
  @Field(() => String, { description: '`*`: every module.' })
  module!: string

  @Field(() => [AccessAction])
  actions!: AccessAction[]

  @Field(() => AccessScope)
  scope!: AccessScope

  @Field(() => JsonScalar, { nullable: true, description: 'Which records in the scope; null: all.' })
  where!: unknown
}

@ObjectType({ simpleResolvers: true })
export class RoleField {
  @Field(() => String)
  module!: string

  @Field(() => String, { description: '`*`: every field of the module.' })
  field!: string

  @Field(() => FieldAccess)
  access!: FieldAccess
}

@ObjectType({ simpleResolvers: true, description: 'A named set of rights.' })
export class Role {
  @Field(() => ID)
  id!: string

  @Field(() => String)
  key!: string

  @Field(() => String)
  name!: string

  @Field(() => Boolean, { description: 'Comes with the product.' })
  system!: boolean
}

@ObjectType({ simpleResolvers: true })
export class RolePayload {
  @Field(() => Role, { nullable: true })
  role!: Role
}

@ObjectType({ simpleResolvers: true })
export class UserPayload {
  @Field(() => User, { nullable: true })
  user!: RecordHandle
}
