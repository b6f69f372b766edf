import { Arg, Ctx, FieldResolver, ID, Mutation, Query, Resolver, Root } from 'type-graphql'
import { spoken } from '../errors/index.ts'
import type { CallOptions, FieldPatch, Metadata } from '../records/metadata/index.ts'
import type { ResolverContext } from '../schema/operation.ts'
import type { CommittedWork } from './committed-work.ts'
import { customFieldOf, customModuleOf } from './metadata-view.ts'
import { type Helpful, type Labelled, LOCALE, localized, type PluralLabelled } from './module-view.ts'
import { callerOf, originOf } from './request-origin.ts'
import { JsonScalar } from './types/json.scalar.ts'
import { ApplyMetadataPayload, CustomField, CustomFieldPayload, CustomFieldsPayload, CustomModule, CustomModulePayload } from './types/metadata.types.ts'
import {
  CreateCustomFieldInput,
  CreateCustomModuleInput,
  ModuleStateInput,
  UpdateCustomFieldInput,
  UpdateCustomModuleInput,
} from './types/metadata-inputs.types.ts'

const DRY_RUN = { defaultValue: false, description: 'Do all but keep it: rules are checked and the answer shows what would be.' }
const MODULE_ID = { nullable: true, description: "The module's id, as customModules tells it; or give its name." }
const MODULE_OF_FIELD = { nullable: true, description: 'Name of its module, where it is named by its name.' }
const NAME_OF_FIELD = { nullable: true, description: 'Its name, where it is not named by its id.' }
const FIELD_ID = { nullable: true, description: "The field's id; or give module and name." }

/** Fields and modules at run time; for administrators. Each mutation stands alone in its operation. */
@Resolver()
export class MetadataResolver {
  readonly #metadata: Metadata
  readonly #work: CommittedWork

  constructor(metadata: Metadata, work: CommittedWork) {
    this.#metadata = metadata
    this.#work = work
  }

  @Query(() => [CustomField], { nullable: true, description: 'Fields that were made at run time.' })
  async customFields(
    @Arg('module', () => String, { nullable: true, description: 'Name of a module; all modules unless given.' }) module: string | null,
    @Arg('deleted', () => Boolean, { defaultValue: false, description: 'Deleted ones too, which can be restored.' }) deleted: boolean,
    @Ctx() context: ResolverContext,
  ): Promise<CustomField[]> {
    return (await this.#metadata.fields(callerOf(context), module ?? null, deleted)).map(customFieldOf)
  }

  @Query(() => [CustomModule], { nullable: true, description: 'Modules that were made at run time.' })
  async customModules(
    @Arg('deleted', () => Boolean, { defaultValue: false, description: 'Deleted ones too, which can be restored.' }) deleted: boolean,
    @Ctx() context: ResolverContext,
  ): Promise<CustomModule[]> {
    return (await this.#metadata.modules(callerOf(context), deleted)).map(customModuleOf)
  }

  @Mutation(() => CustomFieldPayload, { nullable: true, description: 'Makes a field of any module. It is served everywhere within a second.' })
  async createCustomField(
    @Arg('input', () => CreateCustomFieldInput, { description: 'The new field.' }) input: CreateCustomFieldInput,
    @Arg('dryRun', () => Boolean, DRY_RUN) dryRun: boolean,
    @Ctx() context: ResolverContext,
  ): Promise<CustomFieldPayload> {
    const { value, ...rest } = await this.#work.run(context, () =>
      this.#metadata.createFields(callerOf(context), [input], { ...callOptions(context, dryRun), single: true }),
    )
    return { field: customFieldOf(value[0] as (typeof value)[number]), ...rest }
  }

  @Mutation(() => CustomFieldsPayload, { nullable: true, description: 'Makes at most 100 fields, all or none, in one change of the schema.' })
  async createCustomFields(
    @Arg('input', () => [CreateCustomFieldInput], { description: 'The new fields.' }) input: CreateCustomFieldInput[],
    @Arg('dryRun', () => Boolean, DRY_RUN) dryRun: boolean,
    @Ctx() context: ResolverContext,
  ): Promise<CustomFieldsPayload> {
    const { value, schemaVersion } = await this.#work.run(context, () => this.#metadata.createFields(callerOf(context), input, callOptions(context, dryRun)))
    return { fields: value.map(customFieldOf), schemaVersion }
  }

  @Mutation(() => CustomFieldPayload, { nullable: true, description: 'Changes a field. A rename keeps the old name as a deprecated alias.' })
  async updateCustomField(
    @Arg('id', () => ID, FIELD_ID) id: string | null,
    @Arg('module', () => String, MODULE_OF_FIELD) module: string | null,
    @Arg('name', () => String, NAME_OF_FIELD) name: string | null,
    @Arg('input', () => UpdateCustomFieldInput, { description: 'What changes.' }) input: UpdateCustomFieldInput,
    @Arg('dryRun', () => Boolean, DRY_RUN) dryRun: boolean,
    @Ctx() context: ResolverContext,
  ): Promise<CustomFieldPayload> {
    const { value, ...rest } = await this.#work.run(context, () =>
      this.#metadata.updateField(callerOf(context), { id, module, name }, input as FieldPatch, callOptions(context, dryRun)),
    )
    return { field: customFieldOf(value), ...rest }
  }

  @Mutation(() => CustomFieldPayload, { nullable: true, description: 'Hides a field at once; it can be restored with its data until it is purged.' })
  async deleteCustomField(
    @Arg('id', () => ID, FIELD_ID) id: string | null,
    @Arg('module', () => String, MODULE_OF_FIELD) module: string | null,
    @Arg('name', () => String, NAME_OF_FIELD) name: string | null,
    @Arg('dryRun', () => Boolean, DRY_RUN) dryRun: boolean,
    @Ctx() context: ResolverContext,
  ): Promise<CustomFieldPayload> {
    const { value, ...rest } = await this.#work.run(context, () =>
      this.#metadata.deleteField(callerOf(context), { id, module, name }, callOptions(context, dryRun)),
    )
    return { field: customFieldOf(value), ...rest }
  }

  @Mutation(() => CustomFieldPayload, { nullable: true, description: 'Brings a deleted field back with its data.' })
  async restoreCustomField(
    @Arg('id', () => ID, FIELD_ID) id: string | null,
    @Arg('module', () => String, MODULE_OF_FIELD) module: string | null,
    @Arg('name', () => String, NAME_OF_FIELD) name: string | null,
    @Arg('dryRun', () => Boolean, DRY_RUN) dryRun: boolean,
    @Ctx() context: ResolverContext,
  ): Promise<CustomFieldPayload> {
    const { value, ...rest } = await this.#work.run(context, () =>
      this.#metadata.restoreField(callerOf(context), { id, module, name }, callOptions(context, dryRun)),
    )
    return { field: customFieldOf(value), ...rest }
  }

  @Mutation(() => CustomFieldPayload, { nullable: true, description: 'Gives a deleted field up for good, with its data, before its time has passed.' })
  async purgeCustomField(
    @Arg('id', () => ID, FIELD_ID) id: string | null,
    @Arg('module', () => String, MODULE_OF_FIELD) module: string | null,
    @Arg('name', () => String, NAME_OF_FIELD) name: string | null,
    @Arg('dryRun', () => Boolean, DRY_RUN) dryRun: boolean,
    @Ctx() context: ResolverContext,
  ): Promise<CustomFieldPayload> {
    const { value, ...rest } = await this.#work.run(context, () =>
      this.#metadata.purgeField(callerOf(context), { id, module, name }, callOptions(context, dryRun)),
    )
    return { field: customFieldOf(value), ...rest }
  }

  @Mutation(() => CustomModulePayload, { nullable: true, description: 'Makes a module with all that core ones have. It is served everywhere within a second.' })
  async createCustomModule(
    @Arg('input', () => CreateCustomModuleInput, { description: 'The new module.' }) input: CreateCustomModuleInput,
    @Arg('dryRun', () => Boolean, DRY_RUN) dryRun: boolean,
    @Ctx() context: ResolverContext,
  ): Promise<CustomModulePayload> {
    const { value, ...rest } = await this.#work.run(context, () => this.#metadata.createModule(callerOf(context), input, callOptions(context, dryRun)))
    return { module: customModuleOf(value), ...rest }
  }

  @Mutation(() => CustomModulePayload, { nullable: true, description: 'Changes labels, place and naming field of a module.' })
  async updateCustomModule(
    @Arg('name', () => String, { description: 'Name of the module.' }) name: string,
    @Arg('input', () => UpdateCustomModuleInput, { description: 'What changes.' }) input: UpdateCustomModuleInput,
    @Arg('dryRun', () => Boolean, DRY_RUN) dryRun: boolean,
    @Ctx() context: ResolverContext,
  ): Promise<CustomModulePayload> {
    const { value, ...rest } = await this.#work.run(context, () => this.#metadata.updateModule(callerOf(context), name, input, callOptions(context, dryRun)))
    return { module: customModuleOf(value), ...rest }
  }

  @Mutation(() => CustomModulePayload, { nullable: true, description: 'Hides a module with its records at once; it can be restored until it is purged.' })
  async deleteCustomModule(
    @Arg('name', () => String, { description: 'Name of the module.' }) name: string,
    @Arg('dryRun', () => Boolean, DRY_RUN) dryRun: boolean,
    @Ctx() context: ResolverContext,
  ): Promise<CustomModulePayload> {
    const { value, ...rest } = await this.#work.run(context, () => this.#metadata.deleteModule(callerOf(context), name, callOptions(context, dryRun)))
    return { module: customModuleOf(value), ...rest }
  }

  @Mutation(() => CustomModulePayload, {
    nullable: true,
    description: 'Brings a deleted module back with its records: of several of a name the last, unless the id is given.',
  })
  async restoreCustomModule(
    @Arg('name', () => String, { nullable: true, description: 'Name of the module.' }) name: string | null,
    @Arg('id', () => ID, MODULE_ID) id: string | null,
    @Arg('dryRun', () => Boolean, DRY_RUN) dryRun: boolean,
    @Ctx() context: ResolverContext,
  ): Promise<CustomModulePayload> {
    const { value, ...rest } = await this.#work.run(context, () => this.#metadata.restoreModule(callerOf(context), { name, id }, callOptions(context, dryRun)))
    return { module: customModuleOf(value), ...rest }
  }

  @Mutation(() => CustomModulePayload, { nullable: true, description: 'Gives a deleted module up for good, with its records, before its time has passed.' })
  async purgeCustomModule(
    @Arg('name', () => String, { nullable: true, description: 'Name of the module.' }) name: string | null,
    @Arg('id', () => ID, MODULE_ID) id: string | null,
    @Arg('dryRun', () => Boolean, DRY_RUN) dryRun: boolean,
    @Ctx() context: ResolverContext,
  ): Promise<CustomModulePayload> {
    const { value, ...rest } = await this.#work.run(context, () => this.#metadata.purgeModule(callerOf(context), { name, id }, callOptions(context, dryRun)))
    return { module: customModuleOf(value), ...rest }
  }
}

/** The whole metadata as one state: for deployment scripts. */
@Resolver()
export class MetadataStateResolver {
  readonly #metadata: Metadata
  readonly #work: CommittedWork

  constructor(metadata: Metadata, work: CommittedWork) {
    this.#metadata = metadata
    this.#work = work
  }

  @Query(() => [JsonScalar], { nullable: true, description: 'All custom modules and fields, in the form that `applyMetadata` takes.' })
  async exportMetadata(@Ctx() context: ResolverContext): Promise<readonly unknown[]> {
    return this.#metadata.export(callerOf(context))
  }

  @Mutation(() => ApplyMetadataPayload, {
    nullable: true,
    description: 'Makes all custom modules and fields what the state says, or nothing. What it does not name is removed; `dryRun` tells the plan.',
  })
  async applyMetadata(
    @Arg('input', () => [ModuleStateInput], { description: 'Each module whose state is wanted; others stay as they are.' }) input: ModuleStateInput[],
    @Arg('dryRun', () => Boolean, DRY_RUN) dryRun: boolean,
    @Ctx() context: ResolverContext,
  ): Promise<ApplyMetadataPayload> {
    const { value, schemaVersion } = await this.#work.run(context, () => this.#metadata.apply(callerOf(context), input, callOptions(context, dryRun)))
    const plan = spoken(value, context.request.locale) as ApplyMetadataPayload['plan']
    return { plan, applied: !dryRun && value.length > 0, schemaVersion }
  }
}

function callOptions(context: ResolverContext, dryRun: boolean): CallOptions {
  return { origin: originOf(context), dryRun }
}

@Resolver(() => CustomField)
export class CustomFieldLabelResolver {
  @FieldResolver(() => String, { description: 'What people read, in the locale.' })
  label(@Root() field: Labelled, @Ctx() { request }: ResolverContext, @Arg('locale', () => String, LOCALE) locale?: string | null): string {
    return localized(field.labels, locale ?? request.locale)
  }

  @FieldResolver(() => String, { nullable: true, description: 'A sentence that helps to fill it in.' })
  help(@Root() field: Helpful, @Ctx() { request }: ResolverContext, @Arg('locale', () => String, LOCALE) locale?: string | null): string | null {
    return field.helps && localized(field.helps, locale ?? request.locale)
  }
}

@Resolver(() => CustomModule)
export class CustomModuleLabelResolver {
  @FieldResolver(() => String, { description: 'What people read, in the locale.' })
  label(@Root() module: Labelled, @Ctx() { request }: ResolverContext, @Arg('locale', () => String, LOCALE) locale?: string | null): string {
    return localized(module.labels, locale ?? request.locale)
  }

  @FieldResolver(() => String, { description: 'What people call many of its records.' })
  pluralLabel(@Root() module: PluralLabelled, @Ctx() { request }: ResolverContext, @Arg('locale', () => String, LOCALE) locale?: string | null): string {
    return localized(module.pluralLabels, locale ?? request.locale)
  }
}
