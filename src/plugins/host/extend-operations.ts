import DataLoader from 'dataloader'
import {
  extendSchema,
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  getNamedType,
  isObjectType,
  Kind,
  parse,
} from 'graphql'
import { isObject } from '../../lib/is-object.ts'
import type { Registry } from '../../records/registry/index.ts'
import { namesOfOperation, RecordHandle, type ResolverContext } from '../../schema/operation.ts'
import type { CallContext, ComputedField, PluginRecord, Resolver } from '../api/index.ts'
import { type Call, callContext } from './call-context.ts'
import { type GraphQLAddition, namedTypes, objectTypesOf, readAddition } from './graphql-part.ts'
import type { PluginInstance } from './instance.ts'
import type { HostServices } from './services.ts'

/** Milliseconds for a root field, and for a computed field of a whole selection. */
const BUDGET = 10_000
const COMPUTED_BUDGET = 5_000

/** Records of one call of a computed field. */
const BATCH = 500

/**
 * The hand-written operations together with what plugins add to them, without rules: each added field says in its extensions who it is for. Types of records are tokens that
 * the builder of the schema replaces. Throws where the parts do not fit together; whoever enables a plugin has checked that they do.
 */
export function extendOperations(operations: GraphQLSchema, instances: readonly PluginInstance[], registry: Registry, services: HostServices): GraphQLSchema {
  const additions = instances.map((instance) => ({ instance, addition: readAddition(instance.loaded) }))
  const computed = instances.flatMap((instance) =>
    (instance.loaded.definition.computed ?? []).flatMap((field) => (registry.modules.has(field.module) ? [{ instance, field }] : [])),
  )
  if (computed.length === 0 && additions.every(({ addition }) => addition.definitions.length === 0)) return operations
  const recordTypes = new Map([...registry.modules.values()].map((module) => [module.typeName, module.name]))
  const definitions = additions.flatMap(({ addition }) => addition.definitions)
  const tokens = tokensFor(
    operations,
    [...namedTypes(definitions)],
    recordTypes,
    computed.map(({ field }) => field),
    registry,
  )
  const schema = extendSchema(operations, { kind: Kind.DOCUMENT, definitions: [...definitions, ...parse(tokens, { noLocation: true }).definitions] })
  for (const { instance, addition } of additions) resolveAddition(schema, instance, addition, recordTypes, services)
  for (const { instance, field } of computed) resolveComputed(schema, instance, field, registry, services)
  return schema
}

/** Types that only stand in, and members that are computed. */
function tokensFor(
  operations: GraphQLSchema,
  named: readonly string[],
  recordTypes: ReadonlyMap<string, string>,
  computed: readonly ComputedField<never>[],
  registry: Registry,
): string {
  const members = new Map<string, string[]>()
  const wanted = new Set(named)
  for (const { module, name, type, description } of computed) {
    const typeName = registry.module(module).typeName
    members.set(typeName, [...(members.get(typeName) ?? []), `${JSON.stringify(description)} ${name}: ${type}`])
    wanted.add(type.replaceAll(/[[\]!]/g, ''))
  }
  const scalars = ['Decimal', 'Date', 'DateTime', 'JSON'].filter((name) => wanted.has(name) && !operations.getType(name)).map((name) => `scalar ${name}`)
  const records = [...new Set([...[...wanted].filter((name) => recordTypes.has(name)), ...members.keys()])].flatMap((name) => {
    const fields = members.get(name) ?? []
    if (operations.getType(name)) return fields.length > 0 ? [`extend type ${name} { ${fields.join('\n')} }`] : []
    return [`type ${name} { id: ID ${fields.join('\n')} }`]
  })
  // A document holds something.
  return [...scalars, ...records, ...(scalars.length + records.length === 0 ? ['scalar UnusedByPlugins'] : [])].join('\n')
}

function resolveAddition(
  schema: GraphQLSchema,
  instance: PluginInstance,
  addition: GraphQLAddition,
  recordTypes: ReadonlyMap<string, string>,
  services: HostServices,
): void {
  const { graphql, name } = instance.loaded.definition
  for (const node of objectTypesOf(addition)) {
    const type = schema.getType(node.name.value) as GraphQLObjectType
    for (const { name: field } of node.fields ?? []) {
      const member = type.getFields()[field.value] as GraphQLField<unknown, ResolverContext>
      const answer = recordTypes.has(getNamedType(member.type).name) ? handles : <T>(value: T) => value
      const root = node.kind === Kind.OBJECT_TYPE_EXTENSION ? (node.name.value as 'Query' | 'Mutation') : undefined
      const key = `${node.name.value}.${field.value}`
      const ofClass = addition.classes.resolvers.get(key)
      const resolver = root && ((graphql?.[root]?.[field.value] as Resolver<never> | undefined) ?? ((args, call) => ofClass?.(undefined, args, call)))
      const permission = graphql?.permissions?.[field.value]
      const audience = !resolver ? 'answer' : permission === undefined ? 'signedIn' : { roles: instance.enabled.permissions[permission] ?? [] }
      member.extensions = { ...member.extensions, audience }
      if (resolver) {
        const call = (args: object, context: ResolverContext) =>
          guarded(services, instance, `${name} ${field.value}`, context, (handed) => resolver(args as never, handed))
        member.resolve = async (_source, args, context) => answer(await once(context, root === 'Mutation', () => call(args, context)))
      } else if (ofClass) {
        member.resolve = async (source, args, context) =>
          answer(await guarded(services, instance, `${name} ${key}`, context, (handed) => ofClass(source, args, handed)))
      } else {
        const read = addition.classes.members.get(key) ?? ((source: object) => Reflect.get(source, field.value))
        member.resolve = (source) => answer(read(source as object))
      }
    }
  }
}

/** A mutation that has committed is not run again where its answer met rights that had just changed. */
const committed = new WeakMap<object, Promise<unknown>>()

function once(context: ResolverContext, isMutation: boolean, work: () => Promise<unknown>): Promise<unknown> {
  if (!isMutation) return work()
  const known = committed.get(context.request)
  if (known) return known
  const result = work()
  committed.set(context.request, result)
  result.catch(() => committed.delete(context.request))
  return result
}

/** Code of a plugin that answers a field: by the rights of whoever asks, within its time. */
function guarded(
  services: HostServices,
  instance: PluginInstance,
  what: string,
  context: ResolverContext,
  work: (handed: CallContext<never>) => unknown,
): Promise<unknown> {
  return instance.calls.run(what, BUDGET, (turn) => work(callContext(services, instance, turn, callOf(context))))
}

function callOf({ principal, runtime, request, executor, changes }: ResolverContext): Call {
  const names = namesOfOperation(request)
  const origin = {
    requestId: request.requestId,
    cause: 'plugin',
    operationName: names.operation,
    rootFields: names.rootFields,
    client: request.client,
    ip: request.ip,
  } as const
  return { principal, registry: runtime.registry, origin, ...(changes && { transaction: executor }) }
}

/** References to records as the schema reads them. */
function handles(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(handles)
  if (!isObject(value)) return null
  const { module, id } = value
  return typeof module === 'string' && typeof id === 'string' ? new RecordHandle(module, id) : null
}

type Loaders = Map<unknown, DataLoader<string, unknown>>

function resolveComputed(schema: GraphQLSchema, instance: PluginInstance, field: ComputedField<never>, registry: Registry, services: HostServices): void {
  const type = schema.getType(registry.module(field.module).typeName)
  const member = isObjectType(type) ? (type.getFields()[field.name] as GraphQLField<unknown, ResolverContext>) : undefined
  if (!member) return
  const loaders = new WeakMap<object, Loaders>()
  member.extensions = { ...member.extensions, audience: { needs: field.needs, module: field.module } }
  member.resolve = (source, _args, context, info: GraphQLResolveInfo) => {
    const id = Reflect.get(source as object, 'id') as string | null
    if (id === null || id === undefined) return null
    const own: Loaders = loaders.get(context) ?? new Map()
    loaders.set(context, own)
    const known = own.get(info.fieldNodes)
    if (known) return known.load(id)
    const loader = new DataLoader<string, unknown>((ids) => loadComputed(services, instance, field, ids, context), { maxBatchSize: BATCH })
    own.set(info.fieldNodes, loader)
    return loader.load(id)
  }
}

/** One statement for what the field needs, and one call. */
async function loadComputed(
  services: HostServices,
  instance: PluginInstance,
  { module, name, needs, load }: ComputedField<never>,
  ids: readonly string[],
  context: ResolverContext,
): Promise<unknown[]> {
  return instance.calls.run(`computed ${module}.${name}`, COMPUTED_BUDGET, async (turn) => {
    const call = callContext(services, instance, turn, callOf(context))
    const found = await call.records.byIds(module, ids, needs)
    const records = found.filter((record): record is PluginRecord => record !== null)
    if (records.length === 0) return ids.map(() => null)
    const values = await load(records, call)
    if (!Array.isArray(values) || values.length !== records.length)
      throw new Error(`it answered ${Array.isArray(values) ? values.length : 'no'} values for ${records.length} records`)
    const byId = new Map(records.map(({ id }, index) => [id, values[index]]))
    return ids.map((id) => byId.get(id) ?? null)
  })
}
