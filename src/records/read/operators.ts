import type { FieldType } from '../../entities/metadata.ts'
import { valueTypeOf } from '../../entities/value-type.ts'
import type { FieldDefinition } from '../registry/definition.ts'
import type { CompareOperator } from './request.ts'

/** Kinds of values by what they can be compared with. */
export type OperatorFamily = 'ID' | 'String' | 'Int' | 'Decimal' | 'Boolean' | 'Date' | 'DateTime' | 'StringList' | 'Money'

const FAMILIES: Readonly<Partial<Record<FieldType, OperatorFamily>>> = {
  TEXT: 'String',
  LONG_TEXT: 'String',
  SELECT: 'String',
  EMAIL: 'String',
  URL: 'String',
  PHONE: 'String',
  AUTO_NUMBER: 'String',
  INTEGER: 'Int',
  RATING: 'Int',
  DURATION: 'Int',
  DECIMAL: 'Decimal',
  PERCENT: 'Decimal',
  ROLLUP: 'Decimal',
  MONEY: 'Money',
  BOOLEAN: 'Boolean',
  DATE: 'Date',
  DATETIME: 'DateTime',
  MULTI_SELECT: 'StringList',
}

/** Operators of a field; undefined for one that cannot be compared. `id` and `tags` are special whatever type they are stored with. */
export function operatorFamily(field: FieldDefinition): OperatorFamily | undefined {
  if (field.reference?.module === '*' || (field.system && field.name === 'id')) return 'ID'
  if (field.system && field.name === 'tags') return 'StringList'
  return FAMILIES[valueTypeOf(field)]
}

const EQUALITY: readonly CompareOperator[] = ['eq', 'ne', 'in', 'notIn']
const RANGE: readonly CompareOperator[] = ['gt', 'gte', 'lt', 'lte']
const TEXT: readonly CompareOperator[] = ['contains', 'startsWith', 'endsWith']
const ORDERED: readonly CompareOperator[] = [...EQUALITY, ...RANGE, 'isNull']

export const OPERATORS: Readonly<Record<OperatorFamily, readonly CompareOperator[]>> = {
  ID: [...EQUALITY, 'isNull'],
  String: [...EQUALITY, ...TEXT, ...RANGE, 'isNull'],
  Int: ORDERED,
  Decimal: ORDERED,
  Boolean: ['eq', 'ne', 'isNull'],
  Date: ORDERED,
  DateTime: ORDERED,
  StringList: ['hasAny', 'hasAll', 'hasNone', 'isEmpty'],
  Money: ORDERED,
}

/** Take a list of values. */
export const LIST_OPERATORS: ReadonlySet<CompareOperator> = new Set<CompareOperator>(['in', 'notIn', 'hasAny', 'hasAll', 'hasNone'])
/** Take yes or no. */
export const YES_OR_NO_OPERATORS: ReadonlySet<CompareOperator> = new Set<CompareOperator>(['isNull', 'isEmpty'])
