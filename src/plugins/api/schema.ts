import type { FieldInput, ModuleInput } from '../../records/metadata/index.ts'
import type { CallContext } from './context.ts'
import type { PluginRecord } from './records.ts'

/** A module, described as an administrator would describe it to `createCustomModule`. */
export type ModuleDescription = ModuleInput & { readonly fields: readonly FieldInput[] }

/** A field of somebody else's module, described as for `createCustomField`. It cannot be required. */
export type FieldDescription = FieldInput & { readonly module: string }

/** Rights that a shipped role gets with the plugin; administrators may change them afterwards. */
export interface DefaultGrant {
  /** Key of the role: `sales_rep`. */
  readonly role: string
  /** One of the plugin's modules. */
  readonly module: string
  readonly actions: readonly ('CREATE' | 'READ' | 'UPDATE' | 'DELETE' | 'RESTORE' | 'EXPORT' | 'BULK')[]
  readonly scope: 'OWN' | 'TEAM' | 'TEAM_TREE' | 'ALL'
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

/**
 * Types and root fields in GraphQL's own language. `types` may define types and extend Query and Mutation; it may name any type of the schema, also those of modules. A resolver of a root
 * field answers plain values, and a `RecordRef` where the type is that of a record. Mutations stand alone in their operation.
 */
export interface GraphQLPart<Settings> {
  readonly types: string
  readonly Query?: Readonly<Record<string, Resolver<Settings>>>
  readonly Mutation?: Readonly<Record<string, Resolver<Settings>>>
  /** Root fields that need one of the plugin's own permissions; others are for every signed-in user. */
  readonly permissions?: Readonly<Record<string, string>>
}
