import {
  type DefinitionNode,
  type DocumentNode,
  type GraphQLSchema,
  Kind,
  type ObjectTypeDefinitionNode,
  type ObjectTypeExtensionNode,
  parse,
  visit,
} from 'graphql'
import { derivedNames, type Registry, typeNameOf } from '../../records/registry/index.ts'
import type { ClassTypes } from './classes/read-classes.ts'
import type { LoadedPlugin } from './load-code.ts'
import { PluginProblem } from './manifest.ts'

const ROOTS = ['Query', 'Mutation'] as const

/** Scalars of the schema that a plugin may name besides GraphQL's own. */
const SCALARS: ReadonlySet<string> = new Set(['Decimal', 'Date', 'DateTime', 'JSON'])
const BUILT_IN: ReadonlySet<string> = new Set(['String', 'Int', 'Float', 'Boolean', 'ID'])

/** What a plugin adds to the schema besides its modules, read and checked. */
export interface GraphQLAddition {
  readonly definitions: readonly DefinitionNode[]
  /** Names of the types that it defines. */
  readonly types: readonly string[]
  /** Root fields by the type that has them. */
  readonly roots: Readonly<Record<(typeof ROOTS)[number], readonly string[]>>
  readonly classes: Pick<ClassTypes, 'resolvers' | 'members'>
}

const NOTHING_OF_CLASSES: ClassTypes = { definitions: [], resolvers: new Map(), members: new Map() }

const NOTHING: GraphQLAddition = { definitions: [], types: [], roots: { Query: [], Mutation: [] }, classes: NOTHING_OF_CLASSES }

/** Reads a plugin's types. Throws PluginProblem for what is no GraphQL, reaches into types of others, or has no resolver. */
export function readAddition({ definition, classes = NOTHING_OF_CLASSES }: Pick<LoadedPlugin, 'definition' | 'classes'>): GraphQLAddition {
  const { name, graphql, permissions = [] } = definition
  if (!graphql) return NOTHING
  const refuse = (message: string): never => {
    throw new PluginProblem(`The plugin ${name}: ${message}`)
  }
  const definitions = [...(graphql.types === undefined ? [] : parsed(graphql.types, refuse).definitions), ...classes.definitions]
  const types: string[] = []
  const roots: Record<(typeof ROOTS)[number], string[]> = { Query: [], Mutation: [] }
  for (const node of definitions) {
    if (node.kind === Kind.OBJECT_TYPE_EXTENSION) {
      const root = ROOTS.find((each) => each === node.name.value)
      if (!root) return refuse(`its types extend ${node.name.value}; a plugin extends Query and Mutation, and adds fields to records as computed ones.`)
      roots[root].push(...(node.fields ?? []).map((field) => field.name.value))
    } else if (node.kind === Kind.OBJECT_TYPE_DEFINITION || node.kind === Kind.INPUT_OBJECT_TYPE_DEFINITION || node.kind === Kind.ENUM_TYPE_DEFINITION) {
      types.push(node.name.value)
    } else refuse('its types hold something else than object types, input types and enums.')
  }
  const reserved = [...types, ...ROOTS.flatMap((root) => roots[root])].find((each) => each.startsWith('__') || each === 'constructor' || each === 'prototype')
  if (reserved !== undefined) refuse(`${reserved} cannot name anything.`)
  for (const root of ROOTS) {
    const missing = roots[root].find((field) => !Object.hasOwn(graphql[root] ?? {}, field) && !classes.resolvers.has(`${root}.${field}`))
    if (missing !== undefined) refuse(`${root}.${missing} has no resolver.`)
    const left = Object.keys(graphql[root] ?? {}).find((field) => !roots[root].includes(field))
    if (left !== undefined) refuse(`the resolver of ${root}.${left} stands for no field of its types.`)
  }
  const unknown = Object.values(graphql.permissions ?? {}).find((permission) => !permissions.some((each) => each.name === permission))
  if (unknown !== undefined) refuse(`a root field needs the permission ${unknown}, which it does not define.`)
  const twice = ROOTS.flatMap((root) => roots[root]).find((field, index, all) => all.indexOf(field) !== index)
  if (twice !== undefined) refuse(`two root fields are named ${twice}.`)
  return { definitions, types, roots, classes }
}

function parsed(text: string, refuse: (message: string) => never): DocumentNode {
  try {
    return parse(text, { noLocation: true, maxTokens: 20_000 })
  } catch (error) {
    return refuse(`its types are no GraphQL: ${(error as Error).message}`)
  }
}

/** What an addition has to fit into. */
export interface Surroundings {
  readonly served: GraphQLSchema
  readonly registry: Registry
  /** What stands there of the same plugin. */
  readonly before: GraphQLAddition | undefined
  /** Modules that come with the plugin. */
  readonly brought: readonly { readonly name: string; readonly pluralName: string }[]
}

/** Throws PluginProblem where what a plugin adds belongs to somebody else, or names types that are not there. */
export function checkAddition(
  name: string,
  { definitions, types, roots }: GraphQLAddition,
  { served, registry, before = NOTHING, brought }: Surroundings,
): void {
  const own = brought.map(derivedNames)
  const refuse = (what: string): never => {
    throw new PluginProblem(`The plugin ${name} brings ${what}, which is taken already.`)
  }
  const twice = types.find((type, index) => types.indexOf(type) !== index)
  if (twice !== undefined) refuse(`the type ${twice} twice`)
  for (const type of types)
    if (
      (served.getType(type) !== undefined && !before.types.includes(type)) ||
      BUILT_IN.has(type) ||
      SCALARS.has(type) ||
      own.some((derived) => derived.types.includes(type))
    )
      refuse(`the type ${type}`)
  for (const root of ROOTS) {
    const [fields, derived] = root === 'Query' ? [served.getQueryType(), 'queries' as const] : [served.getMutationType(), 'mutations' as const]
    const taken = roots[root].find(
      (field) =>
        (Object.hasOwn(fields?.getFields() ?? {}, field) && !before.roots[root].includes(field)) || own.some((names) => names[derived].includes(field)),
    )
    if (taken !== undefined) refuse(`the ${root.toLowerCase()} ${taken}`)
  }
  const records = new Set([...[...registry.modules.values()].map(({ typeName }) => typeName), ...brought.map((module) => typeNameOf(module.name))])
  for (const type of namedTypes(definitions))
    if (!types.includes(type) && !BUILT_IN.has(type) && !SCALARS.has(type) && !records.has(type))
      throw new PluginProblem(`The plugin ${name} names the type ${type}, which is none of its own, no record of a module, and no scalar.`)
}

/** Names of all types that definitions lead to. */
export function namedTypes(definitions: readonly DefinitionNode[]): ReadonlySet<string> {
  const names = new Set<string>()
  for (const definition of definitions) visit(definition, { NamedType: ({ name }) => void names.add(name.value) })
  return names
}

/** The object types of an addition, roots included, with their fields. */
export function objectTypesOf({ definitions }: GraphQLAddition): readonly (ObjectTypeDefinitionNode | ObjectTypeExtensionNode)[] {
  return definitions.filter((node) => node.kind === Kind.OBJECT_TYPE_DEFINITION || node.kind === Kind.OBJECT_TYPE_EXTENSION)
}
