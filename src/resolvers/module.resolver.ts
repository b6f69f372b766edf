import { Arg, Ctx, FieldResolver, Int, Field as Member, ObjectType, Query, Resolver, Root, Subscription } from 'type-graphql'
import type { ResolverContext } from '../schema/operation.ts'
import type { PluginSteps } from './field-step.ts'
import { type Helpful, type Labelled, LOCALE, localized, type ModuleView, moduleView, type PluralLabelled, type ReferenceLabelled } from './module-view.ts'
import { callerOf } from './request-origin.ts'
import { NO_SOURCE } from './subscription-sources.ts'
import { Field, FieldOption, FieldReference, Module } from './types/module.types.ts'

@ObjectType({ simpleResolvers: true, description: 'A new version of the schema.' })
export class SchemaChange {
  @Member(() => Int, { description: 'The version.' })
  schemaVersion!: number
}

/** What the source of `schemaChanged` gives. An interface: TypeGraphQL would copy into a class, whose declared members hide what was copied. */
export interface SchemaVersion {
  readonly schemaVersion: number
}

/** Tells front ends and code generators that there is a new schema. `buildStaticSchema` puts the source in place. */
@Resolver()
export class SchemaChangeResolver {
  @Subscription(() => SchemaChange, {
    nullable: true,
    description: 'Each new version of the schema as this node comes to serve it; who is slow gets the latest.',
    subscribe: NO_SOURCE,
  })
  schemaChanged(@Root() change: SchemaVersion): SchemaVersion {
    return change
  }
}

/** What the schema tells about itself, pruned to the caller's rights. */
@Resolver(() => Module)
export class ModuleResolver {
  readonly #steps: PluginSteps

  constructor(steps: PluginSteps) {
    this.#steps = steps
  }

  @Query(() => Int, { nullable: true, description: 'Grows with every change of modules and fields.' })
  schemaVersion(@Ctx() { runtime }: ResolverContext): number {
    return runtime.version
  }

  @Query(() => [Module], { nullable: true, description: 'Modules that the caller can do something with.' })
  modules(@Ctx() context: ResolverContext): readonly ModuleView[] {
    const caller = callerOf(context)
    return [...context.runtime.registry.modules.values()].flatMap((module) => moduleView(module, caller, context.runtime, this.#steps) ?? [])
  }

  @Query(() => Module, { nullable: true, description: 'One module by name; null where the caller can do nothing with it.' })
  module(@Arg('name', () => String, { description: 'Name of the module.' }) name: string, @Ctx() context: ResolverContext): ModuleView | null {
    const module = context.runtime.registry.modules.get(name)
    return module ? moduleView(module, callerOf(context), context.runtime, this.#steps) : null
  }

  @FieldResolver(() => String, { description: 'What people read, in the locale.' })
  label(@Root() module: Labelled, @Ctx() { request }: ResolverContext, @Arg('locale', () => String, LOCALE) locale?: string | null): string {
    return localized(module.labels, locale ?? request.locale)
  }

  @FieldResolver(() => String, { description: 'What people call many of its records.' })
  pluralLabel(@Root() module: PluralLabelled, @Ctx() { request }: ResolverContext, @Arg('locale', () => String, LOCALE) locale?: string | null): string {
    return localized(module.pluralLabels, locale ?? request.locale)
  }
}

@Resolver(() => Field)
export class FieldLabelResolver {
  @FieldResolver(() => String, { description: 'What people read, in the locale.' })
  label(@Root() field: Labelled, @Ctx() { request }: ResolverContext, @Arg('locale', () => String, LOCALE) locale?: string | null): string {
    return localized(field.labels, locale ?? request.locale)
  }

  @FieldResolver(() => String, { nullable: true, description: 'A sentence that helps to fill it in.' })
  help(@Root() field: Helpful, @Ctx() { request }: ResolverContext, @Arg('locale', () => String, LOCALE) locale?: string | null): string | null {
    return field.helps && localized(field.helps, locale ?? request.locale)
  }
}

@Resolver(() => FieldReference)
export class FieldReferenceLabelResolver {
  @FieldResolver(() => String, { nullable: true, description: 'What people call the list on the other side; null where nobody has said.' })
  inverseLabel(
    @Root() reference: ReferenceLabelled,
    @Ctx() { request }: ResolverContext,
    @Arg('locale', () => String, LOCALE) locale?: string | null,
  ): string | null {
    return reference.inverseLabels && localized(reference.inverseLabels, locale ?? request.locale)
  }
}

@Resolver(() => FieldOption)
export class FieldOptionLabelResolver {
  @FieldResolver(() => String, { description: 'What people read, in the locale.' })
  label(@Root() option: Labelled, @Ctx() { request }: ResolverContext, @Arg('locale', () => String, LOCALE) locale?: string | null): string {
    return localized(option.labels, locale ?? request.locale)
  }
}
