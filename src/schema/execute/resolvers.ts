import DataLoader from 'dataloader'
import type { FieldNode, GraphQLResolveInfo } from 'graphql'
import { GuanxiError, say } from '../../errors/index.ts'
import { moduleNumberOf } from '../../lib/record-id.ts'
import type { Principal } from '../../records/access/policy.ts'
import { type HistoryPage, isSensitive, readHistory } from '../../records/read/index.ts'
import type { ModuleDefinition } from '../../records/registry/definition.ts'
import type { SchemaFieldResolver, SchemaResolvers } from '../build/options.ts'
import { PlainSource, RecordHandle, type ResolverContext } from '../operation.ts'
import { checkedPageSize, DEFAULT_PAGE } from '../plan/collect-list.ts'
import { columnKey } from '../plan/column-key.ts'
import type { ChangeEvent } from '../push/change-event.ts'
import { changeCursor, type FeedArguments, readFeed } from '../push/feed.ts'
import { historyConnection } from './plain-source.ts'
import { requirePrincipal, resolveAnyByIds, resolveByIds, resolveRoot } from './read-records.ts'
import { type Asked, digestOf } from './sensitive-reads.ts'
import { type OperationSession, planInputs } from './session.ts'
import { resolvePayloadRecords, resolveWrite, type WritePayload } from './write-records.ts'

/** Resolvers of all generated fields on the ordinary graphql-js path. The context value is an OperationSession. */
export const schemaResolvers: SchemaResolvers = {
  resolverFor(descriptor, site) {
    switch (descriptor.kind) {
      case 'list':
      case 'get':
      case 'getBy':
      case 'aggregate':
      case 'node':
        return (_source, _args, context, info) => resolveRoot(sessionOf(context), info)
      case 'nodes':
        return (_source, args, context, info) => resolveNodes(sessionOf(context), args['ids'] as string[], info)
      case 'write':
        return (_source, args, context) => inOrder(sessionOf(context), () => resolveWrite(sessionOf(context), descriptor, args))
      case 'payloadRecord':
        return (source, _args, context, info) =>
          inOrder(sessionOf(context), async () => (await resolvePayloadRecords(sessionOf(context), descriptor.module, source as WritePayload, info))[0] ?? null)
      case 'payloadRecords':
        return (source, _args, context, info) =>
          inOrder(sessionOf(context), () => resolvePayloadRecords(sessionOf(context), descriptor.module, source as WritePayload, info))
      case 'payloadValue':
        return (source) => (source as WritePayload)[descriptor.member]
      case 'changed':
        return (source, _args, _context, info) => Reflect.get(source as object, info.fieldName)
      case 'changeCursor':
        return (_source, _args, context) => changeCursor(sessionOf(context))
      case 'changes':
        return (_source, args, context) => readFeed(sessionOf(context), args as unknown as FeedArguments)
      case 'changeRecord':
        return (source, _args, context, info) => loadAny(sessionOf(context), shownId(source as ChangeEvent), info)
      case 'anyRecord':
        return (source, _args, context, info) => loadAny(sessionOf(context), plannedValue(source, info) as string | null, info)
      case 'history':
        return (source, args, context, info) => loadHistory(sessionOf(context), plannedValue(source, info) as string, args, info)
      case 'computed': {
        const { handWritten } = site
        // It was planned as the record's id (collect-record), whatever else is selected.
        return handWritten && ((source, args, context, info) => handWritten({ id: plannedValue(source, info) }, args, context, info))
      }
      default:
        return (source, _args, _context, info) => (source instanceof PlainSource ? Reflect.get(source, info.fieldName) : plannedValue(source, info))
    }
  },
  wrapStaticRecordField(resolver): SchemaFieldResolver {
    return async (source, args, context, info) => {
      const handle = await resolver(source, args, context, info)
      const session = sessionOf(context)
      if (Array.isArray(handle)) return Promise.all(handle.map((item) => loadHandle(session, item, info)))
      return loadHandle(session, handle, info)
    }
  },
}

function sessionOf(context: ResolverContext): OperationSession {
  return context as OperationSession
}

function plannedValue(source: unknown, info: GraphQLResolveInfo): unknown {
  return (source as Record<string, unknown>)[columnKey(String(info.path.key))]
}

/** In a mutation the first failure ends the operation: later fields are not executed. */
async function inOrder<T>(session: OperationSession, work: () => Promise<T>): Promise<T> {
  if (session.failure !== undefined) throw session.failure
  try {
    return await work()
  } catch (error) {
    session.failure ??= error
    throw error
  }
}

async function loadHandle(session: OperationSession, handle: unknown, info: GraphQLResolveInfo): Promise<unknown> {
  if (!(handle instanceof RecordHandle)) return handle
  session.principal ??= handle.principal ?? null
  const principal = handle.principal ?? requirePrincipal(session)
  const module = session.runtime.registry.module(handle.module)
  // All handles of a selection are of one module and read by the same rights.
  return loaderOf(session, info.fieldNodes, (ids) => resolveByIds(session, principal, module, ids, false, info)).load(handle.id)
}

/** Of a record that has content for the reader. */
function shownId({ id, shows }: ChangeEvent): string | null {
  return shows ? id : null
}

async function resolveNodes(session: OperationSession, ids: readonly string[], info: GraphQLResolveInfo): Promise<unknown[]> {
  if (ids.length > 500) throw new GuanxiError('LIMIT_EXCEEDED', say`nodes takes at most 500 ids; ${ids.length} were given.`, { limit: 500, asked: ids.length })
  return resolveAnyByIds(session, requirePrincipal(session), ids, info)
}

/** Records behind polymorphic references, one statement a module for all rows of a selection. */
function loadAny(session: OperationSession, id: string | null, info: GraphQLResolveInfo): Promise<unknown> | null {
  if (id === null || id === undefined) return null
  const principal = requirePrincipal(session)
  return loaderOf(session, info.fieldNodes, (ids) => resolveAnyByIds(session, principal, ids, info)).load(id)
}

function loadHistory(
  session: OperationSession,
  id: string,
  args: { first?: number | null; after?: string | null },
  info: GraphQLResolveInfo,
): Promise<unknown> {
  const principal = requirePrincipal(session)
  const { registry } = session.runtime
  const first = checkedPageSize(args.first ?? DEFAULT_PAGE, 'first')
  return loaderOf(session, info.fieldNodes, async (ids) => {
    const results = new Map<string, unknown>()
    for (const number of new Set(ids.map(moduleNumberOf))) {
      const module = registry.byNumber.get(number as number)
      if (!module) continue
      const group = ids.filter((each) => moduleNumberOf(each) === number)
      const inputs = planInputs(principal, session.settings, {}, session.changes !== null)
      const pages = await readHistory({ module, ids: group, first, after: args.after ?? null }, registry, inputs, session.executor)
      noteHistory(session, principal, module, pages, { nodes: info.fieldNodes, variables: info.variableValues })
      for (const [recordId, page] of pages) results.set(recordId, historyConnection(page, args.after != null))
    }
    return ids.map((each) => results.get(each) ?? null)
  }).load(id)
}

/** Records that one statement reads by id. */
const MOST_AT_ONCE = 500

/** Histories show what sensitive fields held. */
function noteHistory(session: OperationSession, principal: Principal, module: ModuleDefinition, pages: ReadonlyMap<string, HistoryPage>, asked: Asked): void {
  const fields = new Set<string>()
  const ids = new Set<string>()
  for (const [id, { entries }] of pages) {
    for (const name of new Set(entries.flatMap(({ changes }) => changes.map(({ field }) => field)))) {
      const field = module.fields.get(name)
      if (!field || !isSensitive(field, session.runtime.registry)) continue
      fields.add(field.id)
      ids.add(id)
    }
  }
  if (ids.size > 0) session.reads.push({ principal, verb: 'read', module, fields: [...fields], ids, asked: digestOf(asked, session.settings) })
}

/**
 * The loader of one selection. graphql-js keeps one list of field nodes for all rows of a selection; a response path would not do, as it may
 * stand for other arguments and members on each type of an interface.
 */
function loaderOf(
  session: OperationSession,
  selection: readonly FieldNode[],
  load: (ids: readonly string[]) => Promise<unknown[]>,
): DataLoader<string, unknown> {
  let loader = session.loaders.get(selection)
  if (!loader) {
    loader = new DataLoader<string, unknown>(load, { maxBatchSize: MOST_AT_ONCE })
    session.loaders.set(selection, loader)
  }
  return loader
}
