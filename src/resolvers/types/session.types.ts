import { Field, ID, InputType, ObjectType } from 'type-graphql'
import { User } from '../../entities/user.entity.ts'
import type { RecordHandle } from '../../schema/operation.ts'
import { DateTimeToken } from './date-time.scalar.ts'

@InputType({ description: 'Who signs in.' })
export class SignInInput {
  @Field(() => String, { description: "The user's e-mail address, whatever its case." })
  email!: string

  @Field(() => String, { description: "The user's password." })
  password!: string
}

@InputType({ description: 'The token that new ones are given for.' })
export class RefreshSessionInput {
  @Field(() => String, { description: 'The refresh token of the last answer; each works once.' })
  refreshToken!: string
}

@ObjectType({ simpleResolvers: true, description: 'What a client needs to act in a session.' })
export class SessionPayload {
  @Field(() => String, { description: 'Send it as `Authorization: Bearer <token>`.' })
  accessToken!: string

  @Field(() => String, { description: 'Buys the next pair of tokens, once. Bringing it a second time ends the session.' })
  refreshToken!: string

  @Field(() => DateTimeToken, { description: 'When the access token ends.' })
  expiresAt!: Date

  @Field(() => User, { nullable: true, description: 'Who has signed in.' })
  user!: RecordHandle
}

@ObjectType({ simpleResolvers: true, description: 'A sign-in that was alive when it was read or ended.' })
export class Session {
  @Field(() => ID, { description: 'Permanent.' })
  id!: string

  @Field(() => DateTimeToken, { description: 'When it was opened.' })
  createdAt!: Date

  @Field(() => DateTimeToken, { nullable: true, description: 'To the minute.' })
  lastUsedAt!: Date | null

  @Field(() => DateTimeToken, { description: 'When the session ends however often it is refreshed.' })
  expiresAt!: Date

  @Field(() => String, { nullable: true, description: 'The program that opened it, as its `user-agent` says.' })
  userAgent!: string | null

  @Field(() => String, { nullable: true, description: 'Name of the program that opened it, as it gave it (`x-client-name`).' })
  client!: string | null

  @Field(() => String, { nullable: true, description: 'Address from which it was opened, as the server sees it through its trusted proxies.' })
  ip!: string | null

  @Field(() => Boolean, { description: 'The session that this request belongs to.' })
  current!: boolean
}

@ObjectType({ simpleResolvers: true, description: 'The session that has ended.' })
export class RevokeSessionPayload {
  @Field(() => Session, { nullable: true, description: 'The session.' })
  session!: Session
}

@ObjectType({ simpleResolvers: true, description: 'The sessions that have ended.' })
export class RevokeOtherSessionsPayload {
  @Field(() => [Session], { nullable: true, description: 'What has ended.' })
  sessions!: Session[]
}
