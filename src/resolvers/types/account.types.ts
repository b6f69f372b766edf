import { Field, ID, InputType, ObjectType } from 'type-graphql'
import { User } from '../../entities/user.entity.ts'
import type { RecordHandle } from '../../schema/operation.ts'
import { DateTimeToken } from './date-time.scalar.ts'

@InputType({ description: 'Whose password is to be a new one.' })
export class RequestPasswordResetInput {
  @Field(() => String, { description: "The user's e-mail address, whatever its case." })
  email!: string
}

@ObjectType({ simpleResolvers: true, description: 'What everybody hears who asks.' })
export class RequestPasswordResetPayload {
  @Field(() => Boolean, { description: 'Always true: whether somebody has the address is told by the mail alone.' })
  accepted!: boolean
}

@InputType({ description: 'A new password, and the token that allows it.' })
export class ResetPasswordInput {
  @Field(() => String, { description: 'From the message; works once, for an hour.' })
  token!: string

  @Field(() => String, { description: '8 to 1024 characters.' })
  password!: string
}

@ObjectType({ simpleResolvers: true, description: 'Whose password has been set.' })
export class ResetPasswordPayload {
  @Field(() => String, { description: 'The address to sign in with.' })
  email!: string
}

@InputType({ description: 'Somebody new.' })
export class InviteUserInput {
  @Field(() => String, { description: 'Where the message goes, and what the user signs in with.' })
  email!: string

  @Field(() => String, { description: "The user's name." })
  name!: string

  @Field(() => [String], { description: 'Roles that the user gets, by key.' })
  roleKeys!: string[]

  @Field(() => String, { nullable: true, description: "The user's language (BCP 47), which the message is in; English where it is left out." })
  locale?: string | null
}

@ObjectType({ simpleResolvers: true, description: 'Who is invited, and until when.' })
export class InviteUserPayload {
  @Field(() => User, { nullable: true, description: 'The user who is invited.' })
  user!: RecordHandle

  @Field(() => DateTimeToken, { description: 'When the link ends.' })
  expiresAt!: Date

  @Field(() => Boolean, {
    nullable: true,
    description:
      'False: no mail server is set up (`SMTP_URL`), so nobody gets the link. Set one, and call `resendInvitation`. Null: other processes send messages, and this one does not know.',
  })
  emailIsSetUp!: boolean | null
}

@InputType({ description: 'Who gets a new link.' })
export class ResendInvitationInput {
  @Field(() => ID, { description: 'Id of a user who has no password yet.' })
  userId!: string
}

@InputType({ description: 'The first password, and the token that allows it.' })
export class AcceptInvitationInput {
  @Field(() => String, { description: 'From the message; works once, for seven days.' })
  token!: string

  @Field(() => String, { description: '8 to 1024 characters.' })
  password!: string
}

@ObjectType({ simpleResolvers: true, description: 'Whose password has been set.' })
export class AcceptInvitationPayload {
  @Field(() => String, { description: 'The address to sign in with.' })
  email!: string
}
