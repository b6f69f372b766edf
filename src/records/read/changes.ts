import { quoteIdentifier } from '../../lib/quote-identifier.ts'
import type { AccessPolicy } from '../access/policy.ts'
import { fieldLevel } from '../access/secured.ts'
import { partlyMaskedSql, partlyShownSql, shownFields } from '../access/shown-fields.ts'
import type { FieldDefinition, ModuleDefinition } from '../registry/definition.ts'
import { allOf, instantSql } from '../sql-text.ts'
import { filterSql } from './filter.ts'
import { type PlanBuilder, ROW } from './plan-builder.ts'
import type { ChangesRequest } from './request.ts'
import { shownStamps } from './stamps.ts'

/** Names under which the bounds of a window are bound; no GraphQL variable can have them. Positions as decimal text. */
export const AFTER_VARIABLE = '#after'
export const UP_TO_VARIABLE = '#upTo'
/** Id of a user whose own changes are left out, or null. */
export const WITHOUT_VARIABLE = '#without'

/** What a change means to one reader. ENTERED and LEFT: an update brought the record into what he sees, or took it out. */
export type ChangeOperation = 'CREATED' | 'UPDATED' | 'DELETED' | 'RESTORED' | 'ENTERED' | 'LEFT'

/** One committed change of a record as its reader may know it. */
export interface SeenChange {
  /** Place in the order of commits; decimal text. */
  readonly position: string
  readonly id: string
  /** The version that the change made. */
  readonly version: number
  readonly operation: ChangeOperation
  /** RFC 3339; null where the stamp is not shown, as `actor` then. */
  readonly at: string | null
  readonly actor: { readonly id: string; readonly name: string | null } | null
  readonly changeSetId: string | null
  /** Names of the fields that it changed, as far as they are shown; none where no content is told. */
  readonly changedFields: readonly string[]
  /** The record has content for this reader now, at the time of reading. */
  readonly shows: boolean
}

interface ChangeRow {
  /** Index of the reader among those for whom the statement looks. */
  readonly reader: number
  readonly position: string
  readonly id: string
  readonly version: number
  readonly operation: 'CREATED' | 'UPDATED' | 'DELETED' | 'RESTORED'
  readonly at: string
  readonly actor: string | null
  readonly actorName: string | null
  readonly changeSet: string | null
  /** Ids of the fields that it changed, hidden ones too. */
  readonly changed: readonly string[]
  /** Ids of fields that are shown on this record, though not on all. */
  readonly partly: readonly string[] | null
  /** Ids of fields of which a part is shown on this record, though not on all. */
  readonly masked: readonly string[] | null
  readonly was: boolean
  readonly is: boolean
  readonly now: boolean
}

/** Stands in FROM for those for whom the statement looks, `v`, by their index `reader`; `changes-plan.ts` puts them in. */
export const READERS = '\u0001readers\u0001'

/**
 * Changes of one module within a window of positions, judged by each reader's rights of today: on the image that the record had before, on the one that it got, and on the row as it is now.
 * Whoever sees neither image is told nothing; nor is he of a change of fields that are hidden from him. However many read, the images are made of their JSON once.
 */
export function changesSql({ module, filter }: ChangesRequest, builder: PlanBuilder): string {
  const position = (name: string) => `${builder.operand({ kind: 'variable', name }, 'bigint', (value) => value)}::bigint`
  const without = `${builder.operand({ kind: 'variable', name: WITHOUT_VARIABLE }, 'uuid', (value) => value)}::uuid`
  const image = (member: 'before' | 'after') => {
    const alias = builder.alias()
    const table = builder.image(module, alias, { json: `o.${member}`, row: `(o.${member}_row)` })
    const conditions = [`${quoteIdentifier(alias)}.deleted_at IS NULL`, table.condition, ...(filter ? [filterSql(filter, module, alias, builder)] : [])]
    return `(o.${member} IS NOT NULL AND EXISTS (SELECT FROM ${table.from} WHERE ${allOf(conditions)}))`
  }
  const now = builder.alias()
  const table = builder.secured(module, 'READ', now)
  const row = quoteIdentifier(now)
  const partly = partlyShownSql(builder.row(module, now), ({ id }) => id)
  const masked = partlyMaskedSql(builder.row(module, now), ({ id }) => id)
  const rowOf = (member: string) => `jsonb_populate_record(NULL::${quoteIdentifier(module.table)}, ${member}) AS ${member}_row`
  const members = `v.reader, o.position::text AS position, o.record_id AS id, o.version, o.operation, ${instantSql('o.at')} AS at, o.actor_id AS actor, u.name AS "actorName",
    o.change_set_id AS "changeSet", o.changed_fields AS changed, n.partly, n.masked, e.was, e.is, n.id IS NOT NULL AS now`
  return `(SELECT coalesce(json_agg(${ROW}), '[]') FROM (
    WITH o AS MATERIALIZED (SELECT position, record_id, version, operation, at, actor_id, change_set_id, changed_fields, before, after, ${rowOf('before')}, ${rowOf('after')}
      FROM outbox WHERE module_number = ${module.number} AND position > ${position(AFTER_VARIABLE)} AND position <= ${position(UP_TO_VARIABLE)})
    SELECT ${members}
    FROM o CROSS JOIN ${READERS} CROSS JOIN LATERAL (SELECT ${image('before')} AS was, ${image('after')} AS is OFFSET 0) e
    LEFT JOIN LATERAL (SELECT ${row}.id, ${partly} AS partly, ${masked} AS masked FROM ${table.from} WHERE ${allOf([`${row}.id = o.record_id`, `${row}.deleted_at IS NULL`, table.condition])}) n ON TRUE
    LEFT JOIN users u ON u.id = o.actor_id
    WHERE (${without} IS NULL OR o.actor_id IS DISTINCT FROM ${without}) AND (e.was OR e.is)
    ORDER BY o.position) ${ROW})`
}

/** The changes of an answer of `changesSql`, for each of its readers in the order of their positions. */
export function seenChanges(text: string, readers: readonly ChangeSight[]): SeenChange[][] {
  const seen: SeenChange[][] = readers.map(() => [])
  for (const row of JSON.parse(text) as ChangeRow[]) {
    const sight = readers[row.reader] as ChangeSight
    const isShown = (key: string) => sight.shown.has(key) || row.partly?.includes(key) === true
    const changed = row.changed.filter(isShown)
    const operation = meaningOf(row, changed.length > 0 || row.changed.some((key) => sight.masked.has(key) || row.masked?.includes(key) === true))
    if (operation === null) continue
    const isTold = operation === 'CREATED' || operation === 'UPDATED' || operation === 'RESTORED'
    const { position, id, version, at, actor, actorName, changeSet, now } = row
    seen[row.reader]?.push({
      position,
      id,
      version,
      operation,
      ...shownStamps(sight.module, { operation: row.operation, at, actor: actor === null ? null : { id: actor, name: actorName } }, ({ id: key }) =>
        isShown(key),
      ),
      changeSetId: changeSet,
      changedFields: isTold ? changed.flatMap((key) => sight.names.get(key) ?? []) : [],
      shows: now && operation !== 'DELETED' && operation !== 'LEFT',
    })
  }
  return seen
}

/** What a reader is told of the fields of a module, by their ids: those that he is shown on every record, and those of which he is shown a part. */
export interface ChangeSight {
  readonly module: ModuleDefinition
  readonly names: ReadonlyMap<string, string>
  readonly shown: ReadonlySet<string>
  readonly masked: ReadonlySet<string>
}

export function changeSight(module: ModuleDefinition, policy: AccessPolicy): ChangeSight {
  const names = new Map<string, string>([...module.fields.values()].map((field: FieldDefinition) => [field.id, field.name]))
  names.set(externalIdsKey(module), 'externalIds')
  const masked = [...module.fields.values()].filter(({ name }) => fieldLevel(policy, module.name, name) === 'MASKED')
  return {
    module,
    names,
    shown: new Set([...shownFields({ module, policy }).map(({ id }) => id), externalIdsKey(module)]),
    masked: new Set(masked.map(({ id }) => id)),
  }
}

/** Null for what the reader is not told. */
function meaningOf({ operation, was, is }: ChangeRow, isShown: boolean): ChangeOperation | null {
  if (was && is) return isShown ? 'UPDATED' : null
  if (was) return operation === 'DELETED' ? 'DELETED' : 'LEFT'
  return operation === 'CREATED' || operation === 'RESTORED' ? operation : 'ENTERED'
}

function externalIdsKey({ name }: ModuleDefinition): string {
  return `${name}.externalIds`
}
