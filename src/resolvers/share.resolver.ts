import { Arg, Ctx, ID, Mutation, Query, Resolver } from 'type-graphql'
import type { Principal, Share, Shares } from '../auth/index.ts'
import { RecordHandle, type ResolverContext } from '../schema/operation.ts'
import type { CommittedWork } from './committed-work.ts'
import { callerOf, originOf, refreshedCaller } from './request-origin.ts'
import { RecordShare, RecordSharePayload, ShareRecordInput } from './types/share.types.ts'

/** Records shared with users and teams. */
@Resolver()
export class ShareResolver {
  readonly #shares: Shares
  readonly #work: CommittedWork

  constructor(shares: Shares, work: CommittedWork) {
    this.#shares = shares
    this.#work = work
  }

  @Query(() => [RecordShare], { nullable: true, description: 'With whom a record is shared now, oldest first; for whoever may read it.' })
  async recordShares(
    @Arg('module', () => String, { description: 'Name of the module.' }) module: string,
    @Arg('recordId', () => ID, { description: 'The record.' }) recordId: string,
    @Ctx() context: ResolverContext,
  ): Promise<RecordShare[]> {
    const shares = await this.#shares.list(callerOf(context), module, recordId)
    return shares.map((share) => shown(share))
  }

  @Mutation(() => RecordSharePayload, {
    nullable: true,
    description: 'Shares a record that the caller may update by a role. A second share with the same user or team replaces level and end.',
  })
  async shareRecord(
    @Arg('input', () => ShareRecordInput, { description: 'Which record, with whom.' }) input: ShareRecordInput,
    @Ctx() context: ResolverContext,
  ): Promise<RecordSharePayload> {
    const wanted = { ...input, expiresAt: input.expiresAt == null ? null : new Date(input.expiresAt) }
    const share = await this.#work.run(context, () => this.#shares.share(callerOf(context), wanted, originOf(context)))
    return { share: shown(share, await refreshedCaller(context)) }
  }

  @Mutation(() => RecordSharePayload, { nullable: true, description: 'Ends a share at once, and answers what it was.' })
  async unshareRecord(@Arg('id', () => ID, { description: 'Id of the share.' }) id: string, @Ctx() context: ResolverContext): Promise<RecordSharePayload> {
    const share = await this.#work.run(context, () => this.#shares.unshare(callerOf(context), id, originOf(context)))
    return { share: shown(share, await refreshedCaller(context)) }
  }
}

function shown(share: Share, reader?: Principal): RecordShare {
  const { userId, teamId, createdBy } = share
  const record = (module: string, id: string | null) => (id === null ? null : new RecordHandle(module, id, reader))
  return { ...share, user: record('user', userId), team: record('team', teamId), createdBy: record('user', createdBy) }
}
