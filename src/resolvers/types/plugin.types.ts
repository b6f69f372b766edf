import { Field, ObjectType } from 'type-graphql'
import { JsonScalar } from './json.scalar.ts'

@ObjectType({ description: 'A permission that a plugin brings. Administrators always have it.' })
export class PluginPermission {
  @Field(() => String, { nullable: true, description: 'Its name.' })
  name!: string

  @Field(() => String, { nullable: true, description: 'What people read.' })
  label!: string

  @Field(() => [String], { nullable: true, description: 'Keys of the roles that have it.' })
  roles!: readonly string[]
}

@ObjectType({ description: 'A process of the installation, and what of a plugin it has loaded.' })
export class PluginProcess {
  @Field(() => String, { nullable: true, description: 'Host and number of the process.' })
  process!: string

  @Field(() => String, { nullable: true, description: '`api`, `worker` or `all`.' })
  role!: string

  @Field(() => [String], { nullable: true, description: 'Versions whose code it has loaded.' })
  loaded!: readonly string[]

  @Field(() => String, { nullable: true, description: 'Why it has not more.' })
  error!: string | null
}

@ObjectType({ description: 'A plugin that this server finds, or that was enabled once.' })
export class Plugin {
  @Field(() => String, { nullable: true, description: 'Its name; of one whose manifest cannot be read, what it was looked for by.' })
  name!: string

  @Field(() => String, { nullable: true, description: 'Version that is enabled, or would be.' })
  version!: string | null

  @Field(() => String, { nullable: true, description: 'Version that this server finds.' })
  available!: string | null

  @Field(() => String, {
    nullable: true,
    description:
      '`installed` (found, and never enabled), `enabled`, `disabled`, `quarantined` (it cannot be run) or `uninstalled` (its data waits to be purged).',
  })
  state!: string

  @Field(() => Boolean, { nullable: true, description: 'It comes with the product.' })
  builtIn!: boolean

  @Field(() => JsonScalar, { nullable: true, description: 'What it asks for; whoever enables it agrees.' })
  capabilities!: unknown

  @Field(() => JsonScalar, { nullable: true, description: 'Plugins that it needs, each with a range of versions.' })
  dependsOn!: unknown

  @Field(() => String, { nullable: true, description: 'What went wrong last.' })
  lastError!: string | null

  @Field(() => JsonScalar, { nullable: true, description: 'JSON Schema of its settings.' })
  settingsSchema!: unknown

  @Field(() => JsonScalar, { nullable: true, description: 'Its settings, without secret ones.' })
  settings!: unknown

  @Field(() => [PluginPermission], { nullable: true, description: 'Permissions that it brings.' })
  permissions!: readonly PluginPermission[]

  @Field(() => [PluginProcess], { nullable: true, description: 'Processes that have tried to load it.' })
  processes!: readonly PluginProcess[]
}

@ObjectType({ description: 'A plugin as it is after the change.' })
export class PluginPayload {
  @Field(() => Plugin, { nullable: true, description: 'The plugin.' })
  plugin!: Plugin | null
}
