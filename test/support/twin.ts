import { createHash } from 'node:crypto'
import pg from 'pg'
import { columnsOf, isGenerated, type PhysicalColumn } from '../../src/entities/columns.ts'
import type { FieldDefinition, ModuleDefinition, Registry } from '../../src/records/registry/index.ts'
import { historyKey, isComputed } from '../../src/records/registry/index.ts'
import type { TestClient } from './client.ts'

/** What somebody is told of a module by `modules`, and the records of it that lists show. */
export interface Sight {
  /** Level by field that holds on all records; a field that is not told is hidden. */
  readonly levels: ReadonlyMap<string, string>
  /** Records by id, with the fields that they do not show, or not whole. */
  readonly visible: ReadonlyMap<string, VisibleRecord>
  readonly actions: readonly string[]
}

export interface VisibleRecord {
  readonly hidden: ReadonlySet<string>
  readonly masked: ReadonlySet<string>
}

/** Ids of visible records that show the field, and of those that show a part of it. */
function shownOn({ levels, visible }: Sight, field: string): { readonly whole: readonly string[]; readonly part: readonly string[] } {
  const [whole, part]: [string[], string[]] = [[], []]
  if (!levels.has(field)) return { whole, part }
  for (const [id, { hidden, masked }] of visible) {
    if (masked.has(field)) part.push(id)
    else if (!hidden.has(field)) whole.push(id)
  }
  return { whole, part }
}

const PAGE = 'first: 500, deleted: INCLUDE, orderBy: [{id: ASC}]'

/** What the client sees, as the API tells it; modules that it does not see are left out. */
export async function sightOf(client: TestClient, registry: Registry): Promise<ReadonlyMap<string, Sight>> {
  const { modules } = await client.data('{ modules { name actions fields { name access } } }')
  const sights = new Map<string, Sight>()
  for (const { name, actions, fields } of modules as { name: string; actions: string[]; fields: { name: string; access: string }[] }[]) {
    if (!actions.includes('READ')) continue
    const visible = new Map<string, VisibleRecord>()
    const { pluralName } = registry.module(name)
    for (let after: string | null = null; ; ) {
      const answer: {
        nodes: { id: string; viewerAccess: Record<'hiddenFields' | 'maskedFields', string[]> }[]
        pageInfo: { hasNextPage: boolean; endCursor: string }
      } = (
        await client.data(
          `query ($after: String) { page: ${pluralName}(${PAGE}, after: $after) { nodes { id viewerAccess { hiddenFields maskedFields } } pageInfo { hasNextPage endCursor } } }`,
          {
            after,
          },
        )
      ).page
      for (const { id, viewerAccess } of answer.nodes)
        visible.set(id, { hidden: new Set(viewerAccess.hiddenFields), masked: new Set(viewerAccess.maskedFields) })
      if (!answer.pageInfo.hasNextPage) break
      after = answer.pageInfo.endCursor
    }
    sights.set(name, { levels: new Map(fields.map((field) => [field.name, field.access])), visible, actions })
  }
  return sights
}

/** What was hidden. */
export interface Hiding {
  /** Columns that were changed, `module.field.part`. */
  readonly changed: ReadonlySet<string>
  /** Puts back what rules of mutations decide by. */
  giveBack(): Promise<void>
}

/**
 * Changes everything in a database that the sight hides: fields of records that do not show them, and all free values of records that are not visible, with their
 * history. What databases must agree on stays: ids, versions, keys, series, references, owners, and fields that conditions of grants are `judgedBy`
 * (`module.field`). What rules of mutations decide by is changed until it is given back. Nothing may work in the background that goes by it.
 */
export async function hideBehind(url: string, sights: ReadonlyMap<string, Sight>, registry: Registry, judgedBy: ReadonlySet<string>): Promise<Hiding> {
  const client = new pg.Client(url)
  await client.connect()
  const changed = new Set<string>()
  const kept: Kept[] = []
  try {
    await client.query('BEGIN')
    for (const module of registry.modules.values()) kept.push(...(await keepDecisive(client, module)))
    for (const module of registry.modules.values())
      await changeModule(client, module, await sightWithSums(client, module, sights, registry), { judgedBy, changed })
    for (const sum of SUMS) await sumUp(client, sum, shownSums(sum, sights), registry)
    await client.query('COMMIT')
    await client.query('ANALYZE')
  } finally {
    await client.end()
  }
  return { changed, giveBack: () => giveBack(url, kept) }
}

/** Rows of a module with the columns that rules decide by, as they were. */
interface Kept {
  readonly table: string
  readonly columns: readonly string[]
  readonly rows: string
}

async function keepDecisive(client: pg.Client, { table, fields }: ModuleDefinition): Promise<readonly Kept[]> {
  const columns = [...fields.values()].filter(({ id }) => DECIDED_BY.has(id)).flatMap((field) => columnsOf(field).map(({ name }) => pg.escapeIdentifier(name)))
  if (columns.length === 0) return []
  const { rows } = await client.query<{ rows: string }>(
    `SELECT coalesce(jsonb_agg(to_jsonb(t)), '[]')::text AS rows FROM (SELECT id, ${columns.join()} FROM ${pg.escapeIdentifier(table)}) t`,
  )
  return [{ table: pg.escapeIdentifier(table), columns, rows: rows[0]?.rows ?? '[]' }]
}

async function giveBack(url: string, kept: readonly Kept[]): Promise<void> {
  const client = new pg.Client(url)
  await client.connect()
  try {
    for (const { table, columns, rows } of kept) {
      const assigned = columns.map((column) => `${column} = r.${column}`).join()
      await client.query(`UPDATE ${table} t SET ${assigned} FROM jsonb_populate_recordset(NULL::${table}, $1::jsonb) r WHERE r.id = t.id`, [rows])
    }
  } finally {
    await client.end()
  }
}

/** Values that rules keep as sums of others'. Both databases stay as rules leave them; else the next write would find something to do in one of them. */
const SUMS = [
  { parent: 'opportunity', sum: 'amount', part: 'opportunityLineItem' },
  { parent: 'order', sum: 'total', part: 'orderLine' },
] as const
const ADDENDS = ['quantity', 'unitPrice', 'discount']

/** Ids of the records that show a sum, or a part of it. */
function shownSums({ parent, sum }: (typeof SUMS)[number], sights: ReadonlyMap<string, Sight>): readonly string[] {
  const sight = sights.get(parent)
  const { whole, part } = sight ? shownOn(sight, sum) : { whole: [], part: [] }
  return [...whole, ...part]
}

/** What is hidden of a module, less what makes up a sum that is shown. */
async function sightWithSums(client: pg.Client, module: ModuleDefinition, sights: ReadonlyMap<string, Sight>, registry: Registry): Promise<Sight | undefined> {
  const known = sights.get(module.name)
  const sum = SUMS.find(({ part }) => part === module.name)
  if (!sum) return known
  const key = pg.escapeIdentifier(referenceOf(module, sum.parent))
  const { rows } = await client.query<{ id: string }>(
    `SELECT id FROM ${pg.escapeIdentifier(registry.module(module.name).table)} WHERE ${key} = ANY($1::uuid[])`,
    [shownSums(sum, sights)],
  )
  const sight = known ?? { levels: new Map<string, string>(), visible: new Map<string, VisibleRecord>(), actions: [] }
  const levels = new Map(sight.levels)
  const visible = new Map(sight.visible)
  for (const field of ADDENDS) {
    if (levels.has(field)) continue
    // A level that no record has unless it is said of it.
    levels.set(field, 'HIDDEN')
    for (const [id, { hidden, masked }] of visible) visible.set(id, { hidden: new Set([...hidden, field]), masked })
  }
  for (const { id } of rows) {
    const { hidden, masked } = visible.get(id) ?? {
      hidden: new Set([...module.fields.keys()].filter((name) => !ADDENDS.includes(name))),
      masked: new Set<string>(),
    }
    visible.set(id, { hidden: new Set([...hidden].filter((name) => !ADDENDS.includes(name))), masked })
  }
  return { ...sight, levels, visible }
}

async function sumUp(client: pg.Client, { parent, sum, part }: (typeof SUMS)[number], shown: readonly string[], registry: Registry): Promise<void> {
  const [sums, parts] = [registry.module(parent), registry.module(part)]
  const column = (sums.fields.get(sum) as FieldDefinition).column
  await client.query(
    `UPDATE ${pg.escapeIdentifier(sums.table)} p SET ${column}_amount = s.amount, ${column}_base = s.base
      FROM (SELECT ${referenceOf(parts, parent)} AS id, sum(total_amount) AS amount, sum(total_base) AS base FROM ${pg.escapeIdentifier(parts.table)} WHERE deleted_at IS NULL GROUP BY 1) s
      WHERE s.id = p.id AND NOT (p.id = ANY($1::uuid[]))`,
    [shown],
  )
}

function referenceOf(module: ModuleDefinition, name: string): string {
  return (module.fields.get(name) as FieldDefinition).column
}

interface Change {
  readonly judgedBy: ReadonlySet<string>
  /** Gets what has been changed. */
  readonly changed: Set<string>
}

async function changeModule(client: pg.Client, module: ModuleDefinition, sight: Sight | undefined, { judgedBy, changed }: Change): Promise<void> {
  for (const field of module.fields.values()) {
    if (!isFree(field) || judgedBy.has(`${module.name}.${field.name}`)) continue
    const { whole, part } = sight ? shownOn(sight, field.name) : { whole: [], part: [] }
    for (const column of columnsOf(field)) {
      for (const isMasked of [false, true]) {
        const value = otherValue(field, column, isMasked)
        if (value === null) continue
        const name = pg.escapeIdentifier(column.name)
        const { rowCount } = await client.query(
          `UPDATE ${pg.escapeIdentifier(module.table)} t SET ${name} = ${value(name)}
            WHERE ${name} IS NOT NULL AND ${isMasked ? 't.id = ANY($1::uuid[])' : 'NOT (t.id = ANY($1::uuid[]))'}`,
          [isMasked ? part : [...whole, ...part]],
        )
        if ((rowCount ?? 0) > 0) changed.add(`${module.name}.${field.name}.${column.part}`)
      }
    }
    // History keeps what fields were.
    await client.query(
      `UPDATE record_history h SET changes = h.changes || jsonb_build_object($2::text, jsonb_build_object('before', to_jsonb(md5(h.record_id::text || $2)), 'after', to_jsonb(md5($2 || h.record_id::text))))
        WHERE h.module_number = $3 AND h.changes ? $2 AND NOT (h.record_id = ANY($1::uuid[]))`,
      [whole, historyKey(field), module.number],
    )
  }
}

/**
 * Fields that rules of the modules decide by, and which therefore show in how many statements a write takes: when somebody is reminded, by which way, and who gets a ticket. No read
 * goes by them.
 */
const DECIDED_BY: ReadonlySet<string> = new Set([
  ...['state', 'dueAt', 'recurrence', 'timeZone', 'basis', 'channels', 'snoozeCount', 'acknowledgedAt'].map((name) => `reminder.${name}`),
  ...['state', 'dueAt', 'basis', 'reason', 'kind', 'firedAt'].map((name) => `timer.${name}`),
  ...['state', 'attempts', 'nextAttemptAt'].map((name) => `delivery.${name}`),
  ...['status', 'statusReason', 'priority', 'assignedAt'].map((name) => `ticket.${name}`),
  ...['assignment', 'active', 'defaultPriority'].map((name) => `complaintCategory.${name}`),
  ...['startsAt', 'endsAt'].map((name) => `dutyShift.${name}`),
  ...['status', 'timeZone', 'kind'].map((name) => `user.${name}`),
])

/** Fields that the system keeps of every record and that no rule goes by. Whoever is named by one is a user whom everybody knows. */
const STAMPS: ReadonlySet<string> = new Set(['createdAt', 'createdBy', 'updatedAt', 'updatedBy', 'deletedAt', 'tags', 'source'])

/** Nothing but its own readers depends on it. */
function isFree(field: FieldDefinition): boolean {
  const { system, unique, type, maintained, name } = field
  if (system) return STAMPS.has(name)
  return !(unique || maintained || isComputed(field) || isGenerated(field) || type === 'AUTO_NUMBER' || field.reference !== undefined)
}

/** SQL for another value of the column's kind, with the same mask where one is shown; a pure function of the row. Null for columns that stay. */
function otherValue(field: FieldDefinition, { part, type }: PhysicalColumn, isMasked: boolean): ((name: string) => string) | null {
  const salt = createHash('md5').update(field.id).digest('hex').slice(0, 6)
  const digest = (name: string) => `md5(t.id::text || '${salt}' || ${name}::text)`
  const number = (name: string) => `('x' || substr(${digest(name)}, 1, 7))::bit(28)::int`
  // What is summed up is of one currency.
  if (part === 'currency')
    return SUMS.some(({ parent, part: line }) => [parent, line].includes(field.module as never))
      ? null
      : (name) => `(ARRAY['EUR', 'GBP', 'JPY'])[1 + ${number(name)} % 3]`
  if (part === 'e164')
    return (name) =>
      `'+1' || lpad((${number(name)} % 1000000)::text, 6, '0') || ${isMasked ? `right(${name}, 4)` : `lpad((${number(name)} % 9973)::text, 4, '0')`}`
  if (field.system && field.name === 'tags')
    return () => `ARRAY(SELECT g.id FROM tags g WHERE ('x' || substr(md5(t.id::text || g.id::text), 1, 1))::bit(4)::int < 6 ORDER BY g.id)`
  if (field.type === 'USER') return (name) => `(SELECT u.id FROM users u ORDER BY md5(u.id::text || ${digest(name)}) LIMIT 1)`
  const options = field.options?.map(({ value }) => value)
  if (options) {
    const list = `ARRAY[${options.map((option) => pg.escapeLiteral(option)).join(', ')}]`
    const chosen = (name: string) => `1 + ${number(name)} % ${options.length}`
    return type === 'text[]' ? (name) => `(${list})[${chosen(name)}:]` : (name) => `(${list})[${chosen(name)}]`
  }
  const spread = (name: string) => `(${number(name)} % 1000)`
  if (type === 'text' && isMasked)
    return (name) =>
      field.type === 'EMAIL'
        ? `left(${name}, 1) || substr(${digest(name)}, 1, 10) || substring(${name} FROM '@.*$')`
        : `CASE WHEN length(${name}) > 4 THEN '~' || substr(${digest(name)}, 1, 8) || right(${name}, 4) ELSE substr(${digest(name)}, 1, length(${name})) END`
  if (type === 'text')
    return field.type === 'EMAIL' ? (name) => `substr(${digest(name)}, 1, 10) || '@example.org'` : (name) => `'~' || substr(${digest(name)}, 1, 12)`
  if (type === 'integer' || type === 'smallint' || type === 'bigint') return (name) => `1 + (${spread(name)} % 5)`
  // What rules make of hidden values is to fit where the values do, and to follow what it is made of: nothing of a zero, or of all taken off, ever changes.
  if (type.startsWith('numeric')) return (name) => `1 + round(${spread(name)}::numeric / 1000 * ${Math.min(Number(field.max ?? 150), 150) - 2}, 2)`
  if (type === 'boolean') return (name) => `NOT ${name}`
  if (type === 'date' || type.startsWith('timestamp')) return (name) => `${name} + ${spread(name)} * interval '1 day'`
  if (type === 'jsonb') return (name) => `jsonb_build_object('city', substr(${digest(name)}, 1, 6))`
  return null
}
