import { DefectError } from '../../errors/index.ts'
import { isUuid } from '../../lib/record-id.ts'
import type { ModuleDefinition } from '../registry/definition.ts'
import type { ChangeSetWrites } from './change-set-writes.ts'
import type { Draft } from './draft.ts'
import { fieldOf } from './held-columns.ts'
import { underOwnEpochs } from './own-epochs.ts'
import { moneyTotals, relatedRecords } from './related.ts'
import type { AppliedChange, RecordImage, RuleContext } from './rule.ts'
import { type Authority, derivedAuthority, type Session } from './session.ts'
import { readRecords } from './stored-records.ts'

/** So long may a chain of derived writes be before it counts as rules that feed each other. */
const MAX_DEPTH = 8

/** Items of one derived call; bounds a statement's size, not the number of records. */
const CHUNK = 1000

export async function runBeforeRules(writes: ChangeSetWrites, module: ModuleDefinition, drafts: readonly Draft[], authority: Authority): Promise<void> {
  for (const rule of writes.session.rules.get(module.name) ?? []) await rule.before?.(drafts, ruleContext(writes, authority))
}

export async function runAfterRules(writes: ChangeSetWrites, module: ModuleDefinition, changes: readonly AppliedChange[], authority: Authority): Promise<void> {
  for (const rule of writes.session.rules.get(module.name) ?? []) await rule.after?.(changes, ruleContext(writes, authority))
}

export function ruleContext(writes: ChangeSetWrites, authority: Authority): RuleContext {
  const { session } = writes
  const depth = authority.depth + 1
  if (depth > MAX_DEPTH) throw new DefectError(`rules led to more than ${MAX_DEPTH} derived writes in a row`)
  const derived = derivedAuthority(session, depth)
  const options = { pathOf: () => [] }
  const inChunks = async <Item, Result>(items: readonly Item[], write: (part: readonly Item[]) => Promise<readonly Result[]>) => {
    const results: Result[] = []
    for (let start = 0; start < items.length; start += CHUNK) results.push(...(await write(items.slice(start, start + CHUNK))))
    return results
  }
  return {
    principal: session.principal,
    registry: session.registry,
    transaction: session.transaction,
    changeSetId: session.changeSetId,
    origin: session.origin,
    at: session.at,
    organisationCurrency: session.defaults.currency,
    derived: authority.derived,
    unrestricted: session.unrestricted,
    afterRollback: (work) => {
      session.afterRollback.push(work)
    },
    moveRights: (work) => underOwnEpochs(session, work),
    images: (name, ids, { lock = false } = {}) => images(session, session.registry.module(name), ids, derived, lock),
    related: async (name, reference, ids, { latestBy } = {}) => {
      const module = session.registry.module(name)
      const wanted = [...new Set(ids)]
      return wanted.length === 0
        ? new Map()
        : relatedRecords(session, module, fieldOf(module, reference), wanted, latestBy === undefined ? undefined : fieldOf(module, latestBy))
    },
    totals: async (name, reference, money, ids) => {
      const module = session.registry.module(name)
      const wanted = [...new Set(ids)]
      return wanted.length === 0 ? new Map() : moneyTotals(session, module, fieldOf(module, reference), fieldOf(module, money), wanted)
    },
    derive: {
      create: (name, records) => inChunks(records, async (part) => (await writes.create(session.registry.module(name), part, options, derived)).ids),
      update: async (name, updates) => {
        await inChunks(
          updates,
          async (part) =>
            (
              await writes.update(
                session.registry.module(name),
                part.map(({ id, values }) => ({ id, input: values })),
                options,
                derived,
              )
            ).ids,
        )
      },
      delete: async (name, ids) => {
        await inChunks(
          ids,
          async (part) =>
            (
              await writes.delete(
                session.registry.module(name),
                part.map((id) => ({ id })),
                options,
                derived,
              )
            ).ids,
        )
      },
    },
  }
}

async function images(
  session: Session,
  module: ModuleDefinition,
  ids: Iterable<string | null | undefined>,
  authority: Authority,
  lock: boolean,
): Promise<ReadonlyMap<string, RecordImage>> {
  const wanted = [...new Set([...ids].filter((id): id is string => typeof id === 'string' && isUuid(id)))]
  if (wanted.length === 0) return new Map()
  const records = await readRecords(session, module, wanted, authority, { action: 'READ', lock: lock ? 'change' : 'none', deleted: 'EXCLUDE' })
  return new Map([...records].map(([id, record]) => [id, record.image]))
}
