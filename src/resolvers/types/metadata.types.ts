import { Field, ID, Int, ObjectType, registerEnumType } from 'type-graphql'
import { DateTimeToken } from './date-time.scalar.ts'
import { JsonScalar } from './json.scalar.ts'
import { FieldOption, FieldReference, FieldTransition, FieldType } from './module.types.ts'

@ObjectType({ simpleResolvers: true, description: 'How an AUTO_NUMBER counts.' })
export class FieldNumbering {
  @Field(() => String, { description: 'What stands before the digits.' })
  prefix!: string

  @Field(() => Int, { description: 'Digits at least.' })
  padding!: number

  @Field(() => Boolean, { description: 'Begins anew each year, which stands behind the prefix.' })
  perYear!: boolean

  @Field(() => Boolean, { description: 'No number is ever missing.' })
  gapless!: boolean
}

@ObjectType({ simpleResolvers: true, description: 'What a ROLLUP computes.' })
export class FieldRollup {
  @Field(() => String, { description: 'Name of the list whose records it computes over.' })
  relation!: string

  @Field(() => String, { description: 'COUNT, SUM, AVG, MIN or MAX.' })
  function!: string

  @Field(() => String, { nullable: true, description: 'Field of the listed records; null for COUNT.' })
  field!: string | null

  @Field(() => String, { nullable: true, description: 'Only records for which this expression holds; null: all.' })
  filter!: string | null
}

@ObjectType({ simpleResolvers: true, description: 'A field that was made at run time, as administrators see it.' })
export class CustomField {
  @Field(() => ID, { description: 'Permanent.' })
  id!: string

  @Field(() => String, { description: 'Name of its module.' })
  module!: string

  @Field(() => String, { description: 'API name.' })
  name!: string

  @Field(() => [String], { description: 'Earlier names, under which it can still be reached.' })
  aliases!: readonly string[]

  @Field(() => FieldType, { description: 'Its type.' })
  type!: FieldType

  @Field(() => String, { description: '`ready`; `building` while an index that it asked for is made, `failed` where that was not possible; `deleted`.' })
  state!: string

  @Field(() => String, { nullable: true, description: 'Why it failed.' })
  failure!: string | null

  @Field(() => DateTimeToken, { nullable: true, description: 'When it was deleted; null: it was not.' })
  deletedAt!: string | null

  @Field(() => Int, { description: "Place among the module's custom fields." })
  position!: number

  @Field(() => Boolean, { description: 'A value is demanded on create and cannot be cleared.' })
  required!: boolean

  @Field(() => String, { nullable: true, description: 'A value is demanded of records for which this expression holds.' })
  requiredWhen!: string | null

  @Field(() => Boolean, { description: 'No two records share a value.' })
  unique!: boolean

  @Field(() => Boolean, { description: 'Filters and orders by it are fast on many records.' })
  indexed!: boolean

  @Field(() => Boolean, { description: "Part of the module's search." })
  searchable!: boolean

  @Field(() => String, { description: '`none`, `personal`, `sensitive` or `finance`; all but `none` are hidden from roles that do not list the field.' })
  sensitivity!: string

  @Field(() => JsonScalar, { nullable: true, description: 'Taken on create when nothing is given.' })
  default!: unknown

  @Field(() => [FieldOption], { nullable: true, description: 'Choices of a SELECT or MULTI_SELECT, in their order.' })
  options!: readonly FieldOption[] | null

  @Field(() => [FieldTransition], { nullable: true, description: 'Allowed changes of a SELECT; where there are none, every change is.' })
  transitions!: readonly FieldTransition[] | null

  @Field(() => FieldReference, { nullable: true, description: 'Where REFERENCE and REFERENCES lead.' })
  reference!: FieldReference | null

  @Field(() => String, { nullable: true, description: 'Least value of a number or date.' })
  min!: string | null

  @Field(() => String, { nullable: true, description: 'Greatest value.' })
  max!: string | null

  @Field(() => Int, { nullable: true, description: 'In characters.' })
  minLength!: number | null

  @Field(() => Int, { nullable: true, description: 'In characters.' })
  maxLength!: number | null

  @Field(() => Int, { nullable: true, description: 'Digits behind the point that are kept.' })
  scale!: number | null

  @Field(() => String, { nullable: true, description: 'Regular expression (RE2 syntax) that a text must match.' })
  pattern!: string | null

  @Field(() => FieldNumbering, { nullable: true, description: 'How an AUTO_NUMBER counts.' })
  numbering!: FieldNumbering | null

  @Field(() => String, { nullable: true, description: 'Expression of a FORMULA.' })
  formula!: string | null

  @Field(() => FieldRollup, { nullable: true, description: 'What a ROLLUP computes.' })
  rollup!: FieldRollup | null
}

@ObjectType({ simpleResolvers: true, description: 'A module that was made at run time, as administrators see it.' })
export class CustomModule {
  @Field(() => ID, { description: 'Permanent.' })
  id!: string

  @Field(() => String, { description: 'API name of one record.' })
  name!: string

  @Field(() => String, { description: 'API name of many.' })
  pluralName!: string

  @Field(() => String, { description: '`active` or `deleted`.' })
  state!: string

  @Field(() => DateTimeToken, { nullable: true, description: 'When it was deleted; null: it was not.' })
  deletedAt!: string | null

  @Field(() => String, { description: 'What it was made as, such as `plain` or `person`.' })
  kind!: string

  @Field(() => String, { description: 'Field that `displayName` shows.' })
  nameField!: string

  @Field(() => Int, { description: 'Place among the custom modules.' })
  position!: number
}

@ObjectType({ simpleResolvers: true, description: 'Something that depends on a field or module.' })
export class MetadataDependent {
  @Field(() => String, {
    description: '`role`, `formula`, `rollup`, `requiredWhen`, `nameField`, `reference`, `list`, `index`, `plugin` or `operation` (of the last 30 days).',
  })
  kind!: string

  @Field(() => String, { description: 'What it is called.' })
  name!: string

  @Field(() => String, { nullable: true, description: 'What more there is to say, such as which part of it depends.' })
  detail!: string | null

  @Field(() => Boolean, { description: 'It would break, so it must change first.' })
  blocking!: boolean
}

@ObjectType({ simpleResolvers: true, description: 'A field as it is after the change.' })
export class CustomFieldPayload {
  @Field(() => CustomField, { nullable: true, description: 'The field.' })
  field!: CustomField

  @Field(() => Int, { description: 'Version of the schema that has the change.' })
  schemaVersion!: number

  @Field(() => [MetadataDependent], { description: 'What depends on the field; for changes of one that stands.' })
  dependents!: readonly MetadataDependent[]
}

@ObjectType({ simpleResolvers: true, description: 'Fields that have been made.' })
export class CustomFieldsPayload {
  @Field(() => [CustomField], { description: 'The fields, in the order of the input.' })
  fields!: readonly CustomField[]

  @Field(() => Int, { description: 'Version of the schema that has the change.' })
  schemaVersion!: number
}

@ObjectType({ simpleResolvers: true, description: 'A module as it is after the change.' })
export class CustomModulePayload {
  @Field(() => CustomModule, { nullable: true, description: 'The module.' })
  module!: CustomModule

  @Field(() => Int, { description: 'Version of the schema that has the change.' })
  schemaVersion!: number

  @Field(() => [MetadataDependent], { description: 'What depends on the module; for changes of one that stands.' })
  dependents!: readonly MetadataDependent[]
}

export const PlanAction = Object.freeze({ CREATE: 'CREATE', CHANGE: 'CHANGE', REMOVE: 'REMOVE' })
export type PlanAction = keyof typeof PlanAction

registerEnumType(PlanAction, {
  name: 'MetadataPlanAction',
  description: 'What a step of a plan does.',
  valuesConfig: {
    CREATE: { description: 'Makes a field or module.' },
    CHANGE: { description: 'Changes one.' },
    REMOVE: { description: 'Deletes one; it can be restored until it is purged.' },
  },
})

@ObjectType({ simpleResolvers: true, description: 'Values that have no form in the new type of their field.' })
export class UnconvertibleValues {
  @Field(() => Int, { description: 'How many there are.' })
  count!: number

  @Field(() => [String], { description: 'Some of them.' })
  examples!: readonly string[]
}

@ObjectType({ simpleResolvers: true, description: 'Why a step of a plan cannot be carried out.' })
export class MetadataIssue {
  @Field(() => JsonScalar, { description: 'Where in the input, such as `["input", 0, "fields", 2, "type"]`.' })
  path!: readonly (string | number)[]

  @Field(() => String, { description: 'Code of the issue.' })
  code!: string

  @Field(() => String, { description: 'What is wrong, and the way out.' })
  message!: string
}

@ObjectType({ simpleResolvers: true, description: 'One difference between the state that holds and the one that is wanted.' })
export class MetadataPlanStep {
  @Field(() => PlanAction, { description: 'What it does.' })
  action!: PlanAction

  @Field(() => String, { description: 'Name of the module.' })
  module!: string

  @Field(() => String, { nullable: true, description: 'null: the module itself.' })
  field!: string | null

  @Field(() => [String], { description: 'Members of the description that change.' })
  changes!: readonly string[]

  @Field(() => [MetadataDependent], { description: 'What depends on it; `blocking` where the state does not change or remove that too.' })
  touches!: readonly MetadataDependent[]

  @Field(() => UnconvertibleValues, { nullable: true, description: 'Values that have no form in the new type; null where there are none.' })
  unconvertible!: UnconvertibleValues | null

  @Field(() => [MetadataIssue], { description: 'What stands against it; without `dryRun` the whole state is refused with the first of them.' })
  issues!: readonly MetadataIssue[]
}

@ObjectType({ simpleResolvers: true, description: 'What became of the wanted state.' })
export class ApplyMetadataPayload {
  @Field(() => [MetadataPlanStep], { description: 'What was done, or what it would take.' })
  plan!: readonly MetadataPlanStep[]

  @Field(() => Boolean, { description: 'False for a dry run, and where nothing differed.' })
  applied!: boolean

  @Field(() => Int, { description: 'Version of the schema that has the change.' })
  schemaVersion!: number
}
