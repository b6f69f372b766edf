import { quoteIdentifier } from '../../lib/quote-identifier.ts'
import { fieldLevel } from '../access/secured.ts'
import { partlyShownSql, shownFields } from '../access/shown-fields.ts'
import type { FieldDefinition, ModuleDefinition } from '../registry/definition.ts'
import { allOf, instantSql } from '../sql-text.ts'
import { filterSql } from './filter.ts'
import { type PlanBuilder, ROW } from './plan-builder.ts'
import type { ChangesRequest } from './request.ts'

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
  /** RFC 3339. */
  readonly at: string
  readonly actor: { readonly id: string; readonly name: string | null } | null
  readonly changeSetId: string | null
  /** Names of the fields that it changed, as far as they are shown; none where no content is told. */
  readonly changedFields: readonly string[]
  /** The record has content for this reader now, at the time of reading. */
  readonly shows: boolean
}

interface ChangeRow {
  readonly position: string
  readonly id: string
  readonly version: number
  readonly operation: 'CREATED' | 'UPDATED' | 'DELETED' | 'RESTORED'
  readonly at: string
  readonly actor: string | null
  readonly actorName: string | null
  readonly changeSet: string | null
  readonly changed: readonly string[]
  /** It changed a field of which a part is shown. */
  readonly masked: boolean
  readonly was: boolean
  readonly is: boolean
  readonly now: boolean
}

/**
 * Changes of one module within a window of positions, judged by the reader's rights of today: on the image that the record had before, on the one that it got, and on the row as it is now.
 * Whoever sees neither image is told nothing; nor is he of a change of fields that are hidden from him.
 */
export function changesSql({ module, filter }: ChangesRequest, builder: PlanBuilder): string {
  const position = (name: string) => `${builder.operand({ kind: 'variable', name }, 'bigint', (value) => value)}::bigint`
  const without = `${builder.operand({ kind: 'variable', name: WITHOUT_VARIABLE }, 'uuid', (value) => value)}::uuid`
  const image = (member: 'before' | 'after') => {
    const alias = builder.alias()
    const table = builder.image(module, alias, `o.${member}`)
    const conditions = [`${quoteIdentifier(alias)}.deleted_at IS NULL`, table.condition, ...(filter ? [filterSql(filter, module, alias, builder)] : [])]
    return `(o.${member} IS NOT NULL AND EXISTS (SELECT FROM ${table.from} WHERE ${allOf(conditions)}))`
  }
  const now = builder.alias()
  const table = builder.secured(module, 'READ', now)
  const row = quoteIdentifier(now)
  const shown = [...shownFields({ module, policy: builder.policy }).map(({ id }) => id), externalIdsKey(module)]
  const masked = [...module.fields.values()].filter(({ name }) => fieldLevel(builder.policy, module.name, name) === 'MASKED').map(({ id }) => id)
  const partly = partlyShownSql(builder.row(module, now), ({ id }) => id)
  const members = `o.position::text AS position, o.record_id AS id, o.version, o.operation, ${instantSql('o.at')} AS at, o.actor_id AS actor, u.name AS "actorName", o.change_set_id AS "changeSet",
    ARRAY(SELECT f FROM unnest(o.changed_fields) f WHERE f = ANY(${builder.constant(shown)}::text[]) OR f = ANY(coalesce(n.partly, '{}'))) AS changed,
    o.changed_fields && ${builder.constant(masked)}::text[] AS masked, e.was, e.is, n.id IS NOT NULL AS now`
  return `(SELECT coalesce(json_agg(${ROW}), '[]') FROM (SELECT ${members}
    FROM outbox o CROSS JOIN LATERAL (SELECT ${image('before')} AS was, ${image('after')} AS is OFFSET 0) e
    LEFT JOIN LATERAL (SELECT ${row}.id, ${partly} AS partly FROM ${table.from} WHERE ${allOf([`${row}.id = o.record_id`, `${row}.deleted_at IS NULL`, table.condition])}) n ON TRUE
    LEFT JOIN users u ON u.id = o.actor_id
    WHERE o.module_number = ${module.number} AND o.position > ${position(AFTER_VARIABLE)} AND o.position <= ${position(UP_TO_VARIABLE)}
      AND (${without} IS NULL OR o.actor_id IS DISTINCT FROM ${without}) AND (e.was OR e.is)
    ORDER BY o.position) ${ROW})`
}

/** The changes of an answer of `changesSql`, in the order of their positions. */
export function seenChanges(text: string, module: ModuleDefinition): SeenChange[] {
  const nameOf = new Map<string, string>([...module.fields.values()].map((field: FieldDefinition) => [field.id, field.name]))
  nameOf.set(externalIdsKey(module), 'externalIds')
  return (JSON.parse(text) as ChangeRow[]).flatMap((row): SeenChange[] => {
    const operation = meaningOf(row)
    if (operation === null) return []
    const isTold = operation === 'CREATED' || operation === 'UPDATED' || operation === 'RESTORED'
    const { position, id, version, at, actor, actorName, changeSet, now } = row
    return [
      {
        position,
        id,
        version,
        operation,
        at,
        actor: actor === null ? null : { id: actor, name: actorName },
        changeSetId: changeSet,
        changedFields: isTold ? row.changed.flatMap((key) => nameOf.get(key) ?? []) : [],
        shows: now && operation !== 'DELETED' && operation !== 'LEFT',
      },
    ]
  })
}

/** Null for what the reader is not told. */
function meaningOf({ operation, was, is, changed, masked }: ChangeRow): ChangeOperation | null {
  if (was && is) return changed.length > 0 || masked ? 'UPDATED' : null
  if (was) return operation === 'DELETED' ? 'DELETED' : 'LEFT'
  return operation === 'CREATED' || operation === 'RESTORED' ? operation : 'ENTERED'
}

function externalIdsKey({ name }: ModuleDefinition): string {
  return `${name}.externalIds`
}
