import {
  type DefinitionNode,
  type GraphQLField,
  GraphQLScalarType,
  type GraphQLSchema,
  isObjectType,
  Kind,
  type ObjectTypeExtensionNode,
  parse,
  printSchema,
} from 'graphql'
import { buildSchemaSync } from 'type-graphql'
import { DefectError } from '../../../errors/index.ts'
import { type ClassMetadata, withMetadata } from './collect-classes.ts'
import { type Handler, invoke } from './invoke.ts'
import { convertOutput } from './values.ts'

/** A field that code of a class answers. `context`: what the plugin is handed. */
export type ClassResolver = (source: unknown, args: Readonly<Record<string, unknown>>, context: unknown) => unknown

/** What the classes of a plugin say, in GraphQL's own language, and the code behind it. */
export interface ClassTypes {
  readonly definitions: readonly DefinitionNode[]
  /** By `Query.field`, `Mutation.field` or `<Type>.field`. */
  readonly resolvers: ReadonlyMap<string, ClassResolver>
  /** Members of answers: what is read from the object that stands there. By `<Type>.field`. */
  readonly members: ReadonlyMap<string, (source: object) => unknown>
}

/** A class whose methods are root fields. */
export type ResolverClass = new () => object

/** Makes of them what plugins can also write by hand. Throws an Error, in words for the plugin's author, for what plugins may not use. */
export function readClasses(classes: readonly ResolverClass[], metadata: ClassMetadata): ClassTypes {
  refuseOthers(metadata)
  const missing = classes.find((each) => !metadata.resolverClasses.some(({ target }) => target === each))
  if (missing) throw new Error(`the class ${missing.name} has no @Resolver(), or does not stand in the plugin's own files`)
  const [first, ...rest] = classes
  if (!first) throw new Error('its list of resolvers is empty')
  const schema = withMetadata(metadata, () =>
    buildSchemaSync({
      resolvers: [first, ...rest],
      validate: false,
      skipCheck: true,
      scalarsMap: [{ type: Date, scalar: new GraphQLScalarType({ name: 'DateTime' }) }],
    }),
  )
  const instances = new Map<ResolverClass, object>()
  const instanceOf = (target: ResolverClass): object => {
    const instance = instances.get(target) ?? new target()
    instances.set(target, instance)
    return instance
  }
  const inputs = new Map(metadata.inputTypes.map(({ name, target }) => [name, target as ResolverClass]))
  const resolvers = new Map<string, ClassResolver>()
  const members = new Map<string, (source: object) => unknown>()
  const add = (type: string, { field, handler }: { readonly field: GraphQLField<unknown, unknown>; readonly handler: Handler }): void => {
    const place = { field, inputs, args: metadata.argumentTypes }
    resolvers.set(`${type}.${field.name}`, async (source, args, context) => {
      const target = handler.ownClass ? instanceFrom(handler.ownClass, source) : instanceOf(handler.target)
      return convertOutput(field.type, await invoke(target, handler, place, { source, args, context }))
    })
  }
  for (const [type, handlers] of [
    ['Query', metadata.queries],
    ['Mutation', metadata.mutations],
  ] as const)
    for (const { target, methodName, schemaName, params } of handlers)
      if (classes.includes(target as ResolverClass))
        add(type, { field: fieldOf(schema, type, schemaName), handler: { target: target as ResolverClass, methodName, params: params ?? [] } })
  for (const { name, target, fields } of metadata.objectTypes) {
    const type = schema.getType(name)
    if (!isObjectType(type)) continue
    for (const { name: member, schemaName } of fields ?? []) {
      const field = fieldOf(schema, name, schemaName)
      const found = metadata.fieldResolvers.find(
        (each) =>
          each.methodName === member && each.getObjectType?.() === target && (each.kind === 'internal' || classes.includes(each.target as ResolverClass)),
      )
      if (found) {
        const ownClass = found.kind === 'internal' ? (target as ResolverClass) : undefined
        add(name, { field, handler: { target: found.target as ResolverClass, methodName: member, params: found.params ?? [], ...(ownClass && { ownClass }) } })
      } else members.set(`${name}.${schemaName}`, (source) => convertOutput(field.type, Reflect.get(source, member)))
    }
  }
  return Object.freeze({ definitions: definitionsOf(schema), resolvers, members })
}

function fieldOf(schema: GraphQLSchema, type: string, name: string): GraphQLField<unknown, unknown> {
  const found = schema.getType(type)
  const field = isObjectType(found) ? found.getFields()[name] : undefined
  if (!field) throw new DefectError(`no field ${type}.${name} was made of a class`)
  return field
}

/** An object of the class, whose methods the field's code may call. */
function instanceFrom(target: ResolverClass, source: unknown): object {
  return source instanceof target ? source : Object.assign(new target(), source)
}

/** As a plugin would write them: scalars and records are of the product, and the root types are extended. */
function definitionsOf(schema: GraphQLSchema): DefinitionNode[] {
  return parse(printSchema(schema), { noLocation: true }).definitions.flatMap((node): DefinitionNode[] => {
    if (node.kind === Kind.SCALAR_TYPE_DEFINITION) return []
    if (node.kind !== Kind.OBJECT_TYPE_DEFINITION || (node.name.value !== 'Query' && node.name.value !== 'Mutation')) return [node]
    const { description: _, ...extension } = node
    return (node.fields ?? []).length > 0 ? [{ ...extension, kind: Kind.OBJECT_TYPE_EXTENSION } as ObjectTypeExtensionNode] : []
  })
}

function refuseOthers({
  subscriptions,
  authorizedFields,
  authorizedResolver,
  middlewares,
  resolverMiddlewares,
  interfaceTypes,
  unions,
  params,
}: ClassMetadata): void {
  const used: [boolean, string][] = [
    [subscriptions.length > 0, '@Subscription: records can be followed already, by `<module>Changed`'],
    [authorizedFields.length + authorizedResolver.length > 0, '@Authorized: name the permission of a root field in `graphql.permissions`'],
    [middlewares.length + resolverMiddlewares.length > 0, '@UseMiddleware'],
    [interfaceTypes.length > 0, '@InterfaceType'],
    [unions.length > 0, 'createUnionType'],
    [params.some(({ kind }) => kind === 'info'), '@Info'],
    [params.some(({ kind }) => kind === 'custom'), 'parameter decorators of its own'],
  ]
  const [first] = used.filter(([isUsed]) => isUsed)
  if (first) throw new Error(`its classes use what plugins may not: ${first[1]}`)
}
