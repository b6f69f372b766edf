import type { FieldType } from '../../entities/metadata.ts'
import { DefectError } from '../../errors/index.ts'
import type { FieldDefinition } from '../../records/registry/definition.ts'
import { valueTypeOf } from '../../records/registry/index.ts'

/** How a field's value looks in GraphQL. Everything about a field's inputs and outputs follows from its shape. */
export type FieldShape =
  | 'id'
  | 'text'
  | 'longText'
  | 'integer'
  | 'decimal'
  | 'boolean'
  | 'date'
  | 'dateTime'
  | 'duration'
  | 'json'
  | 'textList'
  | 'money'
  | 'phone'
  | 'address'
  | 'geo'
  | 'one'
  | 'anyRecord'
  | 'many'

const SHAPES: Readonly<Record<FieldType, FieldShape>> = {
  TEXT: 'text',
  LONG_TEXT: 'longText',
  INTEGER: 'integer',
  DECIMAL: 'decimal',
  MONEY: 'money',
  PERCENT: 'decimal',
  BOOLEAN: 'boolean',
  DATE: 'date',
  DATETIME: 'dateTime',
  DURATION: 'duration',
  SELECT: 'text',
  MULTI_SELECT: 'textList',
  EMAIL: 'text',
  PHONE: 'phone',
  URL: 'text',
  ADDRESS: 'address',
  JSON: 'json',
  REFERENCE: 'one',
  REFERENCES: 'many',
  USER: 'one',
  FORMULA: 'json',
  ROLLUP: 'decimal',
  AUTO_NUMBER: 'text',
  RATING: 'integer',
  GEO: 'geo',
}

/** The shape of a field. `id` and `tags` are special whatever type they are stored with: an ID, and a list of tag names. */
export function shapeOf(field: FieldDefinition): FieldShape {
  if (field.system && field.name === 'id') return 'id'
  if (field.system && field.name === 'tags') return 'textList'
  if (field.reference?.module === '*') return 'anyRecord'
  return SHAPES[valueTypeOf(field)]
}

/** Name of the module that a relation field points to. Throws DefectError for a field that is no relation. */
export function targetOf(field: FieldDefinition): string {
  if (field.type === 'USER') return 'user'
  if (!field.reference) throw new DefectError(`${field.module}.${field.name} is no relation.`)
  return field.reference.module
}

const SORTABLE: ReadonlySet<FieldShape> = new Set<FieldShape>(['id', 'text', 'integer', 'decimal', 'boolean', 'date', 'dateTime', 'duration', 'money', 'phone'])
const GROUPABLE: ReadonlySet<FieldShape> = new Set<FieldShape>(['id', 'text', 'integer', 'decimal', 'boolean', 'date', 'dateTime', 'duration', 'phone'])
const NUMERIC: ReadonlySet<FieldShape> = new Set<FieldShape>(['integer', 'decimal', 'duration', 'money'])
const RANGED: ReadonlySet<FieldShape> = new Set<FieldShape>([...NUMERIC, 'date', 'dateTime'])

/** Own values that lists can be ordered by; long texts have no useful order. */
export function isSortable(field: FieldDefinition): boolean {
  return SORTABLE.has(shapeOf(field))
}

/** Own values that aggregates can be grouped by; money is not (one amount in two currencies is no group). */
export function isGroupable(field: FieldDefinition): boolean {
  return GROUPABLE.has(shapeOf(field))
}

/** Grouped by a part of the time instead of the value. */
export function isDated(field: FieldDefinition): boolean {
  const shape = shapeOf(field)
  return shape === 'date' || shape === 'dateTime'
}

/** Has a sum and an average. A record's version is a number that nobody adds up. */
export function isSummable(field: FieldDefinition): boolean {
  return NUMERIC.has(shapeOf(field)) && !(field.system && field.name === 'version')
}

/** Has a minimum and a maximum. */
export function isRanged(field: FieldDefinition): boolean {
  return RANGED.has(shapeOf(field)) && !(field.system && field.name === 'version')
}

export function isToOne(field: FieldDefinition): boolean {
  return shapeOf(field) === 'one'
}

export function isToMany(field: FieldDefinition): boolean {
  return shapeOf(field) === 'many'
}
