import { Decimal } from 'decimal.js'
import { parse } from 'lossless-json'
import pg from 'pg'
import { coreModules } from '../../src/entities/index.ts'
import { buildRegistry, type FieldDefinition, type ModuleDefinition, type Registry } from '../../src/records/registry/index.ts'
import { type Compare, compact, comparing, found, foundPhone, listed, ranged } from './model-values.ts'

/** A row of a module's table by physical column; numbers as text, so that none loses digits. */
export type ModelRow = Readonly<Record<string, unknown>> & { readonly id: string }

/** A filter as the API takes it. */
export type ModelFilter = Readonly<Record<string, unknown>>
export type Deleted = 'EXCLUDE' | 'ONLY' | 'INCLUDE'

/** One order key: to-one steps, the field, the direction. */
export interface ModelKey {
  readonly steps: readonly string[]
  readonly field: string
  readonly direction: 'ASC' | 'DESC'
}

/** How values are compared and which operators they have; the contract's table, written a second time. */
export type Family = 'id' | 'text' | 'phone' | 'whole' | 'decimal' | 'money' | 'flag' | 'day' | 'instant' | 'list'

const FAMILIES: Readonly<Partial<Record<FieldDefinition['type'], Family>>> = {
  TEXT: 'text',
  LONG_TEXT: 'text',
  SELECT: 'text',
  EMAIL: 'text',
  URL: 'text',
  AUTO_NUMBER: 'text',
  PHONE: 'phone',
  INTEGER: 'whole',
  RATING: 'whole',
  DURATION: 'whole',
  DECIMAL: 'decimal',
  PERCENT: 'decimal',
  MONEY: 'money',
  BOOLEAN: 'flag',
  DATE: 'day',
  DATETIME: 'instant',
}

/** Family of an own value; undefined for relations and for what cannot be compared. */
export function familyOf(field: FieldDefinition): Family | undefined {
  if (field.name === 'id' || field.reference?.module === '*') return 'id'
  if (field.name === 'tags') return 'list'
  return FAMILIES[field.type]
}

/** Module that a to-one relation leads to. */
export function targetOf(field: FieldDefinition): string | undefined {
  if (field.type === 'USER') return 'user'
  return field.type === 'REFERENCE' && field.reference?.module !== '*' ? field.reference?.module : undefined
}

const EQUALITY = ['eq', 'ne', 'in', 'notIn', 'isNull']
const RANGE = ['gt', 'gte', 'lt', 'lte']
const TEXT = ['contains', 'startsWith', 'endsWith']

export function operatorsOf(family: Family): readonly string[] {
  if (family === 'list') return ['hasAny', 'hasAll', 'hasNone', 'isEmpty']
  if (family === 'flag') return ['eq', 'ne', 'isNull']
  if (family === 'id') return EQUALITY
  return family === 'text' || family === 'phone' ? [...EQUALITY, ...RANGE, ...TEXT] : [...EQUALITY, ...RANGE]
}

/** Texts that stand for none in the data; part of the order of texts. */
export const STRANGERS = ['', 'M', 'zzz', '国', '%', '_', '\\', '+862162345678', '+8613800138000', '8613800138000']

/**
 * What lists, orders and aggregates must answer, computed in memory from the raw rows by the documented rules alone. Of the product it uses the
 * registry (names, types and relations of fields), and of the database the order of texts.
 */
export class ReadModel {
  readonly registry: Registry = buildRegistry(coreModules(), 1)
  readonly #rows = new Map<string, readonly ModelRow[]>()
  readonly #children = new Map<string, ReadonlyMap<unknown, readonly ModelRow[]>>()
  #byId = new Map<string, ModelRow>()
  #compare: Compare = comparing([])
  #externalIds = new Map<string, string>()

  static async load(url: string): Promise<ReadModel> {
    const model = new ReadModel()
    const client = new pg.Client({ connectionString: url })
    await client.connect()
    const texts = new Set(STRANGERS)
    for (const module of model.registry.modules.values()) {
      const { rows } = await client.query<{ row: string }>(`SELECT to_jsonb(t)::text AS row FROM ${module.table} t ORDER BY id`)
      const parsed = rows.map(({ row }) => parse(row, null, (digits) => digits) as ModelRow)
      model.#rows.set(module.name, parsed)
      for (const row of parsed) {
        model.#byId.set(row.id, row)
        for (const value of Object.values(row)) if (typeof value === 'string') texts.add(value)
      }
    }
    const { rows: named } = await client.query<{ name: string; id: string }>(
      `SELECT module_number || '/' || system || '/' || key AS name, record_id AS id FROM external_id`,
    )
    for (const { name, id } of named) model.#externalIds.set(name, id)
    const { rows: ranked } = await client.query<{ text: string }>('SELECT v AS text FROM unnest($1::text[]) v ORDER BY v', [[...texts]])
    model.#compare = comparing(ranked.map(({ text }) => text))
    await client.end()
    return model
  }

  /** The same data as a reader sees it who may read these rows only; names of tags stay. */
  scoped(sees: (module: string, row: ModelRow) => boolean): ReadModel {
    const scoped = new ReadModel()
    for (const [module, rows] of this.#rows)
      scoped.#rows.set(
        module,
        rows.filter((row) => sees(module, row)),
      )
    scoped.#byId = new Map([...scoped.#rows.values()].flat().map((row) => [row.id, row]))
    scoped.#compare = this.#compare
    scoped.#externalIds = this.#externalIds
    return scoped
  }

  rows(module: string, deleted: Deleted = 'EXCLUDE'): readonly ModelRow[] {
    return (this.#rows.get(module) ?? []).filter((row) => deleted === 'INCLUDE' || (row['deleted_at'] === null) === (deleted === 'EXCLUDE'))
  }

  /** Value as it is compared: null, text, a Decimal, milliseconds (days too), a boolean; names for tags. Money in the organisation's currency. */
  value(field: FieldDefinition, row: ModelRow): unknown {
    const raw = row[field.type === 'MONEY' ? `${field.column}_base` : field.type === 'PHONE' ? `${field.column}_e164` : field.column] ?? null
    if (raw === null) return null
    switch (familyOf(field)) {
      case 'list':
        return (raw as string[]).flatMap((id) => (this.#live(id) ? [String(this.#live(id)?.['name'])] : []))
      case 'whole':
      case 'decimal':
      case 'money':
        return new Decimal(raw as string)
      case 'day':
      case 'instant':
        return Date.parse(raw as string)
      default:
        return raw
    }
  }

  /** The related record, unless it lies in the recycle bin. */
  related(field: FieldDefinition, row: ModelRow): ModelRow | undefined {
    return this.#live(row[field.column])
  }

  #live(id: unknown): ModelRow | undefined {
    const row = this.#byId.get(id as string)
    return row?.['deleted_at'] === null ? row : undefined
  }

  matches(filter: ModelFilter, row: ModelRow, module: ModuleDefinition): boolean {
    return Object.entries(filter).every(([name, condition]) => {
      if (name === 'and') return (condition as ModelFilter[]).every((inner) => this.matches(inner, row, module))
      if (name === 'or') return (condition as ModelFilter[]).some((inner) => this.matches(inner, row, module))
      if (name === 'not') return !this.matches(condition as ModelFilter, row, module)
      if (name === 'externalId') {
        const { system, key } = condition as { system: string; key: string }
        return this.#externalIds.get(`${module.number}/${system}/${key}`) === row.id
      }
      const inverse = module.inverses.get(name)
      if (inverse) return this.#quantified(this.registry.module(inverse.module), inverse.field, condition as Record<string, ModelFilter>, row)
      const field = module.fields.get(name) as FieldDefinition
      const target = targetOf(field)
      if (target === undefined) return this.#compared(field, condition as ModelFilter, row)
      const related = this.related(field, row)
      return related !== undefined && this.matches(condition as ModelFilter, related, this.registry.module(target))
    })
  }

  #quantified(module: ModuleDefinition, via: string, quantifiers: Readonly<Record<string, ModelFilter>>, row: ModelRow): boolean {
    const children = this.children(module.name, via, row)
    return Object.entries(quantifiers).every(([quantifier, filter]) => {
      const found = children.filter((child) => this.matches(filter, child, module)).length
      return quantifier === 'some' ? found > 0 : quantifier === 'none' ? found === 0 : found === children.length
    })
  }

  #compared(field: FieldDefinition, condition: ModelFilter, row: ModelRow): boolean {
    return Object.entries(condition).every(([operator, operand]) => {
      if (operator === 'currency') return this.#textual(operand as ModelFilter, row[`${field.column}_currency`] as string | null)
      const value = this.value(field, row)
      if (operator === 'isNull') return (value === null) === operand
      if (familyOf(field) === 'list') return listed(operator, value as string[], operand)
      const equals = (other: unknown) => value !== null && this.#equal(field, row, value, other)
      const within = () => (operand as unknown[]).some(equals)
      switch (operator) {
        case 'eq':
          return equals(operand)
        case 'ne':
          return !equals(operand)
        case 'in':
          return within()
        case 'notIn':
          return !within()
        case 'contains':
        case 'startsWith':
        case 'endsWith':
          return value !== null && this.#reads(field, row, operator, operand as string)
        default:
          return value !== null && ranged(operator, this.compare(value, comparable(field, operand)))
      }
    })
  }

  /** Records outside the recycle bin that refer to the row by the field `via`. */
  children(module: string, via: string, row: ModelRow): readonly ModelRow[] {
    const key = `${module}.${via}`
    const known = this.#children.get(key)
    if (known) return known.get(row.id) ?? []
    const { column } = this.registry.module(module).fields.get(via) as FieldDefinition
    const index = new Map<unknown, ModelRow[]>()
    for (const child of this.rows(module)) index.set(child[column], [...(index.get(child[column]) ?? []), child])
    this.#children.set(key, index)
    return index.get(row.id) ?? []
  }

  /** Conditions on a text that is no field of its own: a currency. */
  #textual(condition: ModelFilter, value: string | null): boolean {
    return Object.entries(condition).every(([operator, operand]) => {
      if (operator === 'isNull') return (value === null) === operand
      if (operator === 'eq') return value === operand
      if (operator === 'ne') return value !== operand
      if (operator === 'in') return (operand as unknown[]).includes(value)
      if (operator === 'notIn') return !(operand as unknown[]).includes(value)
      return value !== null && (TEXT.includes(operator) ? found(operator, value, operand as string) : ranged(operator, this.compare(value, operand)))
    })
  }

  /** A phone is equal to what was typed and to any spelling of its international form. */
  #equal(field: FieldDefinition, row: ModelRow, value: unknown, other: unknown): boolean {
    if (field.type === 'PHONE') return row[field.column] === other || value === compact(other as string)
    if (familyOf(field) === 'id') return value === String(other).toLowerCase()
    if (familyOf(field) === 'text') return value === other
    return this.compare(value, comparable(field, other)) === 0
  }

  #reads(field: FieldDefinition, row: ModelRow, operator: string, text: string): boolean {
    if (field.type !== 'PHONE') return found(operator, row[field.column] as string, text)
    return foundPhone(operator, row[field.column] as string, row[`${field.column}_e164`] as string, text)
  }

  get compare(): Compare {
    return this.#compare
  }

  /** Rows in the order of the keys: empty values last both ways, ties by id in the last key's direction; without keys newest first. */
  ordered(rows: readonly ModelRow[], module: ModuleDefinition, keys: readonly ModelKey[]): readonly ModelRow[] {
    const asked: readonly ModelKey[] = keys.length > 0 ? keys : [{ steps: [], field: 'createdAt', direction: 'DESC' }]
    const sign = (direction: string | undefined) => (direction === 'DESC' ? -1 : 1)
    return [...rows].sort((a, b) => {
      for (const key of asked) {
        const [left, right] = [this.reach(a, module, key), this.reach(b, module, key)]
        if (left === null && right === null) continue
        if (left === null) return 1
        if (right === null) return -1
        const compared = this.compare(left, right)
        if (compared !== 0) return compared * sign(key.direction)
      }
      return (a.id < b.id ? -1 : 1) * sign(asked.at(-1)?.direction)
    })
  }

  /** Value behind to-one steps; null where a step leads nowhere. */
  reach(row: ModelRow, module: ModuleDefinition, { steps, field }: Pick<ModelKey, 'steps' | 'field'>): unknown {
    let current: ModelRow | undefined = row
    let at = module
    for (const step of steps) {
      const definition = at.fields.get(step) as FieldDefinition
      at = this.registry.module(targetOf(definition) as string)
      current = current && this.related(definition, current)
    }
    return current ? this.value(at.fields.get(field) as FieldDefinition, current) : null
  }
}

/** An operand of the API as the model compares it. */
export function comparable(field: FieldDefinition, operand: unknown): unknown {
  const family = familyOf(field)
  if (family === 'whole' || family === 'decimal' || family === 'money') return new Decimal(operand as string)
  if (family === 'phone') return compact(operand as string)
  return family === 'instant' || family === 'day' ? Date.parse(operand as string) : operand
}
