import { Field, ID, InputType, ObjectType } from 'type-graphql'
import { User } from '../../entities/user.entity.ts'
import type { RecordHandle } from '../../schema/operation.ts'
import { DateTimeToken } from './date-time.scalar.ts'

@InputType({ description: 'A new key.' })
export class CreateApiKeyInput {
  @Field(() => String, { description: 'What it is for; 1 to 200 characters.' })
  name!: string

  @Field(() => String, {
    nullable: true,
    description: "Limits the key to this role. Left out: all roles of the user. A service user's key gets its rights from it.",
  })
  roleKey?: string | null

  @Field(() => ID, { nullable: true, description: 'Whom the key acts for; the caller where it is left out.' })
  userId?: string | null

  @Field(() => DateTimeToken, {
    nullable: true,
    description: 'Left out: the key has no end, or that of the API key by which it is made; no later one is accepted then.',
  })
  expiresAt?: Date | string | null

  @Field(() => [String], {
    nullable: true,
    description:
      'Addresses and networks in CIDR notation from which the key may be used, as the server sees them through its trusted proxies. Left out: from everywhere, or from where the API key may be used by which it is made.',
  })
  allowedNetworks?: string[] | null
}

@ObjectType({ simpleResolvers: true, description: 'An API key without its secret.' })
export class ApiKey {
  @Field(() => ID, { description: 'Permanent; not a part of the secret.' })
  id!: string

  @Field(() => String, { description: 'What it is for, as its maker says.' })
  name!: string

  @Field(() => String, { description: "Second part of the key's text." })
  prefix!: string

  @Field(() => User, { nullable: true, description: 'Whom the key acts for.' })
  user!: RecordHandle

  @Field(() => String, { nullable: true, description: 'Role that the key is limited to.' })
  roleKey!: string | null

  @Field(() => DateTimeToken, { description: 'When it was made.' })
  createdAt!: Date

  @Field(() => DateTimeToken, { nullable: true, description: 'When it ends by itself; null: never.' })
  expiresAt!: Date | null

  @Field(() => [String], { nullable: true, description: 'Networks from which it may be used; null: from everywhere.' })
  allowedNetworks!: readonly string[] | null

  @Field(() => DateTimeToken, { nullable: true, description: 'To the minute.' })
  lastUsedAt!: Date | null

  @Field(() => DateTimeToken, { nullable: true, description: 'When it was ended; null: it was not.' })
  revokedAt!: Date | null
}

@ObjectType({ simpleResolvers: true, description: 'A new key, with its secret.' })
export class CreateApiKeyPayload {
  @Field(() => ApiKey, { nullable: true, description: 'The key without its secret.' })
  apiKey!: ApiKey

  @Field(() => String, { description: 'The whole key, shown this once. Send it as `Authorization: Bearer <key>`.' })
  secret!: string
}

@ObjectType({ simpleResolvers: true, description: 'The key that has ended.' })
export class RevokeApiKeyPayload {
  @Field(() => ApiKey, { nullable: true, description: 'The key.' })
  apiKey!: ApiKey
}
