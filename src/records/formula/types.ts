import type { FieldType } from '../../entities/metadata.ts'
import { valueTypeOf } from '../../entities/value-type.ts'
import { listed, type Message, say } from '../../errors/index.ts'
import type { FieldDefinition } from '../registry/definition.ts'
import { ExpressionError } from './expression-error.ts'

/** What a formula can result in. Money is an amount in the organisation's currency; a dateTime is an instant, read in UTC. */
export const EXPRESSION_TYPES = ['number', 'money', 'text', 'boolean', 'date', 'dateTime'] as const

export type ExpressionType = (typeof EXPRESSION_TYPES)[number]

/** What an argument can be: besides values, things that only few functions take. */
export type OperandType = ExpressionType | 'null' | 'list' | 'record' | 'structure'

const BY_FIELD_TYPE: Readonly<Partial<Record<FieldType, OperandType>>> = {
  INTEGER: 'number',
  DECIMAL: 'number',
  PERCENT: 'number',
  RATING: 'number',
  DURATION: 'number',
  MONEY: 'money',
  TEXT: 'text',
  LONG_TEXT: 'text',
  EMAIL: 'text',
  URL: 'text',
  SELECT: 'text',
  AUTO_NUMBER: 'text',
  PHONE: 'text',
  BOOLEAN: 'boolean',
  DATE: 'date',
  DATETIME: 'dateTime',
  REFERENCE: 'record',
  USER: 'record',
  MULTI_SELECT: 'list',
  ADDRESS: 'structure',
  GEO: 'structure',
  JSON: 'structure',
}

/** Type of a field's value. Throws ExpressionError for a field that no expression can use. */
export function typeOfField(field: FieldDefinition, position?: number): OperandType {
  const type = BY_FIELD_TYPE[valueTypeOf(field)]
  // Tags are stored as ids of records that are looked up by name.
  if (type === undefined || (field.system && field.name === 'tags'))
    throw new ExpressionError(say`${field.name} leads to other records and cannot be used in an expression; make a ROLLUP field and use that.`, position)
  return type
}

const FIELD_TYPE_OF: Readonly<Record<ExpressionType, FieldType>> = {
  number: 'DECIMAL',
  money: 'MONEY',
  text: 'TEXT',
  boolean: 'BOOLEAN',
  date: 'DATE',
  dateTime: 'DATETIME',
}

/** The field type whose values have the form of this result. */
export function resultFieldType(type: ExpressionType): FieldType {
  return FIELD_TYPE_OF[type]
}

const WORDS: Readonly<Record<OperandType, Message>> = {
  number: say`a number`,
  money: say`money`,
  text: say`a text`,
  boolean: say`a yes/no value`,
  date: say`a date`,
  dateTime: say`a date with time`,
  null: say`null`,
  list: say`a list of options`,
  record: say`another record`,
  structure: say`a value of several parts`,
}

/** The type in words, with its article. */
export function wordsFor(type: OperandType): Message {
  return WORDS[type]
}

/** `a number, money or a text`. */
export function alternatives(words: readonly Message[]): Message {
  return words.length < 2 ? listed(words) : say`${listed(words.slice(0, -1))} or ${words.at(-1) as Message}`
}

/** Types of PostgreSQL by which values are computed. */
export const SQL_TYPES: Readonly<Record<ExpressionType, string>> = {
  number: 'numeric',
  money: 'numeric',
  text: 'text',
  boolean: 'boolean',
  date: 'date',
  dateTime: 'timestamptz',
}
