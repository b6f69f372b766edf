import { Arg, Ctx, Field, ID, ObjectType, Query, Resolver } from 'type-graphql'
import type { AccessExplainer, AccessExplanation as Explanation } from '../auth/index.ts'
import type { ResolverContext } from '../schema/operation.ts'
import { callerOf } from './request-origin.ts'
import { AccessAction } from './types/access.enums.ts'

@ObjectType({ simpleResolvers: true })
export class AccessExplanation {
  @Field(() => Boolean)
  allowed!: boolean

  @Field(() => [String], { description: 'The chain that leads to the verdict: role, grant, scope, record, field level.' })
  reasons!: string[]
}

/** Why someone may or may not do something; for administrators. */
@Resolver()
export class AccessResolver {
  readonly #explainer: AccessExplainer

  constructor(explainer: AccessExplainer) {
    this.#explainer = explainer
  }

  @Query(() => AccessExplanation, { nullable: true, description: 'What would be decided now about a user, and why.' })
  explainAccess(
    @Arg('userId', () => ID) userId: string,
    @Arg('module', () => String) module: string,
    @Arg('recordId', () => ID, { nullable: true }) recordId: string | null,
    @Arg('field', () => String, { nullable: true }) field: string | null,
    @Arg('action', () => AccessAction, { defaultValue: 'READ' }) action: AccessAction,
    @Ctx() context: ResolverContext,
  ): Promise<Explanation> {
    return this.#explainer.explain(callerOf(context), { userId, module, recordId, field, action })
  }
}
