import { Arg, Ctx, Query, Resolver } from 'type-graphql'
import type { AccessInsight, Principal } from '../auth/index.ts'
import type { ResolverContext, Runtime } from '../schema/operation.ts'
import type { PluginSteps } from './field-step.ts'
import { moduleView } from './module-view.ts'
import { callerOf } from './request-origin.ts'
import { RoleSchema } from './types/module.types.ts'

/** Text of the schema that is served, as a principal sees it. */
export type SchemaText = (runtime: Runtime, principal: Principal) => string

/** Shows administrators what front ends of a role are written against. */
@Resolver()
export class RoleSchemaResolver {
  readonly #access: Pick<AccessInsight, 'principalOfRole'>
  readonly #schemaText: SchemaText
  readonly #steps: PluginSteps

  constructor(access: Pick<AccessInsight, 'principalOfRole'>, schemaText: SchemaText, steps: PluginSteps) {
    this.#access = access
    this.#schemaText = schemaText
    this.#steps = steps
  }

  @Query(() => RoleSchema, { nullable: true, description: 'The schema as whoever has this role alone sees it.' })
  async roleSchema(@Arg('roleKey', () => String, { description: 'Key of the role.' }) roleKey: string, @Ctx() context: ResolverContext): Promise<RoleSchema> {
    const { runtime } = context
    const principal = await this.#access.principalOfRole(callerOf(context), roleKey)
    return {
      sdl: this.#schemaText(runtime, principal),
      modules: [...runtime.registry.modules.values()].flatMap((module) => moduleView(module, principal, runtime, this.#steps) ?? []),
    }
  }
}
