import { Field, ID, InputType, ObjectType, registerEnumType } from 'type-graphql'
import { Team } from '../../entities/team.entity.ts'
import { User } from '../../entities/user.entity.ts'
import type { RecordHandle } from '../../schema/operation.ts'
import { ShareLevel } from './access.enums.ts'
import { DateTimeToken } from './date-time.scalar.ts'

registerEnumType(ShareLevel, {
  name: 'ShareLevel',
  description: "What a share gives, as far as the grantee's roles give it on records of the module at all.",
  valuesConfig: { READ: { description: 'To read the record.' }, WRITE: { description: 'To read and to update the record, but for its owner and team.' } },
})

@InputType({ description: 'Which record is shared, with whom.' })
export class ShareRecordInput {
  @Field(() => String, { description: 'Name of the module.' })
  module!: string

  @Field(() => ID, { description: 'Id of the record.' })
  recordId!: string

  @Field(() => ID, { nullable: true, description: 'Either this or `teamId`.' })
  userId?: string | null

  @Field(() => ID, { nullable: true, description: 'For all who belong to the team; for teams below it not.' })
  teamId?: string | null

  @Field(() => ShareLevel, { description: 'What the share gives.' })
  level!: ShareLevel

  @Field(() => DateTimeToken, { nullable: true, description: 'When the share ends by itself; without, it lasts until it is taken back.' })
  expiresAt?: Date | string | null
}

@ObjectType({ simpleResolvers: true, description: 'A record shared with a user or a team.' })
export class RecordShare {
  @Field(() => ID, { description: 'Permanent.' })
  id!: string

  @Field(() => String, { description: 'Name of the module.' })
  module!: string

  @Field(() => ID, { description: 'Id of the record.' })
  recordId!: string

  @Field(() => User, { nullable: true, description: 'Null where it is a team, and where the caller cannot read the user.' })
  user!: RecordHandle | null

  @Field(() => ID, { nullable: true, description: 'Id of the user whom it is shared with.' })
  userId!: string | null

  @Field(() => Team, { nullable: true, description: 'Null where it is a user, and where the caller cannot read the team.' })
  team!: RecordHandle | null

  @Field(() => ID, { nullable: true, description: 'Id of the team that it is shared with.' })
  teamId!: string | null

  @Field(() => ShareLevel, { description: 'What it gives.' })
  level!: ShareLevel

  @Field(() => DateTimeToken, { nullable: true, description: 'Null: when it is taken back.' })
  expiresAt!: Date | null

  @Field(() => Boolean, { description: 'It came with watching the record, and goes with that.' })
  watching!: boolean

  @Field(() => DateTimeToken, { description: 'When it was shared first.' })
  createdAt!: Date

  @Field(() => User, { nullable: true, description: 'Who shared it first.' })
  createdBy!: RecordHandle | null
}

@ObjectType({ simpleResolvers: true, description: 'A share as it is after the change.' })
export class RecordSharePayload {
  @Field(() => RecordShare, { nullable: true, description: 'The share.' })
  share!: RecordShare
}
