import { Int, Field as Member, ObjectType, registerEnumType } from 'type-graphql'
import { FIELD_TYPES } from '../../entities/metadata.ts'
import { AccessAction, FieldAccess } from './access.enums.ts'
import { JsonScalar } from './json.scalar.ts'

/** Enum of the API over the registry's own words. */
export const FieldType = Object.freeze(Object.fromEntries(FIELD_TYPES.map((type) => [type, type]))) as { readonly [type in FieldType]: type }
export type FieldType = (typeof FIELD_TYPES)[number]

const MEANINGS: Readonly<Record<FieldType, string>> = {
  TEXT: 'A text of one line.',
  LONG_TEXT: 'A text of any length.',
  INTEGER: 'A whole number.',
  DECIMAL: 'A number that keeps every digit.',
  MONEY: 'An amount with its currency.',
  PERCENT: 'A share; 0.15 is 15 %.',
  BOOLEAN: 'True or false.',
  DATE: 'A day of the calendar.',
  DATETIME: 'A moment, to the millisecond.',
  DURATION: 'A span of time, in seconds.',
  SELECT: 'One of the options.',
  MULTI_SELECT: 'Any of the options.',
  EMAIL: 'An e-mail address.',
  PHONE: 'A phone number, as it was typed and in E.164.',
  URL: 'A web address.',
  ADDRESS: 'A postal address.',
  JSON: 'Any value of JSON.',
  REFERENCE: 'One record of a module, or of any.',
  REFERENCES: 'Any number of records of a module.',
  USER: 'A user.',
  FORMULA: 'Computed from other fields of the record.',
  ROLLUP: 'Computed over the records of a list.',
  AUTO_NUMBER: 'A number that counts up by itself.',
  RATING: 'A number of stars.',
  GEO: 'A place by latitude and longitude.',
}

registerEnumType(FieldType, {
  name: 'FieldType',
  description: 'Type of a field.',
  valuesConfig: Object.fromEntries(FIELD_TYPES.map((type) => [type, { description: MEANINGS[type] }])),
})

@ObjectType({ simpleResolvers: true, description: 'A choice of a SELECT or MULTI_SELECT field.' })
export class FieldOption {
  @Member(() => String, { description: 'What records hold; permanent.' })
  value!: string

  @Member(() => String, { nullable: true, description: '`#rrggbb`.' })
  color!: string | null

  @Member(() => Boolean, { description: 'Stays readable and can no longer be chosen.' })
  retired!: boolean
}

@ObjectType({ simpleResolvers: true, description: 'Where a field refers to.' })
export class FieldReference {
  @Member(() => String, { description: '`*`: a record of any module.' })
  module!: string

  @Member(() => String, { nullable: true, description: 'Name of the list on the other side.' })
  inverseName!: string | null

  @Member(() => String, {
    nullable: true,
    description: 'What becomes of this record when the target goes to the recycle bin: `restrict`, `clear` or `cascade`.',
  })
  onDelete!: string | null

  @Member(() => Boolean, { description: 'No record may lead back to itself.' })
  acyclic!: boolean
}

@ObjectType({ simpleResolvers: true, description: 'An allowed change of a SELECT field; where there are none, every change is.' })
export class FieldTransition {
  @Member(() => String, {
    nullable: true,
    description: 'Null: on create, and from no value. Where no transition begins with null, every value may be the first.',
  })
  from!: string | null

  @Member(() => String, {
    nullable: true,
    description: 'The value that it goes to. Null: to no value. A field that has transitions is cleared by such a one alone.',
  })
  to!: string | null

  @Member(() => [String], { description: 'Fields that must have a value then, as far as the caller sees them.' })
  requires!: readonly string[]

  @Member(() => [String], {
    nullable: true,
    description: 'Keys of roles each of which may take it by itself, besides administrators; null: everybody who may write the field.',
  })
  roles!: readonly string[] | null

  @Member(() => Boolean, { description: "The caller's roles allow it." })
  allowed!: boolean
}

@ObjectType({ simpleResolvers: true, description: 'A field as the caller may use it.' })
export class Field {
  @Member(() => String, { description: 'API name.' })
  name!: string

  @Member(() => FieldType, { description: 'Its type.' })
  type!: FieldType

  @Member(() => Boolean, { description: 'It was made at run time.' })
  custom!: boolean

  @Member(() => Boolean, { description: 'A value is demanded on create and cannot be cleared.' })
  required!: boolean

  @Member(() => Boolean, { description: 'False: each record that the caller reads has a value here, and shows it in full.' })
  nullable!: boolean

  @Member(() => [FieldOption], { nullable: true, description: 'Choices of a SELECT or MULTI_SELECT, in their order.' })
  options!: readonly FieldOption[] | null

  @Member(() => FieldReference, { nullable: true, description: 'Where it refers to.' })
  reference!: FieldReference | null

  @Member(() => FieldAccess, { description: "The caller's level." })
  access!: FieldAccess

  @Member(() => Boolean, { description: 'No two records share a value.' })
  unique!: boolean

  @Member(() => [String], { description: 'Earlier names, under which it can still be reached.' })
  aliases!: readonly string[]

  @Member(() => FieldType, { description: 'What a FORMULA or ROLLUP gives; otherwise the type itself.' })
  valueType!: FieldType

  @Member(() => String, { nullable: true, description: 'Least value of a number or date.' })
  min!: string | null

  @Member(() => String, { nullable: true, description: 'Greatest value.' })
  max!: string | null

  @Member(() => Int, { nullable: true, description: 'In characters.' })
  minLength!: number | null

  @Member(() => Int, { nullable: true, description: 'In characters.' })
  maxLength!: number | null

  @Member(() => Int, { nullable: true, description: 'Digits behind the point that are kept.' })
  scale!: number | null

  @Member(() => String, { nullable: true, description: 'Regular expression (RE2 syntax) that a text must match.' })
  pattern!: string | null

  @Member(() => JsonScalar, { nullable: true, description: 'Taken on create when nothing is given.' })
  default!: unknown

  @Member(() => Boolean, { description: 'Lists can be filtered by it.' })
  filterable!: boolean

  @Member(() => Boolean, { description: 'Lists can be ordered by it.' })
  sortable!: boolean

  @Member(() => Boolean, { description: 'Aggregates can be grouped by it.' })
  groupable!: boolean

  @Member(() => [FieldTransition], { nullable: true, description: 'Allowed changes of a SELECT; where there are none, every change is.' })
  transitions!: readonly FieldTransition[] | null
}

@ObjectType({ simpleResolvers: true, description: 'A module as the caller may use it.' })
export class Module {
  @Member(() => String, { description: 'API name of one record.' })
  name!: string

  @Member(() => String, { description: 'API name of many.' })
  pluralName!: string

  @Member(() => Boolean, { description: 'It was made at run time.' })
  custom!: boolean

  @Member(() => String, { nullable: true, description: 'Field that `displayName` shows; null where the caller does not see it.' })
  nameField!: string | null

  @Member(() => [AccessAction], { description: 'What the caller may do with records of the module, its own at least.' })
  actions!: AccessAction[]

  @Member(() => [Field], { description: 'Its fields that the caller sees.' })
  fields!: readonly Field[]
}

@ObjectType({ simpleResolvers: true, description: 'The schema as whoever has one role alone sees it.' })
export class RoleSchema {
  @Member(() => String, { description: 'In the schema definition language.' })
  sdl!: string

  @Member(() => [Module], { description: 'Modules that the role can do something with.' })
  modules!: readonly Module[]
}
