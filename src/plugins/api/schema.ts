import type { FieldInput, ModuleInput } from '../../records/metadata/index.ts'
import type { CallContext } from './context.ts'
import type { PluginRecord, RecordFilter } from './records.ts'

/** A field that is there only while another plugin is. */
export interface OptionalField {
  /** Name of an optional dependency: the field comes when that is enabled, and is withheld with its values while it is not. */
  readonly whenPlugin?: string
}

/**
 * A module, described as an administrator would describe it to `createCustomModule`. Beyond that it can have an `accessParent`, whose rights decide about its records, and fields
 * that are `readOnly`: hooks of the plugin set them (`set`, `derive`), and nobody else.
 */
export type ModuleDescription = Omit<ModuleInput, 'fields'> & { readonly fields: readonly (FieldInput & OptionalField)[] }

/** A field of somebody else's module, described as for `createCustomField`. It cannot be required. */
export type FieldDescription = FieldInput &
  OptionalField & {
    readonly module: string
    /** Levels that shipped roles get on it with the plugin, by key of the role, where it is sensitive: `{finance: 'READ'}`. They count where the role has rights on the module. */
    readonly levels?: Readonly<Record<string, 'MASKED' | 'READ' | 'WRITE'>>
  }

/**
 * Reminders of a date of the plugin's own modules, one for each record: a rule of the product, made when the plugin is enabled for the first time. Administrators may change it
 * afterwards. While the plugin is disabled nobody is reminded.
 */
export interface ReminderDescription {
  /** Permanent. */
  readonly name: string
  /** One of the plugin's modules. */
  readonly module: string
  /** A DATE or DATETIME of it, neither computed nor rolled up. */
  readonly field: string
  /** What the reminders say. It holds no values of the record: they lead to that. */
  readonly subject: string
  /** Name of the rule, for administrators; the subject unless given. */
  readonly label?: string
  /** Days of the calendar from the date to the reminder; before it where negative. 0 unless given. */
  readonly offsetDays?: number
  /** Minutes from there. */
  readonly offsetMinutes?: number
  /** `HH:MM` on the recipient's clock; that of the date itself unless given, 09:00 for a DATE. */
  readonly at?: string
  /** Again in every year. */
  readonly yearly?: boolean
  /** `owner`, which it is unless given, or a USER field of the module. */
  readonly recipient?: string
}

/** Rights that a shipped role gets with the plugin; administrators may change them afterwards. */
export interface DefaultGrant {
  /** Key of the role: `sales_rep`. */
  readonly role: string
  /** One of the plugin's modules. */
  readonly module: string
  readonly actions: readonly ('CREATE' | 'READ' | 'UPDATE' | 'DELETE' | 'RESTORE' | 'EXPORT' | 'BULK')[]
  readonly scope: 'OWN' | 'TEAM' | 'TEAM_TREE' | 'ALL'
  /** Records that it reaches within the scope, as in `createRole`: `{members: {some: {user: {id: {eq: {viewer: 'id'}}}}}}`. */
  readonly where?: RecordFilter
  /** Levels of sensitive fields, by name; others follow the actions. */
  readonly fields?: Readonly<Record<string, 'MASKED' | 'READ' | 'WRITE'>>
}

/** A permission of the plugin's own. */
export interface Permission {
  readonly name: string
  readonly label: string
  /** Keys of the roles that have it when the plugin is enabled for the first time. Administrators always have it. */
  readonly roles?: readonly string[]
}

/** GraphQL scalar types of computed fields; a list of them in brackets. */
export type ComputedType = 'String' | 'Int' | 'Float' | 'Boolean' | 'ID' | 'Decimal' | 'Date' | 'DateTime' | 'JSON'

/**
 * A field that is worked out when it is selected, for all records of a list at once. Its reader must be able to read every field of `needs` in full: else it is hidden, like the strictest
 * of them.
 */
export interface ComputedField<Settings> {
  readonly module: string
  readonly name: string
  readonly type: ComputedType | `[${ComputedType}!]`
  readonly description: string
  readonly needs: readonly string[]
  /** Values in the order of the records, which hold `id` and the fields of `needs`. One call for a selection, at most 500 records. */
  load(records: readonly PluginRecord[], context: CallContext<Settings>): Promise<readonly unknown[]>
}

/** A record that a root field answers with; the client selects from it what it may read. */
export interface RecordRef {
  readonly module: string
  readonly id: string
}

/** `args`: as `types` declares them, with which the type that the plugin gives them should agree. */
// biome-ignore lint/suspicious/noExplicitAny: what the arguments are stands in GraphQL's language
export type Resolver<Settings> = (args: any, context: CallContext<Settings>) => unknown

/** A class of TypeGraphQL's `@Resolver()`, made by the host without arguments, once for each version in a process. */
export type ResolverClass = new () => object

/**
 * Types and root fields in GraphQL's own language, as classes with the decorators of `guanxi/type-graphql`, or both. `types` may define types and extend Query and Mutation; it may name any type of the schema, also those of modules. A resolver of a root
 * field answers plain values, and a `RecordRef` where the type is that of a record. Mutations stand alone in their operation.
 */
export interface GraphQLPart<Settings> {
  readonly types?: string
  /** Their types come along. What stands at `@Ctx()` is a `CallContext`; a field with code of its own is called for each object, so read for a whole list in the root field. */
  readonly resolvers?: readonly ResolverClass[]
  readonly Query?: Readonly<Record<string, Resolver<Settings>>>
  readonly Mutation?: Readonly<Record<string, Resolver<Settings>>>
  /** Root fields that need one of the plugin's own permissions; others are for every signed-in user. */
  readonly permissions?: Readonly<Record<string, string>>
}
