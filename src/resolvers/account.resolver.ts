import { Arg, Ctx, Mutation, Resolver } from 'type-graphql'
import type { Invitations, Invited, PasswordResets, TokenPasswords } from '../auth/index.ts'
import { RecordHandle, type ResolverContext } from '../schema/operation.ts'
import type { CommittedWork } from './committed-work.ts'
import { callerOf, originOf, refreshedCaller } from './request-origin.ts'
import {
  AcceptInvitationInput,
  AcceptInvitationPayload,
  InviteUserInput,
  InviteUserPayload,
  RequestPasswordResetInput,
  RequestPasswordResetPayload,
  ResendInvitationInput,
  ResetPasswordInput,
  ResetPasswordPayload,
} from './types/account.types.ts'

/** What goes by mail: new passwords for those who forgot theirs, and first ones for those who are invited. */
@Resolver()
export class AccountResolver {
  readonly #resets: PasswordResets
  readonly #passwords: TokenPasswords
  readonly #invitations: Invitations
  readonly #work: CommittedWork

  constructor(resets: PasswordResets, passwords: TokenPasswords, invitations: Invitations, work: CommittedWork) {
    this.#resets = resets
    this.#passwords = passwords
    this.#invitations = invitations
    this.#work = work
  }

  @Mutation(() => RequestPasswordResetPayload, { nullable: true, description: 'Sends a link for a new password to the address, if somebody signs in with it.' })
  async requestPasswordReset(
    @Arg('input', () => RequestPasswordResetInput, { description: 'Whose.' }) input: RequestPasswordResetInput,
    @Ctx() context: ResolverContext,
  ): Promise<RequestPasswordResetPayload> {
    await this.#work.run(context, () => this.#resets.request(input, originOf(context)))
    return { accepted: true }
  }

  @Mutation(() => ResetPasswordPayload, { nullable: true, description: 'Sets a new password by the token of a message, and ends every session of the user.' })
  resetPassword(
    @Arg('input', () => ResetPasswordInput, { description: 'The new password.' }) input: ResetPasswordInput,
    @Ctx() context: ResolverContext,
  ): Promise<ResetPasswordPayload> {
    return this.#work.run(context, () => this.#passwords.set('passwordReset', input, originOf(context)))
  }

  @Mutation(() => InviteUserPayload, { nullable: true, description: 'Makes a user without a password, and sends a link by which he chooses one.' })
  async inviteUser(
    @Arg('input', () => InviteUserInput, { description: 'Who is invited.' }) input: InviteUserInput,
    @Ctx() context: ResolverContext,
  ): Promise<InviteUserPayload> {
    return this.#invited(context, await this.#work.run(context, () => this.#invitations.invite(callerOf(context), input, originOf(context))))
  }

  @Mutation(() => InviteUserPayload, { nullable: true, description: 'Sends a new link to a user who has no password yet; the one before ends.' })
  async resendInvitation(
    @Arg('input', () => ResendInvitationInput, { description: 'Who gets a new link.' }) { userId }: ResendInvitationInput,
    @Ctx() context: ResolverContext,
  ): Promise<InviteUserPayload> {
    return this.#invited(context, await this.#work.run(context, () => this.#invitations.resend(callerOf(context), userId, originOf(context))))
  }

  @Mutation(() => AcceptInvitationPayload, { nullable: true, description: 'Sets the first password by the token of an invitation.' })
  acceptInvitation(
    @Arg('input', () => AcceptInvitationInput, { description: 'The first password.' }) input: AcceptInvitationInput,
    @Ctx() context: ResolverContext,
  ): Promise<AcceptInvitationPayload> {
    return this.#work.run(context, () => this.#passwords.set('invitation', input, originOf(context)))
  }

  async #invited(context: ResolverContext, { userId, ...rest }: Invited): Promise<InviteUserPayload> {
    // A new user moves the rights of everybody.
    return { user: new RecordHandle('user', userId, await refreshedCaller(context)), ...rest }
  }
}
