import { Field, ID, Int, ObjectType, registerEnumType } from 'type-graphql'
import { DateTimeToken } from './date-time.scalar.ts'
import { JsonScalar } from './json.scalar.ts'
import { FieldOption, FieldReference, FieldTransition, FieldType } from './module.types.ts'

@ObjectType({ simpleResolvers: true, description: 'How an AUTO_NUMBER counts.' })
export class FieldNumbering {
  @Field(() => String)
  prefix!: string

  @Field(() => Int)
  padding!: number

  @Field(() => Boolean)
  perYear!: boolean

  @Field(() => Boolean)
  gapless!: boolean
}

@ObjectType({ simpleResolvers: true, description: 'What a ROLLUP computes.' })
export class FieldRollup {
  @Field(() => String)
  relation!: string

  @Field(() => String)
  function!: string

  @Field(() => String, { nullable: true })
  field!: string | null

  @Field(() => String, { nullable: true })
  filter!: string | null
}

@ObjectType({ simpleResolvers: true, description: 'A field that was made at run time, as administrators see it.' })
export class CustomField {
  @Field(() => ID, { description: 'Permanent.' })
  id!: string

  @Field(() => String)
  module!: string

  @Field(() => String)
  name!: string

  @Field(() => [String], { description: 'Earlier names, under which it can still be reached.' })
  aliases!: readonly string[]

  @Field(() => FieldType)
  type!: FieldType

  @Field(() => String, { description: '`ready`; `building` while an index that it asked for is made, `failed` where that was not possible; `deleted`.' })
  state!: string

  @Field(() => String, { nullable: true, description: 'Why it failed.' })
  failure!: string | null

  @Field(() => DateTimeToken, { nullable: true })
  deletedAt!: string | null

  @Field(() => Int)
  position!: number

  @Field(() => Boolean)
  required!: boolean

  @Field(() => String, { nullable: true })
  requiredWhen!: string | null

  @Field(() => Boolean)
  unique!: boolean

  @Field(() => Boolean)
  indexed!: boolean

  @Field(() => Boolean)
  searchable!: boolean

  @Field(() => String)
  sensitivity!: string

  @Field(() => JsonScalar, { nullable: true })
  default!: unknown

  @Field(() => [FieldOption], { nullable: true })
  options!: readonly FieldOption[] | null

  @Field(() => [FieldTransition], { nullable: true })
  transitions!: readonly FieldTransition[] | null

  @Field(() => FieldReference, { nullable: true })
  reference!: FieldReference | null

  @Field(() => String, { nullable: true })
  min!: string | null

  @Field(() => String, { nullable: true })
  max!: string | null

  @Field(() => Int, { nullable: true })
  minLength!: number | null

  @Field(() => Int, { nullable: true })
  maxLength!: number | null

  @Field(() => Int, { nullable: true })
  scale!: number | null

  @Field(() => String, { nullable: true })
  pattern!: string | null

  @Field(() => FieldNumbering, { nullable: true })
  numbering!: FieldNumbering | null

  @Field(() => String, { nullable: true })
  formula!: string | null

  @Field(() => FieldRollup, { nullable: true })
  rollup!: FieldRollup | null
}

@ObjectType({ simpleResolvers: true, description: 'A module that was made at run time, as administrators see it.' })
export class CustomModule {
  @Field(() => ID)
  id!: string

  @Field(() => String)
  name!: string

  @Field(() => String)
  pluralName!: string

  @Field(() => String, { description: '`active` or `deleted`.' })
  state!: string

  @Field(() => DateTimeToken, { nullable: true })
  deletedAt!: string | null

  @Field(() => String)
  kind!: string

  @Field(() => String)
  nameField!: string

  @Field(() => Int)
  position!: number
}

@ObjectType({ simpleResolvers: true, description: 'Something that depends on a field or module.' })
export class MetadataDependent {
  @Field(() => String, {
    description: '`role`, `formula`, `rollup`, `requiredWhen`, `nameField`, `reference`, `list`, `index`, `plugin` or `operation` (of the last 30 days).',
  })
  kind!: string

  @Field(() => String)
  name!: string

  @Field(() => String, { nullable: true })
  detail!: string | null

  @Field(() => Boolean, { description: 'It would break, so it must change first.' })
  blocking!: boolean
}

@ObjectType({ simpleResolvers: true })
export class CustomFieldPayload {
  @Field(() => CustomField, { nullable: true })
  field!: CustomField

  @Field(() => Int, { description: 'Version of the schema that has the change.' })
  schemaVersion!: number

  @Field(() => [MetadataDependent], { description: 'What depends on the field; for changes of one that stands.' })
  dependents!: readonly MetadataDependent[]
}

@ObjectType({ simpleResolvers: true })
export class CustomFieldsPayload {
  @Field(() => [CustomField])
  fields!: readonly CustomField[]

  @Field(() => Int)
  schemaVersion!: number
}

@ObjectType({ simpleResolvers: true })
export class CustomModulePayload {
  @Field(() => CustomModule, { nullable: true })
  module!: CustomModule

  @Field(() => Int, { description: 'Version of the schema that has the change.' })
  schemaVersion!: number

  @Field(() => [MetadataDependent], { description: 'What depends on the module; for changes of one that stands.' })
  dependents!: readonly MetadataDependent[]
}

export const PlanAction = Object.freeze({ CREATE: 'CREATE', CHANGE: 'CHANGE', REMOVE: 'REMOVE' })
export type PlanAction = keyof typeof PlanAction

registerEnumType(PlanAction, { name: 'MetadataPlanAction', description: 'What a step of a plan does.' })

@ObjectType({ simpleResolvers: true, description: 'Values that have no form in the new type of their field.' })
export class UnconvertibleValues {
  @Field(() => Int)
  count!: number

  @Field(() => [String])
  examples!: readonly string[]
}

@ObjectType({ simpleResolvers: true, description: 'Why a step of a plan cannot be carried out.' })
export class MetadataIssue {
  @Field(() => JsonScalar, { description: 'Where in the input, such as `["input", 0, "fields", 2, "type"]`.' })
  path!: readonly (string | number)[]

  @Field(() => String)
  code!: string

  @Field(() => String)
  message!: string
}

@ObjectType({ simpleResolvers: true, description: 'One difference between the state that holds and the one that is wanted.' })
export class MetadataPlanStep {
  @Field(() => PlanAction)
  action!: PlanAction

  @Field(() => String)
  module!: string

  @Field(() => String, { nullable: true, description: 'null: the module itself.' })
  field!: string | null

  @Field(() => [String], { description: 'Members of the description that change.' })
  changes!: readonly string[]

  @Field(() => [MetadataDependent], { description: 'What depends on it; `blocking` where the state does not change or remove that too.' })
  touches!: readonly MetadataDependent[]

  @Field(() => UnconvertibleValues, { nullable: true })
  unconvertible!: UnconvertibleValues | null

  @Field(() => [MetadataIssue], { description: 'What stands against it; without `dryRun` the whole state is refused with the first of them.' })
  issues!: readonly MetadataIssue[]
}

@ObjectType({ simpleResolvers: true })
export class ApplyMetadataPayload {
  @Field(() => [MetadataPlanStep], { description: 'What was done, or what it would take.' })
  plan!: readonly MetadataPlanStep[]

  @Field(() => Boolean, { description: 'False for a dry run, and where nothing differed.' })
  applied!: boolean

  @Field(() => Int)
  schemaVersion!: number
}
