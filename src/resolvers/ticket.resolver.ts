import { Arg, Ctx, ID, Mutation, Resolver } from 'type-graphql'
import type { TicketMerging } from '../domain/index.ts'
import { namesOfOperation, RecordHandle, type ResolverContext } from '../schema/operation.ts'
import type { CommittedWork } from './committed-work.ts'
import { callerOf, originOf, refreshedCaller } from './request-origin.ts'
import { MergeTicketsPayload, TicketVersionInput } from './types/ticket.types.ts'

/** What is done with tickets beyond the operations of every record. */
@Resolver()
export class TicketResolver {
  readonly #merging: TicketMerging
  readonly #work: CommittedWork

  constructor(merging: TicketMerging, work: CommittedWork) {
    this.#merging = merging
    this.#work = work
  }

  @Mutation(() => MergeTicketsPayload, {
    nullable: true,
    description:
      'Merges tickets into another one: comments, watchers, links and other records of theirs go to it, and they are closed with `mergedInto`. Needs UPDATE on all of them and DELETE on those that are merged, by a role.',
  })
  async mergeTickets(
    @Arg('into', () => ID, { description: 'The ticket that stays.' }) into: string,
    @Arg('ids', () => [ID], { description: 'The tickets that are merged; 100 at most.' }) ids: string[],
    @Arg('ifVersions', () => [TicketVersionInput], { nullable: true, description: 'Versions that tickets are expected to have.' }) ifVersions:
      | TicketVersionInput[]
      | null
      | undefined,
    @Ctx() context: ResolverContext,
  ): Promise<MergeTicketsPayload> {
    const { requestId, client, ip } = originOf(context)
    const { operation, rootFields } = namesOfOperation(context.request)
    const origin = { requestId, cause: 'api', operationName: operation, rootFields, client, ip } as const
    const { ticketId, changeSetId } = await this.#work.run(context, () =>
      this.#merging.merge(callerOf(context), { into, ids, ifVersions: ifVersions ?? null }, origin),
    )
    return { ticket: new RecordHandle('ticket', ticketId, await refreshedCaller(context)), changeSetId }
  }
}
