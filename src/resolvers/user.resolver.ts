import DataLoader from 'dataloader'
import { Arg, Ctx, Field, FieldResolver, ID, InputType, Mutation, Resolver, Root } from 'type-graphql'
import type { Authenticator, RoleName, Roles, UserPasswords } from '../auth/index.ts'
import { User } from '../entities/user.entity.ts'
import { RecordHandle, type ResolverContext } from '../schema/operation.ts'
import type { CommittedWork } from './committed-work.ts'
import { callerOf, originOf } from './request-origin.ts'
import { Role, UserPayload } from './types/role.types.ts'

@InputType({ description: 'A new password, and whose it is.' })
export class SetPasswordInput {
  @Field(() => ID, { description: 'Whose password it is: the caller, or for administrators anybody who signs in.' })
  userId!: string

  @Field(() => String, { description: '8 to 1024 characters.' })
  password!: string

  @Field(() => String, { nullable: true, description: 'Demanded where people change their own.' })
  oldPassword?: string | null
}

/** What users have besides their record: roles and a password. */
@Resolver(() => User)
export class UserResolver {
  readonly #roles: Roles
  readonly #passwords: UserPasswords
  readonly #authenticator: Authenticator
  readonly #work: CommittedWork
  /** One statement for all users of an operation, however they are nested. */
  readonly #loaders = new WeakMap<ResolverContext, DataLoader<string, readonly RoleName[]>>()

  constructor(roles: Roles, passwords: UserPasswords, authenticator: Authenticator, work: CommittedWork) {
    this.#roles = roles
    this.#passwords = passwords
    this.#authenticator = authenticator
    this.#work = work
  }

  @FieldResolver(() => [Role], { nullable: true, description: 'Roles that the user holds, by key.' })
  roles(@Root() user: { readonly id: string }, @Ctx() context: ResolverContext): Promise<readonly RoleName[]> {
    let loader = this.#loaders.get(context)
    if (!loader) {
      loader = new DataLoader((userIds) => this.#roles.namesOf(userIds))
      this.#loaders.set(context, loader)
    }
    return loader.load(user.id)
  }

  @Mutation(() => UserPayload, { nullable: true, description: 'Sets a password and ends every session of the user.' })
  async setPassword(
    @Arg('input', () => SetPasswordInput, { description: 'The new password.' }) input: SetPasswordInput,
    @Ctx() context: ResolverContext,
  ): Promise<UserPayload> {
    const caller = callerOf(context)
    await this.#work.run(context, () => this.#passwords.set(caller, input, originOf(context)))
    // Changing one's own password has just ended the session that asks.
    const reader = await this.#authenticator.principalOfUser(caller.userId)
    return { user: new RecordHandle('user', input.userId, reader ?? undefined) }
  }
}
