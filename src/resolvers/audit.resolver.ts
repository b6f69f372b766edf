import DataLoader from 'dataloader'
import { Arg, Ctx, FieldResolver, Int, Query, Resolver, Root } from 'type-graphql'
import type { AuditLog } from '../auth/index.ts'
import type { StoredEntry } from '../records/audit/index.ts'
import type { Registry } from '../records/registry/definition.ts'
import { PlainSource, type ResolverContext } from '../schema/operation.ts'
import { callerOf, originOf } from './request-origin.ts'
import { AuditLogChange, AuditLogConnection, AuditLogEntry, AuditLogFilter } from './types/audit.types.ts'

/** An entry of the API with the row that it stands for. */
type Entry = AuditLogEntry & { readonly stored: StoredEntry }

/** The audit log; for administrators. */
@Resolver(() => AuditLogEntry)
export class AuditResolver {
  readonly #log: AuditLog
  /** One statement a module for the changes of all entries of an answer. */
  readonly #loaders = new WeakMap<ResolverContext, DataLoader<StoredEntry, readonly AuditLogChange[]>>()

  constructor(log: AuditLog) {
    this.#log = log
  }

  @Query(() => AuditLogConnection, { nullable: true, description: 'Who did what, the newest first.' })
  async auditLog(
    @Arg('filter', () => AuditLogFilter, { nullable: true, description: 'Which entries; all unless given.' }) filter: AuditLogFilter | null,
    @Arg('first', () => Int, { defaultValue: 50, description: 'How many at most; 500 at most.' }) first: number,
    @Arg('after', () => String, { nullable: true, description: 'Only what follows this cursor.' }) after: string | null,
    @Ctx() context: ResolverContext,
  ): Promise<AuditLogConnection> {
    const { entries, hasNextPage } = await this.#log.page(callerOf(context), filter ?? {}, first, after ?? null)
    const edges = entries.map((entry) => ({ cursor: entry.cursor, node: entryOf(entry, context.runtime.registry) }))
    const [startCursor, endCursor] = [edges[0]?.cursor ?? null, edges.at(-1)?.cursor ?? null]
    const pageInfo = new PlainSource({ hasNextPage, hasPreviousPage: after != null, startCursor, endCursor })
    return { nodes: edges.map(({ node }) => node), edges, pageInfo }
  }

  @FieldResolver(() => [String], { description: 'Fields that were changed or read, e.g. `account.name`; for changes of metadata what they touched.' })
  fields(@Root() entry: Entry, @Ctx() context: ResolverContext): readonly string[] {
    return this.#log.fieldNames(callerOf(context), entry.stored)
  }

  @FieldResolver(() => [AuditLogChange], {
    description: 'What a record mutation did to fields, of its first 100 records, as their histories still tell it.',
  })
  changes(@Root() entry: Entry, @Ctx() context: ResolverContext): Promise<readonly AuditLogChange[]> {
    let loader = this.#loaders.get(context)
    if (!loader) {
      loader = new DataLoader(async (entries) => {
        const changes = await this.#log.changes(callerOf(context), entries, originOf(context))
        return changes.map((own) => own.map(({ field, ...change }) => ({ ...change, field: field.name })))
      })
      this.#loaders.set(context, loader)
    }
    return loader.load(entry.stored)
  }
}

function entryOf(stored: StoredEntry, { byNumber }: Registry): Entry {
  const { sequence, at, actorId, actorName, moduleNumber, details, ...rest } = stored
  return {
    ...rest,
    stored,
    id: sequence,
    at: new Date(Number(at)),
    actor: actorId === null ? null : { id: actorId, name: actorName },
    module: moduleNumber === null ? null : (byNumber.get(moduleNumber)?.name ?? null),
    details: details === null ? null : JSON.parse(details),
  }
}
