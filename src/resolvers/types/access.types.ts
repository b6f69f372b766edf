import { Field, Int, ObjectType } from 'type-graphql'
import { User } from '../../entities/user.entity.ts'
import type { RecordHandle } from '../../schema/operation.ts'
import { AccessAction, AccessScope, FieldAccess } from './access.enums.ts'
import { DateTimeToken } from './date-time.scalar.ts'
import { JsonScalar } from './json.scalar.ts'
import { Role } from './role.types.ts'

@ObjectType({ simpleResolvers: true, description: 'Whether somebody may do something, and why.' })
export class AccessExplanation {
  @Field(() => Boolean, { description: 'The verdict.' })
  allowed!: boolean

  @Field(() => [String], { description: 'The chain that leads to the verdict: role, inherited role, grant, scope, record, field level.' })
  reasons!: string[]
}

@ObjectType({ simpleResolvers: true, description: 'Records in a scope that fulfil a condition.' })
export class AccessReach {
  @Field(() => AccessScope, { description: 'The records by their owner or team.' })
  scope!: AccessScope

  @Field(() => JsonScalar, { nullable: true, description: 'Null: all of them.' })
  where!: unknown

  @Field(() => [AccessReach], {
    nullable: true,
    description: 'Of records below a parent, those whose parent one of these admits. Null: all parents that are reached, or there is none.',
  })
  parent!: readonly AccessReach[] | null
}

@ObjectType({ simpleResolvers: true, description: 'An action that would reach more, fewer or other records.' })
export class ActionDiff {
  @Field(() => String, { description: 'Name of the module.' })
  module!: string

  @Field(() => AccessAction, { description: 'The action whose reach changes.' })
  action!: AccessAction

  @Field(() => AccessScope, { nullable: true, description: 'Null: none.' })
  before!: AccessScope | null

  @Field(() => AccessScope, { nullable: true, description: 'Null: none.' })
  after!: AccessScope | null

  @Field(() => [AccessReach], { description: 'All that is reached: records that one of these admits.' })
  reachBefore!: readonly AccessReach[]

  @Field(() => [AccessReach], { description: 'The same after the change.' })
  reachAfter!: readonly AccessReach[]

  @Field(() => Boolean, { description: 'Some record more may be reached than before. With conditions, others may be lost at the same time.' })
  gains!: boolean

  @Field(() => Boolean, { description: 'Some record may be reached no more.' })
  loses!: boolean
}

@ObjectType({ simpleResolvers: true, description: 'A field that would be more or less open.' })
export class FieldDiff {
  @Field(() => String, { description: 'Name of the module.' })
  module!: string

  @Field(() => String, { description: 'Name of the field.' })
  field!: string

  @Field(() => FieldAccess, { description: 'On all records that can be reached.' })
  before!: FieldAccess

  @Field(() => FieldAccess, { description: 'The same after the change.' })
  after!: FieldAccess

  @Field(() => FieldAccess, { nullable: true, description: 'The highest level on some records, where that is higher than on all.' })
  partlyBefore!: FieldAccess | null

  @Field(() => FieldAccess, { nullable: true, description: 'The same after the change.' })
  partlyAfter!: FieldAccess | null

  @Field(() => Boolean, { description: 'More than before, be it on some records or on others.' })
  gains!: boolean
}

@ObjectType({ simpleResolvers: true, description: 'Users who hold the same roles, whose rights would all change in the same way.' })
export class RoleDiffGroup {
  @Field(() => [String], { description: 'Keys of the roles that they hold.' })
  roles!: readonly string[]

  @Field(() => Int, { description: 'How many they are.' })
  userCount!: number

  @Field(() => [User], { nullable: true, description: 'Who they are.' })
  users!: readonly RecordHandle[]

  @Field(() => [ActionDiff], { description: 'What changes of what they may do.' })
  actions!: readonly ActionDiff[]

  @Field(() => [FieldDiff], { description: 'What changes of the levels of their fields.' })
  fields!: readonly FieldDiff[]
}

@ObjectType({ simpleResolvers: true, description: 'What a change of a role would do.' })
export class RoleDiff {
  @Field(() => [ActionDiff], { description: 'For somebody who holds nothing but this role.' })
  actions!: readonly ActionDiff[]

  @Field(() => [FieldDiff], { description: 'For somebody who holds nothing but this role.' })
  fields!: readonly FieldDiff[]

  @Field(() => Int, { description: 'Users whose rights would change.' })
  userCount!: number

  @Field(() => [RoleDiffGroup], { description: 'Those users, by the roles that they hold. What another role gives them anyway is no change.' })
  groups!: readonly RoleDiffGroup[]
}

@ObjectType({ simpleResolvers: true, description: 'An action of a grant that nobody who holds the role has used.' })
export class UnusedGrant {
  @Field(() => Role, { description: 'The role that gives it.' })
  role!: Role

  @Field(() => String, { description: '`*`: every module.' })
  module!: string

  @Field(() => AccessAction, { description: 'The action.' })
  action!: AccessAction

  @Field(() => AccessScope, { description: 'The scope in which it is given.' })
  scope!: AccessScope

  @Field(() => JsonScalar, { nullable: true, description: 'Which records in the scope; null: all.' })
  where!: unknown

  @Field(() => DateTimeToken, { nullable: true, description: 'Null: never since uses are kept.' })
  lastUsedAt!: Date | null
}

@ObjectType({ simpleResolvers: true, description: 'What of the grants of roles is not used.' })
export class UnusedGrants {
  @Field(() => DateTimeToken, { description: 'Since when uses are kept; of earlier ones nothing is known.' })
  countedSince!: Date

  @Field(() => [UnusedGrant], { description: 'The actions that nobody has used, by role.' })
  grants!: readonly UnusedGrant[]
}
