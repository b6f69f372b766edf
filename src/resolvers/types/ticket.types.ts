import { Field, ID, InputType, Int, ObjectType } from 'type-graphql'
import { Ticket } from '../../entities/ticket.entity.ts'
import type { RecordHandle } from '../../schema/operation.ts'

@InputType()
export class TicketVersionInput {
  @Field(() => ID)
  id!: string

  @Field(() => Int, { description: 'The version that the ticket is expected to have; another one is refused with VERSION_CONFLICT.' })
  version!: number
}

@ObjectType({ simpleResolvers: true })
export class MergeTicketsPayload {
  @Field(() => Ticket, { nullable: true })
  ticket!: RecordHandle

  @Field(() => ID)
  changeSetId!: string
}
