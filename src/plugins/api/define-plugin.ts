import type { z } from 'zod'
import type { Capabilities } from './capabilities.ts'
import type { AfterHook, BeforeHook, Guard, TransitionRule, ValidationRule } from './hooks.ts'
import type { ComputedField, DefaultGrant, FieldDescription, GraphQLPart, ModuleDescription, Permission, ReminderDescription } from './schema.ts'
import type { EventHandler, Job, Lifecycle, PluginMigration, Route, Timer } from './work.ts'

/** Version of this interface. A plugin says by a range which it is written for. */
export const PLUGIN_API_VERSION = '1.0.0'

/** How the host knows a definition, also one that was made by another copy of this package. */
export const PLUGIN = Symbol.for('guanxi.plugin')

/** Other plugins that it needs, by name, each with a range of versions; with `optional` it does without. */
export type Dependencies = Readonly<Record<string, string | { readonly version: string; readonly optional: true }>>

/**
 * What is known of a plugin before any code of it runs: it stands in the `guanxi` member of its package.json, but for the version, which is the package's. What the code says must agree with it.
 */
export interface PluginManifest {
  /** Small letters, digits and hyphens. Unique, and permanent. */
  readonly name: string
  readonly version: string
  /** Range of versions of this interface, e.g. `^1.0.0`. */
  readonly apiVersion: string
  /** The plugins on whose modules or fields it builds, each of them. */
  readonly dependsOn?: Dependencies
  readonly capabilities?: Capabilities
  /** What the names of its modules begin with, so that plugins stay out of each other's way; its name without hyphens unless given. Those that come with the product need none. */
  readonly prefix?: string
}

export interface PluginDefinition<Settings extends z.ZodObject = z.ZodObject> extends PluginManifest {
  /** What an administrator can set. Every member needs a default, so that the plugin can be enabled before anything is set. A member with `.meta({secret: true})` is never shown. */
  readonly settings?: Settings
  readonly modules?: readonly ModuleDescription[]
  readonly fields?: readonly FieldDescription[]
  readonly reminders?: readonly ReminderDescription[]
  readonly grants?: readonly DefaultGrant[]
  readonly permissions?: readonly Permission[]
  readonly computed?: readonly ComputedField<z.output<Settings>>[]
  readonly graphql?: GraphQLPart<z.output<Settings>>
  readonly before?: readonly BeforeHook<z.output<Settings>>[]
  readonly guards?: readonly Guard<z.output<Settings>>[]
  readonly after?: readonly AfterHook<z.output<Settings>>[]
  /** By `<module>.<field>`: the steps that a SELECT field may take, and no others. */
  readonly transitions?: Readonly<Record<string, readonly TransitionRule[]>>
  readonly validations?: readonly ValidationRule[]
  readonly events?: readonly EventHandler<z.output<Settings>>[]
  // Each job has a payload of its own.
  // biome-ignore lint/suspicious/noExplicitAny: a list of jobs of different payloads
  readonly jobs?: readonly Job<z.output<Settings>, any>[]
  readonly timers?: readonly Timer<z.output<Settings>>[]
  readonly migrations?: readonly PluginMigration<z.output<Settings>>[]
  readonly lifecycle?: Lifecycle<z.output<Settings>>
  readonly routes?: readonly Route<z.output<Settings>>[]
}

/** A definition that the host takes. */
export type DefinedPlugin<Settings extends z.ZodObject = z.ZodObject> = PluginDefinition<Settings> & { readonly [PLUGIN]: true }

/** Defines a plugin; the default export of its package. It says what there is and does nothing: all that happens, happens when the host calls. */
export function definePlugin<const Settings extends z.ZodObject = z.ZodObject>(definition: PluginDefinition<Settings>): DefinedPlugin<Settings> {
  return Object.freeze({ ...definition, [PLUGIN]: true as const })
}

/** Defines a job with a typed payload. */
export function defineJob<Settings, Payload>(job: Job<Settings, Payload>): Job<Settings, Payload> {
  return job
}
