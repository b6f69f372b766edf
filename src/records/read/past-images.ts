import { extensionTable } from '../../entities/columns.ts'
import { quoteIdentifier } from '../../lib/quote-identifier.ts'
import type { AccessPolicy } from '../access/policy.ts'
import { predicateFields } from '../access/predicate-fields.ts'
import type { AccessBinder } from '../access/predicate-sql.ts'
import { secured } from '../access/secured.ts'
import { partlyShownSql } from '../access/shown-fields.ts'
import type { FieldDefinition, ModuleDefinition, Registry } from '../registry/definition.ts'
import { historyKey } from '../registry/index.ts'
import { allOf, literalSql } from '../sql-text.ts'

/** Whose rights judge what a record was. */
export interface PastReader {
  readonly policy: AccessPolicy
  readonly registry: Registry
  readonly binder: AccessBinder
}

/** Changed by every write, and kept by no change. */
const ALWAYS_TOUCHED: ReadonlySet<string> = new Set(['version', 'updatedAt', 'updatedBy'])

/** Fields of the module's own records that conditions of the reader's grants look at; what a computed record tells is one too. */
function judgedFields(module: ModuleDefinition, policy: AccessPolicy): readonly FieldDefinition[] {
  const keys = predicateFields(module, policy)
  const { computedFrom } = module
  const columns = new Set(
    computedFrom && policy.modules.get(module.name)?.shownSources ? [computedFrom.basis, computedFrom.dueAt, computedFrom.state, ...computedFrom.tells] : [],
  )
  return module.storedFields.filter(({ id, column }) => keys.has(id) || columns.has(column))
}

/**
 * FROM item `h`: the history of the row `t`, each entry with `was` and `is`: what the record was before and after it lies within the reader's conditions of today. `partly_was` and
 * `partly_is` are keys of fields that were shown on it, though not on all. Scopes, shares, links, external ids and other records are taken as they are now, as
 * events do. What it was is the row of now with its later changes undone, as far as conditions look at it; a value that cannot be known any more lies within none.
 * Undefined where no condition looks at the record itself: then it is told as a whole.
 */
export function judgedHistorySql(module: ModuleDefinition, reader: PastReader): string | undefined {
  const fields = judgedFields(module, reader.policy)
  if (fields.length === 0) return undefined
  const extensions = [...new Set(fields.map(({ extension }) => extension ?? 0))].filter((number) => number > 0)
  const held = extensions.map(
    (number) => ` || coalesce((SELECT to_jsonb(x) FROM ${quoteIdentifier(extensionTable(module.table, number))} x WHERE x.id = t.id), '{}')`,
  )
  const undone = fields.map((field, index) => undoneValue(field, `h.n${index}`))
  const nearest = fields.map((field, index) => `min(h.version) FILTER (WHERE h.changes ? ${literalSql(historyKey(field))}) OVER later AS n${index}`)
  const image = (side: 'was' | 'is') => `to_jsonb(t)${held.join('')}${undone.map((value) => ` || ${value[side].columns}`).join('')}`
  const known = (side: 'was' | 'is') => allOf(undone.map((value) => `(${value[side].known})`))
  return `(SELECT h.version, h.operation, h.at, h.actor_id, h.change_set_id, h.changes, j.admits AS is, j.partly AS partly_is,
      CASE WHEN h.operation = 'CREATED' THEN j.admits ELSE k.admits END AS was, k.partly AS partly_was
    FROM (SELECT h.version, h.operation, h.at, h.actor_id, h.change_set_id, h.changes, ${nearest.join(', ')}
        FROM record_history h WHERE h.record_id = t.id WINDOW later AS (ORDER BY h.version DESC ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)) h
      CROSS JOIN LATERAL (SELECT ${image('was')} AS was, ${image('is')} AS is OFFSET 0) v
      CROSS JOIN LATERAL ${judgedSql(module, 'was', known('was'), reader)} k
      CROSS JOIN LATERAL ${judgedSql(module, 'is', known('is'), reader)} j) h`
}

function judgedSql(module: ModuleDefinition, side: 'was' | 'is', known: string, { policy, registry, binder }: PastReader): string {
  const alias = `t~${side}`
  const images: AccessBinder = {
    scope: (list) => binder.scope(list),
    value: (value) => binder.value(value),
    imageOf: (of) => (of === alias ? { json: `v.${side}` } : undefined),
  }
  const { condition } = secured(module, 'READ', policy, alias, registry, images)
  const partly = partlyShownSql({ module, alias, policy, registry, binder: images }, historyKey)
  return `(SELECT (${known}) AND (${condition}) IS TRUE AS admits, ${partly} AS partly FROM jsonb_populate_record(NULL::${quoteIdentifier(module.table)}, v.${side}) ${quoteIdentifier(alias)})`
}

interface UndoneValue {
  /** JSON of its columns, as far as they are other ones than now. */
  readonly columns: string
  readonly known: string
}

/** The field's value on either side of the entry `h`; `nearest` is the first version after it that changed the field. */
function undoneValue(field: FieldDefinition, nearest: string): { readonly was: UndoneValue; readonly is: UndoneValue } {
  if (field.system && ALWAYS_TOUCHED.has(field.name))
    return { was: { columns: `'{}'`, known: 'FALSE' }, is: { columns: `'{}'`, known: 'h.version = t.version' } }
  const key = literalSql(historyKey(field))
  const later = `(SELECT x.changes -> ${key} -> 'before' FROM record_history x WHERE x.record_id = t.id AND x.version = ${nearest})`
  const own = `CASE WHEN h.changes ? ${key} THEN h.changes -> ${key} -> 'before' ELSE ${later} END`
  return { was: valueOf(field, own), is: valueOf(field, later) }
}

/** `value`: SQL of the value as history keeps it; NULL where it is that of now. Nothing that history keeps may make a cast fail: the field may have had another type then. */
function valueOf(field: FieldDefinition, value: string): UndoneValue {
  const column = literalSql(field.column)
  const text = `((${value}) #>> '{}')`
  const kept = (form: string, valid: string): UndoneValue => ({
    columns: `CASE WHEN (${value}) IS NULL THEN '{}' WHEN ${valid} THEN jsonb_build_object(${column}, ${form}) ELSE jsonb_build_object(${column}, NULL) END`,
    known: `(${value}) IS NULL OR jsonb_typeof(${value}) = 'null' OR ${valid}`,
  })
  const ofType = (type: string) => `coalesce(jsonb_typeof(${value}) = '${type}', FALSE)`
  if (field.system && field.name === 'tags') return tagsOf(column, value, ofType('array'))
  switch (field.type) {
    // What it was in the organisation's currency, which is compared, is not kept.
    case 'MONEY':
      return {
        columns: `CASE WHEN (${value}) IS NULL THEN '{}' ELSE jsonb_build_object(${literalSql(`${field.column}_base`)}, NULL) END`,
        known: `(${value}) IS NULL OR jsonb_typeof(${value}) = 'null'`,
      }
    case 'PHONE': {
      const columns = `jsonb_build_object(${column}, (${value}) -> 'raw', ${literalSql(`${field.column}_e164`)}, (${value}) -> 'e164')`
      return {
        columns: `CASE WHEN (${value}) IS NULL THEN '{}' ELSE ${columns} END`,
        known: `(${value}) IS NULL OR jsonb_typeof(${value}) IN ('null', 'object')`,
      }
    }
    case 'INTEGER':
    case 'RATING':
    case 'DURATION':
    case 'DECIMAL':
    case 'PERCENT':
      return kept(
        `(${text})::numeric`,
        `coalesce(${text} ~ '^-?[0-9]{1,4}([.][0-9]+)?$' OR (${text} ~ '^-?[0-9]{1,30}([.][0-9]{1,20})?$' AND ${fits(field, text)}), FALSE)`,
      )
    case 'BOOLEAN':
      return kept(value, ofType('boolean'))
    case 'DATE':
      return kept(value, isDay(text, ''))
    case 'DATETIME':
      return kept(value, isDay(text, 'T([01][0-9]|2[0-3])(:[0-5][0-9]){2}([.][0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})'))
    case 'REFERENCE':
    case 'USER':
      return kept(value, `coalesce(${text} ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$', FALSE)`)
    case 'MULTI_SELECT':
      return kept(value, ofType('array'))
    case 'ADDRESS':
    case 'GEO':
    case 'JSON':
      return kept(value, 'TRUE')
    default:
      return kept(value, ofType('string'))
  }
}

const BOUNDS: Readonly<Record<string, string>> = { INTEGER: '2147483647', RATING: '32767', DURATION: '9007199254740991' }

function fits({ type }: FieldDefinition, text: string): string {
  const bound = BOUNDS[type]
  return bound === undefined ? 'TRUE' : `abs((${text})::numeric) <= ${bound}`
}

/** A day of the calendar, and what else the pattern asks for behind it. */
function isDay(text: string, behind: string): string {
  return `coalesce(${text} ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}${behind}$' AND jsonb_path_query_first(to_jsonb(left(${text}, 10)), '$.datetime("YYYY-MM-DD")', silent => TRUE) IS NOT NULL, FALSE)`
}

/** History keeps names, rows have ids: a tag that has another name now, or is gone, is not known. */
function tagsOf(column: string, value: string, isList: string): UndoneValue {
  const names = `jsonb_array_elements_text(CASE WHEN ${isList} THEN ${value} ELSE '[]' END)`
  const ids = `(SELECT coalesce(jsonb_agg(g.id), '[]') FROM tags g WHERE g.deleted_at IS NULL AND g.name IN (SELECT ${names}))`
  return {
    columns: `CASE WHEN (${value}) IS NULL THEN '{}' ELSE jsonb_build_object(${column}, ${ids}) END`,
    known: `(${value}) IS NULL OR jsonb_typeof(${value}) = 'null' OR (${isList} AND jsonb_array_length(${ids}) = (SELECT count(DISTINCT n) FROM ${names} n))`,
  }
}
