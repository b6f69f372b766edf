import { Arg, Ctx, FieldResolver, ID, Mutation, Query, Resolver, Root } from 'type-graphql'
import { fieldKey, moduleOfKey, type RoleName, type Roles, type StoredRole, shownGrant } from '../auth/index.ts'
import { notFound, say } from '../errors/index.ts'
import type { Registry } from '../records/registry/definition.ts'
import { RecordHandle, type ResolverContext } from '../schema/operation.ts'
import type { CommittedWork } from './committed-work.ts'
import { callerOf, originOf, refreshedCaller } from './request-origin.ts'
import { NewFieldsAccess } from './types/access.enums.ts'
import { CreateRoleInput, Role, RoleField, RoleGrant, RolePayload, UpdateRoleInput, UserPayload } from './types/role.types.ts'

/** Roles and who holds them; for administrators. */
@Resolver(() => Role)
export class RoleResolver {
  readonly #roles: Roles
  readonly #all = new WeakMap<ResolverContext, Promise<readonly StoredRole[]>>()

  readonly #work: CommittedWork

  constructor(roles: Roles, work: CommittedWork) {
    this.#roles = roles
    this.#work = work
  }

  @Query(() => [Role], { nullable: true, description: 'All roles, by key.' })
  roles(@Ctx() context: ResolverContext): Promise<readonly StoredRole[]> {
    return this.#roles.list(callerOf(context))
  }

  @FieldResolver(() => [RoleGrant], { nullable: true, description: 'What it allows on the records of modules.' })
  async grants(@Root() role: RoleName, @Ctx() context: ResolverContext): Promise<readonly RoleGrant[]> {
    const stored = await this.#withRights(role, context)
    return stored.grants.flatMap((grant) => {
      const shown = shownGrant(grant, context.runtime.registry)
      return shown ? [{ ...shown, actions: [...shown.actions] }] : []
    })
  }

  @FieldResolver(() => [RoleField], { nullable: true, description: 'Levels that differ from what the grants give.' })
  async fields(@Root() role: RoleName, @Ctx() context: ResolverContext): Promise<readonly RoleField[]> {
    const stored = await this.#withRights(role, context)
    const { registry } = context.runtime
    return stored.fields.flatMap(({ module: key, fieldId, access }) => {
      const name = nameOfKey(key, registry)
      if (name === undefined) return []
      if (fieldId.endsWith('.*')) return [{ module: name, field: '*', access }]
      const module = registry.modules.get(name)
      const field = module && [...module.fields.values()].find((each) => fieldKey(module, each) === fieldId)
      return field ? [{ module: name, field: field.name, access }] : []
    })
  }

  @FieldResolver(() => [String], { nullable: true, description: 'Keys of the roles that it inherits directly.' })
  async inherits(@Root() role: RoleName, @Ctx() context: ResolverContext): Promise<readonly string[]> {
    return (await this.#withRights(role, context)).inherits
  }

  @FieldResolver(() => NewFieldsAccess, {
    nullable: true,
    description: 'What it gets on custom fields that it does not list and that were made after it was told so.',
  })
  async newFields(@Root() role: RoleName, @Ctx() context: ResolverContext): Promise<NewFieldsAccess> {
    return (await this.#withRights(role, context)).newFields
  }

  /** Roles of a user come by name alone; then all are read, once for the operation. */
  async #withRights(role: RoleName, context: ResolverContext): Promise<StoredRole> {
    if (isStored(role)) return role
    let all = this.#all.get(context)
    if (!all) {
      all = this.#roles.list(callerOf(context))
      this.#all.set(context, all)
    }
    const stored = (await all).find(({ id }) => id === role.id)
    if (!stored) throw notFound(say`role`)
    return stored
  }

  @Mutation(() => RolePayload, { nullable: true, description: 'Makes a role.' })
  async createRole(
    @Arg('input', () => CreateRoleInput, { description: 'The new role.' }) input: CreateRoleInput,
    @Ctx() context: ResolverContext,
  ): Promise<{ role: StoredRole }> {
    return { role: await this.#work.run(context, () => this.#roles.create(callerOf(context), input, originOf(context))) }
  }

  @Mutation(() => RolePayload, { nullable: true, description: 'Changes a role. It takes effect at once for everyone who holds it.' })
  async updateRole(
    @Arg('key', () => String, { description: 'Key of the role.' }) key: string,
    @Arg('input', () => UpdateRoleInput, { description: 'What changes.' }) input: UpdateRoleInput,
    @Ctx() context: ResolverContext,
  ): Promise<{ role: StoredRole }> {
    return { role: await this.#work.run(context, () => this.#roles.update(callerOf(context), key, input, originOf(context))) }
  }

  @Mutation(() => UserPayload, { nullable: true, description: 'Gives a role to a user.' })
  async assignRole(
    @Arg('userId', () => ID, { description: 'Who gets the role.' }) userId: string,
    @Arg('roleKey', () => String, { description: 'Key of the role.' }) roleKey: string,
    @Ctx() context: ResolverContext,
  ): Promise<UserPayload> {
    await this.#work.run(context, () => this.#roles.assign(callerOf(context), userId, roleKey, originOf(context)))
    return { user: new RecordHandle('user', userId, await refreshedCaller(context)) }
  }

  @Mutation(() => UserPayload, { nullable: true, description: 'Takes a role from a user.' })
  async unassignRole(
    @Arg('userId', () => ID, { description: 'Who loses the role.' }) userId: string,
    @Arg('roleKey', () => String, { description: 'Key of the role.' }) roleKey: string,
    @Ctx() context: ResolverContext,
  ): Promise<UserPayload> {
    await this.#work.run(context, () => this.#roles.unassign(callerOf(context), userId, roleKey, originOf(context)))
    return { user: new RecordHandle('user', userId, await refreshedCaller(context)) }
  }
}

/** Undefined for a module that is deleted: its rights are not told before it is restored. */
function nameOfKey(key: string, registry: Registry): string | undefined {
  return key === '*' ? key : moduleOfKey(key, registry)?.name
}

function isStored(role: RoleName): role is StoredRole {
  return 'grants' in role
}
