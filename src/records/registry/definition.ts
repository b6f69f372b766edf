import type { FieldMetadata, ModuleMetadata } from '../../entities/metadata.ts'

/**
 * A field as the engine sees it: metadata plus what the registry derives from it. Frozen.
 * System fields (`id version createdAt createdBy updatedAt updatedBy deletedAt owner team tags source`) are ordinary
 * definitions with `system: true`.
 */
export interface FieldDefinition extends FieldMetadata {
  /** Permanent id: `<module>.<name>` for core fields, the row's UUID for custom ones. Everything stored points at it. */
  readonly id: string
  readonly module: string
  readonly custom: boolean
  readonly system: boolean
  /**
   * Fields whose values this one is computed from (FORMULA, ROLLUP, generated columns), the fields behind those included; empty for all others.
   * A reader's level on this field is never higher than on any of them.
   */
  readonly inputs: readonly FieldPlace[]
}

/** A field by the names of the registry that it belongs to. */
export interface FieldPlace {
  readonly module: string
  readonly field: string
}

/** A to-many connection: the other side of a REFERENCE or REFERENCES field. */
export interface InverseRelation {
  readonly name: string
  /** Module whose records the connection lists. */
  readonly module: string
  /** The REFERENCE or REFERENCES field of that module which points here. */
  readonly field: string
}

export interface ModuleDefinition extends Omit<ModuleMetadata, 'fields'> {
  readonly custom: boolean
  /** GraphQL type name: name with an upper-case first letter. */
  readonly typeName: string
  /** All fields by API name, system fields first, in display order. */
  readonly fields: ReadonlyMap<string, FieldDefinition>
  /** Fields by the earlier names under which they can still be reached. */
  readonly aliases: ReadonlyMap<string, FieldDefinition>
  /** Numbers of the extension tables that hold columns of these fields, ascending; empty for most modules. */
  readonly extensions: readonly number[]
  readonly inverses: ReadonlyMap<string, InverseRelation>
  /** Fields that make `<Module>UniqueInput`, besides id and externalId. */
  readonly uniqueFields: readonly FieldDefinition[]
  readonly searchableFields: readonly FieldDefinition[]
  /** Fields that have columns, in the module's own table or in an extension of it. */
  readonly storedFields: readonly FieldDefinition[]
  /** REFERENCES fields, whose values are rows of link tables. */
  readonly linkFields: readonly FieldDefinition[]
  /** Fields whose columns are not in the module's own table: they stand in an extension of it, or each read computes them. */
  readonly virtualFields: readonly FieldDefinition[]
}

/** A plugin that is enabled in a snapshot. */
export interface EnabledPlugin {
  readonly name: string
  readonly version: string
  readonly settings: Readonly<Record<string, unknown>>
  /** Keys of the roles that have each of its own permissions. */
  readonly permissions: Readonly<Record<string, readonly string[]>>
  /** Modules whose writes its hooks judge. */
  readonly judges: readonly string[]
  /** Its computed fields, by module: names that nobody else may give. */
  readonly members: Readonly<Record<string, readonly string[]>>
  /** Its service user. */
  readonly userId: string | null
}

/** Immutable snapshot of all modules. */
export interface Registry {
  /** Schema epoch that this snapshot was read at. */
  readonly version: number
  readonly modules: ReadonlyMap<string, ModuleDefinition>
  readonly byNumber: ReadonlyMap<number, ModuleDefinition>
  /** By name. What is enabled changes with the schema epoch alone. */
  readonly plugins: readonly EnabledPlugin[]
  /** Definition by name; throws DefectError for an unknown one (callers pass names that the schema has checked). */
  module(name: string): ModuleDefinition
}
