import pg from 'pg'
import { columnsOf, type PhysicalColumn } from '../../src/entities/columns.ts'
import type { FieldDefinition, ModuleDefinition, Registry } from '../../src/records/registry/index.ts'
import { EXTERNAL_SYSTEM, SOURCES } from './drawn-condition.ts'
import { isPlainField } from './field-values.ts'

/** What fills a world: the same for the same seed. */
export interface WorldOptions {
  readonly seed: number
  readonly registry: Registry
  readonly newId: (module: number) => string
  /** Rows of each module. */
  readonly size: number
  /** Users who are there already, among whom records are dealt out. */
  readonly people: readonly string[]
}

type Draft = Record<string, unknown> & { id: string }

/** Equally distributed from 0 to 1 (mulberry32). */
export function randomNumbers(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Values for columns that must have one, by their type. */
const FILLERS: Readonly<Record<string, (serial: number) => unknown>> = {
  text: (serial) => `w${serial}`,
  numeric: () => '1',
  integer: (serial) => serial,
  smallint: () => 1,
  bigint: (serial) => serial,
  boolean: () => true,
  jsonb: (serial) => ({ at: `w${serial}` }),
  date: () => '2026-01-01',
  'timestamp with time zone': () => '2026-01-01T00:00:00Z',
}

/** What has a state goes on by itself, if it has one that there is. */
const AUTOMATIC = new Set(['timer', 'delivery', 'reminder', 'reminderRule'])

/** A value that the column of a field takes; undefined for what stays as it is. */
function valueFor(field: FieldDefinition, { part, type }: PhysicalColumn, serial: number, random: () => number): unknown {
  if (part === 'currency') return 'USD'
  if (part === 'e164') return `+1202555${1000 + serial}`
  const options = field.options?.map(({ value }) => value)
  if (options && AUTOMATIC.has(field.module)) return undefined
  if (options && type === 'text[]') return options.filter(() => random() < 0.5)
  if (options) return options[Math.floor(random() * options.length)]
  if (field.type === 'EMAIL') return `w${serial}@example.org`
  if (field.type === 'PHONE') return `(202) 555 ${1000 + serial}`
  if (field.type === 'ADDRESS') return { city: `town ${serial}` }
  if (type === 'text') return `${field.name} ${serial}`.slice(-(field.maxLength ?? 40))
  if (type.startsWith('numeric') || type === 'integer' || type === 'smallint') return Math.min(serial, Number(field.max ?? 5))
  return FILLERS[type.startsWith('timestamp') ? 'timestamp with time zone' : type]?.(serial)
}

/** Columns that no two undeleted rows of a module share. */
const ONCE: Readonly<Record<string, readonly string[]>> = { ticketWatcher: ['ticket_id', 'user_id'], ticketLink: ['ticket_id', 'other_id', 'kind'] }

/**
 * Puts a few rows into every module of a database, by SQL alone: references lead anywhere, into the recycle bin too; owners are people, teams or nobody; one
 * row of seven is deleted. Teams stand in a tree. All in one statement, at whose end the foreign keys are looked at.
 */
export async function fillWorld(url: string, { seed, registry, newId, size, people }: WorldOptions): Promise<void> {
  const random = randomNumbers(seed)
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T
  const maybe = <T>(value: () => T, share: number): T | null => (random() < share ? value() : null)
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  const { rows: columns } = await client.query<{ table: string; name: string; type: string }>(
    `SELECT table_name AS table, column_name AS name, data_type AS type FROM information_schema.columns
      WHERE table_schema = 'public' AND is_nullable = 'NO' AND column_default IS NULL AND is_generated = 'NEVER'`,
  )
  const drafts = new Map(
    [...registry.modules.values()].map((module) => [module.name, Array.from({ length: size }, (): Draft => ({ id: newId(module.number) }))]),
  )
  const idsOf = (module: string): string[] => [...(drafts.get(module) ?? []).map(({ id }) => id), ...(module === 'user' ? people : [])]
  const teams = idsOf('team')
  const anywhere = [...drafts.keys()].flatMap(idsOf)
  const targets = ({ type, reference }: FieldDefinition) =>
    type === 'USER' ? idsOf('user') : reference?.module === '*' ? anywhere : idsOf(reference?.module as string)
  let serial = 0
  for (const module of registry.modules.values()) {
    for (const [index, draft] of (drafts.get(module.name) as Draft[]).entries()) {
      serial += 1
      for (const { table, name, type } of columns) if (table === module.table && draft[name] === undefined) draft[name] = FILLERS[type]?.(serial) ?? null
      for (const field of module.fields.values()) {
        if (field.type !== 'USER' && field.type !== 'REFERENCE') continue
        const isNeeded = field.required || columns.some(({ table, name }) => table === module.table && name === field.column)
        draft[field.column] = maybe(() => pick(targets(field)), isNeeded ? 1 : 0.7)
      }
      for (const field of module.fields.values()) {
        if (field.system || field.extension || !isPlainField(field) || (random() < 0.1 && !field.required)) continue
        for (const column of columnsOf(field)) {
          const value = valueFor(field, column, serial, random)
          if (value !== undefined) draft[column.name] = value
        }
      }
      draft['source'] = maybe(() => pick(SOURCES), 0.7)
      draft['owner_id'] = maybe(() => pick(random() < 0.7 ? people : idsOf('user')), 0.75)
      draft['team_id'] = maybe(() => pick(teams), module.name === 'user' ? 0.9 : 0.6)
      draft['deleted_at'] = maybe(() => '2026-02-02T00:00:00Z', module.name === 'user' ? 0 : 1 / 7)
      // No circles: a team lies below one that was made before it. One in the middle of the tree is deleted, with a live one below.
      if (module.name !== 'team') continue
      draft['parent_id'] = index === 0 ? null : teams[index < 4 ? index - 1 : Math.floor(random() * index)]
      draft['deleted_at'] = index === 2 ? '2026-02-02T00:00:00Z' : null
    }
  }
  for (const [name, columnsOfKey] of Object.entries(ONCE)) {
    const known = new Set<string>()
    for (const draft of drafts.get(name) ?? []) {
      const key = columnsOfKey.map((column) => draft[column]).join(' ')
      // Of what may be there once, the second is in the recycle bin.
      if (known.has(key)) draft['deleted_at'] = '2026-02-02T00:00:00Z'
      known.add(key)
    }
  }
  const parts: string[] = []
  const values: string[] = []
  for (const [name, rows] of drafts) {
    const { table } = registry.module(name)
    const named = Object.keys(rows[0] as Draft).map((column) => pg.escapeIdentifier(column))
    values.push(JSON.stringify(rows))
    parts.push(
      `w${values.length} AS (INSERT INTO ${table} (${named.join()}) SELECT ${named.join()} FROM jsonb_populate_recordset(NULL::${table}, $${values.length}::jsonb))`,
    )
  }
  await client.query(`WITH ${parts.join(', ')} SELECT`, values)
  // Each key leads to one record of each module.
  const external = [...drafts].flatMap(([name, rows]) =>
    rows.slice(0, 5).map(({ id }, index) => ({ record_id: id, module_number: registry.module(name).number, system: EXTERNAL_SYSTEM, key: `k${index}` })),
  )
  await client.query('INSERT INTO external_id SELECT * FROM jsonb_populate_recordset(NULL::external_id, $1::jsonb)', [JSON.stringify(external)])
  for (const [index, person] of people.entries()) await client.query('UPDATE users SET team_id = $2 WHERE id = $1', [person, teams[index % teams.length]])
  for (const user of idsOf('user')) await client.query('INSERT INTO team_member (team_id, user_id) VALUES ($1, $2)', [pick(teams), user])
  for (const field of [...registry.modules.values()].flatMap((module: ModuleDefinition) => module.linkFields))
    for (const source of idsOf(field.module))
      for (const target of targets(field))
        if (random() < 0.25) await client.query(`INSERT INTO ${field.column} (source_id, target_id) VALUES ($1, $2)`, [source, target])
  await client.query('ANALYZE')
  await client.end()
}
