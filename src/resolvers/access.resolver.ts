import { Arg, Ctx, ID, Query, Resolver } from 'type-graphql'
import type { AccessInsight, UnusedGrants as Unused } from '../auth/index.ts'
import { User } from '../entities/user.entity.ts'
import { inLocale } from '../errors/index.ts'
import { RecordHandle, type ResolverContext } from '../schema/operation.ts'
import { callerOf } from './request-origin.ts'
import { AccessAction } from './types/access.enums.ts'
import { AccessExplanation, RoleDiff, UnusedGrants } from './types/access.types.ts'
import { DateTimeToken } from './types/date-time.scalar.ts'
import { UpdateRoleInput } from './types/role.types.ts'

/** What administrators ask about rights: of one user, of all users, of a change before it is made, and what nobody needs. */
@Resolver()
export class AccessResolver {
  readonly #access: AccessInsight

  constructor(access: AccessInsight) {
    this.#access = access
  }

  @Query(() => AccessExplanation, { nullable: true, description: 'What would be decided now about a user, and why.' })
  async explainAccess(
    @Arg('userId', () => ID, { description: 'Whose rights.' }) userId: string,
    @Arg('module', () => String, { description: 'Name of a module.' }) module: string,
    @Arg('recordId', () => ID, { nullable: true, description: 'A record of it; the module as a whole unless given.' }) recordId: string | null,
    @Arg('field', () => String, { nullable: true, description: 'Name of a field; the record as a whole unless given.' }) field: string | null,
    @Arg('action', () => AccessAction, { defaultValue: 'READ', description: 'What is to be done.' }) action: AccessAction,
    @Ctx() context: ResolverContext,
  ): Promise<AccessExplanation> {
    const { allowed, reasons } = await this.#access.explain(callerOf(context), { userId, module, recordId, field, action })
    return { allowed, reasons: reasons.map((reason) => inLocale(reason, context.request.locale)) }
  }

  @Query(() => [User], { nullable: true, description: 'All active users who can read a record now, or the whole value of one of its fields.' })
  async whoCanSee(
    @Arg('module', () => String, { description: 'Name of the module.' }) module: string,
    @Arg('recordId', () => ID, { description: 'The record.' }) recordId: string,
    @Arg('field', () => String, { nullable: true, description: 'Name of a field; the record as a whole unless given.' }) field: string | null,
    @Ctx() context: ResolverContext,
  ): Promise<RecordHandle[]> {
    return handlesOf(await this.#access.whoCanSee(callerOf(context), { module, recordId, field }))
  }

  @Query(() => RoleDiff, { nullable: true, description: 'What `updateRole` with this input would do, and to whom. Changes nothing.' })
  async diffRole(
    @Arg('roleKey', () => String, { description: 'Key of the role.' }) roleKey: string,
    @Arg('input', () => UpdateRoleInput, { description: 'The change that is tried.' }) input: UpdateRoleInput,
    @Ctx() context: ResolverContext,
  ): Promise<RoleDiff> {
    const { actions, fields, groups } = await this.#access.diffRole(callerOf(context), roleKey, input)
    return {
      actions,
      fields,
      userCount: new Set(groups.flatMap(({ userIds }) => userIds)).size,
      groups: groups.map(({ userIds, ...group }) => ({ ...group, userCount: userIds.length, users: handlesOf(userIds) })),
    }
  }

  @Query(() => UnusedGrants, { nullable: true, description: 'Grants that nobody who holds the role has used since; EXPORT and the role admin are left out.' })
  unusedGrants(
    @Arg('since', () => DateTimeToken, { description: 'Grants that were used at this time or later are left out.' }) since: string,
    @Ctx() context: ResolverContext,
  ): Promise<Unused> {
    return this.#access.unusedGrants(callerOf(context), new Date(since))
  }
}

function handlesOf(userIds: readonly string[]): RecordHandle[] {
  return userIds.map((id) => new RecordHandle('user', id))
}
