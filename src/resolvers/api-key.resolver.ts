import { Arg, Ctx, Extensions, ID, Mutation, Query, Resolver } from 'type-graphql'
import type { ApiKeyInfo, ApiKeys, Principal } from '../auth/index.ts'
import { RecordHandle, type ResolverContext } from '../schema/operation.ts'
import type { CommittedWork } from './committed-work.ts'
import { callerOf, originOf, refreshedCaller } from './request-origin.ts'
import { ApiKey, CreateApiKeyInput, CreateApiKeyPayload, RevokeApiKeyPayload } from './types/api-key.types.ts'

/** API keys: made, listed and revoked. */
@Resolver()
export class ApiKeyResolver {
  readonly #apiKeys: ApiKeys
  readonly #work: CommittedWork

  constructor(apiKeys: ApiKeys, work: CommittedWork) {
    this.#apiKeys = apiKeys
    this.#work = work
  }

  @Query(() => [ApiKey], { nullable: true, description: "The caller's API keys, every key for administrators; the latest first." })
  async apiKeys(@Ctx() context: ResolverContext): Promise<ApiKey[]> {
    const keys = await this.#apiKeys.list(callerOf(context))
    return keys.map((key) => apiKeyOf(key))
  }

  @Extensions({ secret: true })
  @Mutation(() => CreateApiKeyPayload, { nullable: true, description: 'Makes an API key. Its text is shown this once.' })
  async createApiKey(
    @Arg('input', () => CreateApiKeyInput, { description: 'What the key is for, and what it may.' }) input: CreateApiKeyInput,
    @Ctx() context: ResolverContext,
  ): Promise<CreateApiKeyPayload> {
    const expiresAt = input.expiresAt == null ? null : new Date(input.expiresAt)
    const { apiKey, secret } = await this.#work.run(context, () => this.#apiKeys.create(callerOf(context), { ...input, expiresAt }, originOf(context)))
    return { apiKey: apiKeyOf(apiKey), secret }
  }

  @Mutation(() => RevokeApiKeyPayload, { nullable: true, description: 'Ends an API key at once, and all keys that were made by it.' })
  async revokeApiKey(@Arg('id', () => ID, { description: 'Id of the key.' }) id: string, @Ctx() context: ResolverContext): Promise<RevokeApiKeyPayload> {
    const caller = callerOf(context)
    const key = await this.#work.run(context, () => this.#apiKeys.revoke(caller, id, originOf(context)))
    const reader = key.id === caller.apiKeyId ? undefined : await refreshedCaller(context)
    return { apiKey: apiKeyOf(key, reader) }
  }
}

/** `reader`: whose rights decide about the user's fields, where they are not the caller's as the operation began. */
function apiKeyOf({ userId, ...key }: ApiKeyInfo, reader?: Principal): ApiKey {
  return { ...key, user: new RecordHandle('user', userId, reader) }
}
