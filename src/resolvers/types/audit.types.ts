import { Field, ID, InputType, Int, ObjectType } from 'type-graphql'
import type { PlainSource } from '../../schema/operation.ts'
import { DateTimeToken } from './date-time.scalar.ts'
import { JsonScalar } from './json.scalar.ts'

@InputType({ description: 'Which entries; what is left out or null is not asked.' })
export class AuditLogFilter {
  @Field(() => ID, { nullable: true, description: 'The user who acted; for system work the system user.' })
  actorId?: string | null

  @Field(() => String, { nullable: true, description: 'Name of a module.' })
  module?: string | null

  @Field(() => ID, { nullable: true, description: 'Entries that name this record, or this user where they are about users.' })
  recordId?: string | null

  @Field(() => String, { nullable: true, description: 'As it stands in `action`, e.g. `account.update`.' })
  action?: string | null

  @Field(() => String, { nullable: true, description: 'As it stands in `result`, e.g. `ok` or `FORBIDDEN`.' })
  result?: string | null

  @Field(() => ID, { nullable: true, description: 'Entries of this change set.' })
  changeSetId?: string | null

  @Field(() => DateTimeToken, { nullable: true, description: 'At this time or later.' })
  from?: Date | null

  @Field(() => DateTimeToken, { nullable: true, description: 'Before this time.' })
  to?: Date | null
}

@ObjectType({ simpleResolvers: true, description: 'Who acted.' })
export class AuditLogActor {
  @Field(() => ID, { description: 'Id of the user.' })
  id!: string

  @Field(() => String, { nullable: true, description: 'The name that the user has now.' })
  name!: string | null
}

@ObjectType({ simpleResolvers: true, description: 'What happened to a field of a record.' })
export class AuditLogChange {
  @Field(() => ID, { description: 'Id of the record.' })
  recordId!: string

  @Field(() => Int, { description: 'Version that the record had then.' })
  version!: number

  @Field(() => String, { description: 'Name of the field.' })
  field!: string

  @Field(() => JsonScalar, { nullable: true, description: 'Its value before; null where there was none, or where the caller does not see it.' })
  before!: unknown

  @Field(() => JsonScalar, { nullable: true, description: 'Its value after.' })
  after!: unknown
}

@ObjectType({ simpleResolvers: true, description: 'One line of the audit log.' })
export class AuditLogEntry {
  @Field(() => ID, { description: 'Permanent.' })
  id!: string

  @Field(() => DateTimeToken, { description: 'When it happened.' })
  at!: Date

  @Field(() => String, { nullable: true, description: 'Place in the chain of digests; null for the moment until it has one.' })
  position!: string | null

  @Field(() => AuditLogActor, { nullable: true, description: 'Null where nobody is known, as for a sign-in that was refused.' })
  actor!: AuditLogActor | null

  @Field(() => String, { description: 'How the actor acts: `user`, `api_key`, or the named reason of system work.' })
  via!: string

  @Field(() => String, { description: '`<thing>.<verb>`, e.g. `account.update`, `ticket.read`, `role.assign`.' })
  action!: string

  @Field(() => String, { nullable: true, description: 'Name of the module of the records; null where it is about none.' })
  module!: string | null

  @Field(() => [ID], { description: 'The records that it is about; users, where it is about users.' })
  recordIds!: readonly string[]

  @Field(() => String, { nullable: true, description: 'Name of the operation, as the client calls it.' })
  operation!: string | null

  @Field(() => [String], { nullable: true, description: 'What the operation asked for.' })
  rootFields!: readonly string[] | null

  @Field(() => ID, { nullable: true, description: 'The change set that it was a part of.' })
  changeSetId!: string | null

  @Field(() => ID, { nullable: true, description: 'The session that was acted in.' })
  sessionId!: string | null

  @Field(() => ID, { nullable: true, description: 'The API key that was acted with.' })
  apiKeyId!: string | null

  @Field(() => String, { nullable: true, description: 'The request, as its answer and the log name it.' })
  requestId!: string | null

  @Field(() => String, { nullable: true, description: 'As the calling program names itself.' })
  client!: string | null

  @Field(() => String, { nullable: true, description: 'Address of the client, as the server sees it through its trusted proxies.' })
  ip!: string | null

  @Field(() => String, { description: '`ok`, or why it was refused.' })
  result!: string

  @Field(() => JsonScalar, { nullable: true, description: 'What else there is to say, e.g. how many records were read, or why it was refused.' })
  details!: unknown
}

@ObjectType({ simpleResolvers: true, description: 'An entry of a page, with its place.' })
export class AuditLogEdge {
  @Field(() => String, { description: 'The place of the entry, for `after`.' })
  cursor!: string

  @Field(() => AuditLogEntry, { nullable: true, description: 'The entry.' })
  node!: AuditLogEntry
}

/** Stands for the API's `PageInfo` until the final schema is built. */
@ObjectType('PageInfo', { simpleResolvers: true })
export class PageInfoToken {
  @Field(() => Boolean, { description: 'There are more.' })
  hasNextPage!: boolean
}

@ObjectType({ simpleResolvers: true, description: 'A page of the audit log, from the newest entry on.' })
export class AuditLogConnection {
  @Field(() => [AuditLogEntry], { description: 'The entries of the page.' })
  nodes!: readonly AuditLogEntry[]

  @Field(() => [AuditLogEdge], { description: 'The entries, each with its place.' })
  edges!: readonly AuditLogEdge[]

  @Field(() => PageInfoToken, { description: 'Whether there are more.' })
  pageInfo!: PlainSource
}
