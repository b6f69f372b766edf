import { buildSchema as fromText, GraphQLSchema, isObjectType } from 'graphql'
import type { FieldMetadata, FieldType } from '../../src/entities/metadata.ts'
import { DefectError } from '../../src/errors/index.ts'
import type { FieldDefinition, InverseRelation, ModuleDefinition, Registry } from '../../src/records/registry/definition.ts'
import type { SchemaResolvers } from '../../src/schema/build/index.ts'
import { buildSchema } from '../../src/schema/build/index.ts'

/** Definitions made by hand, so that the builder is tested on what it is given and not on what core modules happen to be. */
export type HandMadeField = Partial<FieldMetadata> & { readonly type: FieldType }

const SYSTEM_FIELDS: Readonly<Record<string, HandMadeField>> = {
  id: { type: 'TEXT', readOnly: true },
  version: { type: 'INTEGER', readOnly: true },
  createdAt: { type: 'DATETIME', readOnly: true },
  createdBy: { type: 'USER', readOnly: true },
  updatedAt: { type: 'DATETIME', readOnly: true },
  updatedBy: { type: 'USER', readOnly: true },
  deletedAt: { type: 'DATETIME', readOnly: true },
  owner: { type: 'USER' },
  team: { type: 'REFERENCE', reference: { module: 'team', onDelete: 'clear' } },
  tags: { type: 'MULTI_SELECT' },
  source: { type: 'TEXT' },
}

export interface HandMadeModule {
  readonly name: string
  readonly pluralName?: string
  readonly fields: Readonly<Record<string, HandMadeField>>
}

export const USER: HandMadeModule = { name: 'user', fields: { name: { type: 'TEXT', required: true }, email: { type: 'EMAIL', unique: true } } }
export const TEAM: HandMadeModule = { name: 'team', fields: { name: { type: 'TEXT', required: true } } }

/** A registry of these modules, `user` and `team` added. */
export function registryOf(...modules: readonly HandMadeModule[]): Registry {
  const all = [USER, TEAM, ...modules]
  const definitions = new Map(all.map((module, index) => [module.name, definitionOf(module, index + 1, all)]))
  return {
    version: 1,
    plugins: [],
    modules: definitions,
    byNumber: new Map([...definitions.values()].map((module) => [module.number, module])),
    module(name) {
      const module = definitions.get(name)
      if (!module) throw new DefectError(`no module ${name}`)
      return module
    },
  }
}

function definitionOf({ name, pluralName = `${name}s`, fields }: HandMadeModule, number: number, all: readonly HandMadeModule[]): ModuleDefinition {
  const define =
    (system: boolean) =>
    ([fieldName, field]: [string, HandMadeField]): [string, FieldDefinition] => [
      fieldName,
      {
        label: { en: sentenceCase(fieldName) },
        column: fieldName,
        ...field,
        name: fieldName,
        id: `${name}.${fieldName}`,
        module: name,
        custom: false,
        system,
        inputs: [],
      },
    ]
  const definitions = new Map([...Object.entries(SYSTEM_FIELDS).map(define(true)), ...Object.entries(fields).map(define(false))])
  const inverses = new Map<string, InverseRelation>()
  for (const other of all) {
    for (const [field, { reference }] of Object.entries(other.fields)) {
      if (reference?.module === name && reference.inverseName) inverses.set(reference.inverseName, { name: reference.inverseName, module: other.name, field })
    }
  }
  return {
    number,
    name,
    pluralName,
    typeName: name.charAt(0).toUpperCase() + name.slice(1),
    label: { en: sentenceCase(name) },
    pluralLabel: { en: sentenceCase(pluralName) },
    table: pluralName,
    nameField: 'name',
    custom: false,
    fields: definitions,
    aliases: new Map(),
    extensions: [],
    inverses,
    uniqueFields: [...definitions.values()].filter((field) => field.unique),
    searchableFields: [],
    storedFields: [...definitions.values()],
    linkFields: [],
    virtualFields: [],
  }
}

function sentenceCase(name: string): string {
  const words = name.replace(/([A-Z])/g, (letter) => ` ${letter.toLowerCase()}`)
  return words.charAt(0).toUpperCase() + words.slice(1)
}

export const NO_STATIC = fromText('type Query { _empty: Boolean }')

/** Resolvers that leave graphql-js' own. */
export const NO_RESOLVERS: SchemaResolvers = { resolverFor: () => undefined, wrapStaticRecordField: (resolver) => resolver }

/** The schema with every field of every type made, and not taken to be valid. */
export function build(registry: Registry, staticSchema: GraphQLSchema = NO_STATIC, resolvers: SchemaResolvers = NO_RESOLVERS): GraphQLSchema {
  return walked(buildSchema({ registry, staticSchema, resolvers }))
}

/** The same roots as graphql-js itself finds their types: by all fields of all types. */
export function walked(schema: GraphQLSchema): GraphQLSchema {
  const implementing = Object.values(schema.getTypeMap()).filter((type) => isObjectType(type) && type.getInterfaces().length > 0)
  return new GraphQLSchema({ ...schema.toConfig(), types: implementing, assumeValid: false })
}

/** Printed types without descriptions and blank lines, arguments on one line: what a reader compares. */
export function withoutDescriptions(sdl: string): string {
  return sdl
    .replace(/ *"""(?:[^"]|"(?!""))*"""\n/g, '')
    .replace(/\n\n/g, '\n')
    .replace(/\(\n([^)]*)\n {2}\)/g, (_, list: string) => `(${list.trim().split(/\n\s*/).join(', ')})`)
}
