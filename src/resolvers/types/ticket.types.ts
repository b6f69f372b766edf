import { Field, ID, InputType, Int, ObjectType } from 'type-graphql'
import { Ticket } from '../../entities/ticket.entity.ts'
import type { RecordHandle } from '../../schema/operation.ts'

@InputType({ description: 'The version that a ticket is expected to have.' })
export class TicketVersionInput {
  @Field(() => ID, { description: 'Id of the ticket.' })
  id!: string

  @Field(() => Int, { description: 'The version that the ticket is expected to have; another one is refused with VERSION_CONFLICT.' })
  version!: number
}

@ObjectType({ simpleResolvers: true, description: 'The ticket that has taken the others in.' })
export class MergeTicketsPayload {
  @Field(() => Ticket, { nullable: true, description: 'The ticket that the others were merged into.' })
  ticket!: RecordHandle

  @Field(() => ID, { description: 'The change set of all that was written.' })
  changeSetId!: string
}
