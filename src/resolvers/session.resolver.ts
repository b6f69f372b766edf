import { Arg, Ctx, Extensions, ID, Mutation, Query, Resolver } from 'type-graphql'
import type { Authenticator, SessionInfo, Sessions, SessionTokens } from '../auth/index.ts'
import { User } from '../entities/user.entity.ts'
import { RecordHandle, type ResolverContext } from '../schema/operation.ts'
import type { CommittedWork } from './committed-work.ts'
import { callerOf, originOf } from './request-origin.ts'
import { RefreshSessionInput, RevokeOtherSessionsPayload, RevokeSessionPayload, Session, SessionPayload, SignInInput } from './types/session.types.ts'

/** Opening, prolonging, listing and ending sessions; who the caller is. */
@Resolver()
export class SessionResolver {
  readonly #sessions: Sessions
  readonly #authenticator: Authenticator
  readonly #work: CommittedWork

  constructor(sessions: Sessions, authenticator: Authenticator, work: CommittedWork) {
    this.#sessions = sessions
    this.#authenticator = authenticator
    this.#work = work
  }

  @Query(() => User, { nullable: true, description: 'The signed-in user.' })
  me(@Ctx() context: ResolverContext): RecordHandle {
    return new RecordHandle('user', callerOf(context).userId)
  }

  @Query(() => [Session], { nullable: true, description: "The caller's live sessions, or for administrators those of a user; the latest first." })
  async sessions(
    @Arg('userId', () => ID, { nullable: true, description: 'Whose; for administrators.' }) userId: string | null,
    @Ctx() context: ResolverContext,
  ): Promise<Session[]> {
    const caller = callerOf(context)
    const sessions = await this.#sessions.list(caller, userId)
    return sessions.map((session) => sessionOf(session, caller.sessionId))
  }

  @Extensions({ secret: true })
  @Mutation(() => SessionPayload, { nullable: true, description: 'Opens a session with e-mail address and password.' })
  async signIn(
    @Arg('input', () => SignInInput, { description: 'E-mail address and password.' }) input: SignInInput,
    @Ctx() context: ResolverContext,
  ): Promise<SessionPayload> {
    return this.#payload(await this.#work.run(context, () => this.#sessions.signIn(input, originOf(context))))
  }

  @Extensions({ secret: true })
  @Mutation(() => SessionPayload, { nullable: true, description: 'Trades a refresh token for new tokens.' })
  async refreshSession(
    @Arg('input', () => RefreshSessionInput, { description: 'The refresh token.' }) input: RefreshSessionInput,
    @Ctx() context: ResolverContext,
  ): Promise<SessionPayload> {
    return this.#payload(await this.#work.run(context, () => this.#sessions.refresh(input.refreshToken, originOf(context))))
  }

  @Mutation(() => Boolean, { nullable: true, description: "Ends the caller's session at once, on all its connections." })
  async signOut(@Ctx() context: ResolverContext): Promise<boolean> {
    await this.#sessions.signOut(callerOf(context), originOf(context))
    return true
  }

  @Mutation(() => RevokeSessionPayload, {
    nullable: true,
    description: "Ends one of the caller's sessions, for administrators any: its tokens at once, its sockets within a second.",
  })
  async revokeSession(@Arg('id', () => ID, { description: 'Id of the session.' }) id: string, @Ctx() context: ResolverContext): Promise<RevokeSessionPayload> {
    const caller = callerOf(context)
    const session = await this.#work.run(context, () => this.#sessions.revoke(caller, id, originOf(context)))
    return { session: sessionOf(session, caller.sessionId) }
  }

  @Mutation(() => RevokeOtherSessionsPayload, {
    nullable: true,
    description: 'Ends all sessions of the caller but the one that asks; for administrators those of a user.',
  })
  async revokeOtherSessions(
    @Arg('userId', () => ID, { nullable: true, description: 'Whose; for administrators.' }) userId: string | null,
    @Ctx() context: ResolverContext,
  ): Promise<RevokeOtherSessionsPayload> {
    const caller = callerOf(context)
    const sessions = await this.#work.run(context, () => this.#sessions.revokeOthers(caller, userId, originOf(context)))
    return { sessions: sessions.map((session) => sessionOf(session, caller.sessionId)) }
  }

  async #payload({ accessToken, refreshToken, expiresAt, userId, sessionId }: SessionTokens): Promise<SessionPayload> {
    const principal = await this.#authenticator.principalOfSession(sessionId)
    return { accessToken, refreshToken, expiresAt, user: new RecordHandle('user', userId, principal) }
  }
}

function sessionOf(session: SessionInfo, currentId: string | undefined): Session {
  return { ...session, current: session.id === currentId }
}
