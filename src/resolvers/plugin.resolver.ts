import { Arg, Ctx, Mutation, Query, Resolver } from 'type-graphql'
import type { ResolverContext } from '../schema/operation.ts'
import type { CommittedWork } from './committed-work.ts'
import type { PluginAdministration, PluginChange } from './plugin-administration.ts'
import { callerOf, originOf } from './request-origin.ts'
import { JsonScalar } from './types/json.scalar.ts'
import { Plugin, PluginPayload } from './types/plugin.types.ts'

/** Plugins, for administrators. Each mutation stands alone in its operation, and answers when all processes serve what it did. */
@Resolver()
export class PluginResolver {
  readonly #plugins: PluginAdministration
  readonly #work: CommittedWork

  constructor(plugins: PluginAdministration, work: CommittedWork) {
    this.#plugins = plugins
    this.#work = work
  }

  @Query(() => [Plugin], { nullable: true, description: 'Plugins that this server finds, or that were enabled once.' })
  async plugins(@Ctx() context: ResolverContext): Promise<readonly Plugin[]> {
    return this.#plugins.list(callerOf(context))
  }

  @Mutation(() => PluginPayload, {
    nullable: true,
    description: 'Puts a plugin into service on all processes, and agrees to what it asks for (`capabilities`).',
  })
  async enablePlugin(@Arg('name', () => String, { description: 'Name of the plugin.' }) name: string, @Ctx() context: ResolverContext): Promise<PluginPayload> {
    return this.#change(context, 'enable', name)
  }

  @Mutation(() => PluginPayload, {
    nullable: true,
    description: 'Takes a plugin out of service at once and everywhere. What it has brought stays, out of sight.',
  })
  async disablePlugin(
    @Arg('name', () => String, { description: 'Name of the plugin.' }) name: string,
    @Ctx() context: ResolverContext,
  ): Promise<PluginPayload> {
    return this.#change(context, 'disable', name)
  }

  @Mutation(() => PluginPayload, {
    nullable: true,
    description: 'Puts the version that the server finds into the place of the one that is enabled, once all processes have it.',
  })
  async upgradePlugin(
    @Arg('name', () => String, { description: 'Name of the plugin.' }) name: string,
    @Ctx() context: ResolverContext,
  ): Promise<PluginPayload> {
    return this.#change(context, 'upgrade', name)
  }

  @Mutation(() => PluginPayload, { nullable: true, description: 'Takes leave of a plugin. Its data stays until it is purged.' })
  async uninstallPlugin(
    @Arg('name', () => String, { description: 'Name of the plugin.' }) name: string,
    @Ctx() context: ResolverContext,
  ): Promise<PluginPayload> {
    return this.#change(context, 'uninstall', name)
  }

  @Mutation(() => PluginPayload, {
    nullable: true,
    description: 'Gives the modules and fields of an uninstalled plugin up for good, with their data and what others have built on them.',
  })
  async purgePlugin(@Arg('name', () => String, { description: 'Name of the plugin.' }) name: string, @Ctx() context: ResolverContext): Promise<PluginPayload> {
    return this.#change(context, 'purge', name)
  }

  @Mutation(() => PluginPayload, { nullable: true, description: 'Changes the settings that are named; null goes back to the default.' })
  async updatePluginSettings(
    @Arg('name', () => String, { description: 'Name of the plugin.' }) name: string,
    @Arg('settings', () => JsonScalar, { description: 'Settings that change; null takes the default.' }) settings: unknown,
    @Ctx() context: ResolverContext,
  ): Promise<PluginPayload> {
    return { plugin: await this.#work.run(context, () => this.#plugins.setSettings(callerOf(context), name, settings, originOf(context))) }
  }

  @Mutation(() => PluginPayload, { nullable: true, description: 'Says which roles have a permission that a plugin brings.' })
  async updatePluginPermission(
    @Arg('name', () => String, { description: 'Name of the plugin.' }) name: string,
    @Arg('permission', () => String, { description: 'Name of the permission.' }) permission: string,
    @Arg('roles', () => [String], { description: 'Keys of roles.' }) roles: string[],
    @Ctx() context: ResolverContext,
  ): Promise<PluginPayload> {
    return { plugin: await this.#work.run(context, () => this.#plugins.setPermission(callerOf(context), name, permission, roles, originOf(context))) }
  }

  async #change(context: ResolverContext, change: PluginChange, name: string): Promise<PluginPayload> {
    return { plugin: await this.#work.run(context, () => this.#plugins.change(callerOf(context), change, name, originOf(context))) }
  }
}
