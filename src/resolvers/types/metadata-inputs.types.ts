import { Field, InputType, Int } from 'type-graphql'
import { JsonScalar } from './json.scalar.ts'
import { FieldType } from './module.types.ts'

@InputType({ description: 'A text in one locale.' })
export class LabelInput {
  @Field(() => String, { description: '`en` or `zh-CN`.' })
  locale!: string

  @Field(() => String, { description: 'The text.' })
  text!: string
}

@InputType({ description: 'A choice of a SELECT or MULTI_SELECT field.' })
export class CustomFieldOptionInput {
  @Field(() => String, { description: 'What records hold; permanent.' })
  value!: string

  @Field(() => String, { nullable: true, description: 'The value itself unless given.' })
  label?: string | null

  @Field(() => [LabelInput], { nullable: true, description: 'What people read, by locale.' })
  labels?: LabelInput[] | null

  @Field(() => String, { nullable: true, description: '`#rrggbb`.' })
  color?: string | null

  @Field(() => Boolean, { nullable: true, description: 'Stays readable and can no longer be chosen.' })
  retired?: boolean | null
}

@InputType({ description: 'An allowed change of a SELECT; where there are none, every change is.' })
export class CustomFieldTransitionInput {
  @Field(() => String, {
    nullable: true,
    description: 'The value that it goes from. Null: on create, and from no value. Where no transition begins with null, every value may be the first.',
  })
  from?: string | null

  @Field(() => String, { nullable: true, description: 'The value that it goes to. Null: to no value. Without such a one the field cannot be cleared.' })
  to?: string | null
}

@InputType({ description: 'Where a REFERENCE or REFERENCES leads.' })
export class CustomFieldReferenceInput {
  @Field(() => String, { description: 'Name of the module; `*`: a record of any module (REFERENCE).' })
  module!: string

  @Field(() => String, { nullable: true, description: 'Name of the list on the other side; none unless given.' })
  inverseName?: string | null

  @Field(() => String, { nullable: true, description: 'What people read of the list on the other side.' })
  inverseLabel?: string | null

  @Field(() => [LabelInput], { nullable: true, description: 'The same by locale.' })
  inverseLabels?: LabelInput[] | null

  @Field(() => String, { nullable: true, description: 'When the target goes to the recycle bin: `clear` (unless given), `restrict` or `cascade`.' })
  onDelete?: string | null

  @Field(() => Boolean, {
    nullable: true,
    description: 'No record may lead back to itself, by however many steps: for a REFERENCE or REFERENCES to the module that holds it. Permanent.',
  })
  acyclic?: boolean | null
}

@InputType({ description: 'How an AUTO_NUMBER counts.' })
export class CustomFieldNumberingInput {
  @Field(() => String, { nullable: true, description: 'What stands before the digits.' })
  prefix?: string | null

  @Field(() => Int, { nullable: true, description: 'Digits at least.' })
  padding?: number | null

  @Field(() => Boolean, { nullable: true, description: 'Begins anew each year, which stands behind the prefix. Such series have no gaps.' })
  perYear?: boolean | null

  @Field(() => Boolean, { nullable: true, description: 'No number is ever missing; writers of the module then wait for each other.' })
  gapless?: boolean | null
}

@InputType({ description: 'What a ROLLUP computes over the records of a list, as far as its reader may read them.' })
export class CustomFieldRollupInput {
  @Field(() => String, { description: 'Name of a list of the module, such as `contacts`.' })
  relation!: string

  @Field(() => String, { description: 'COUNT, SUM, AVG, MIN or MAX.' })
  function!: string

  @Field(() => String, { nullable: true, description: 'Field of the listed records; not for COUNT.' })
  field?: string | null

  @Field(() => String, { nullable: true, description: 'Only records for which this expression holds.' })
  filter?: string | null
}

@InputType({ description: 'What fields have besides name and type. Left out and null mean the same when a field is made.' })
class FieldAttributesInput {
  @Field(() => String, { nullable: true, description: 'What people read, in English or any other script; made of the name unless given.' })
  label?: string | null

  @Field(() => [LabelInput], { nullable: true, description: 'What people read, by locale.' })
  labels?: LabelInput[] | null

  @Field(() => String, { nullable: true, description: 'A sentence that helps to fill it in.' })
  help?: string | null

  @Field(() => [LabelInput], { nullable: true, description: 'The sentence that helps to fill it in, by locale.' })
  helps?: LabelInput[] | null

  @Field(() => Int, { nullable: true, description: "Place among the module's custom fields; the last unless given." })
  position?: number | null

  @Field(() => Boolean, { nullable: true, description: 'A value is demanded on create and cannot be cleared. With a default, existing records get that.' })
  required?: boolean | null

  @Field(() => String, { nullable: true, description: 'A value is demanded of records for which this expression holds, such as `status = "lost"`.' })
  requiredWhen?: string | null

  @Field(() => Boolean, { nullable: true, description: 'No two records share a value; makes the field a key. TEXT, EMAIL, INTEGER, AUTO_NUMBER.' })
  unique?: boolean | null

  @Field(() => Boolean, { nullable: true, description: 'Filters and orders by it are fast on many records.' })
  indexed?: boolean | null

  @Field(() => Boolean, { nullable: true, description: "Part of the module's search; the first few texts are unless said otherwise." })
  searchable?: boolean | null

  @Field(() => String, {
    nullable: true,
    description: '`none` (unless given), `personal`, `sensitive` or `finance`; all but `none` are hidden from roles that do not list the field.',
  })
  sensitivity?: string | null

  @Field(() => JsonScalar, { nullable: true, description: 'Input value taken on create when nothing is given.' })
  default?: unknown

  @Field(() => [CustomFieldOptionInput], {
    nullable: true,
    description: 'Choices of a SELECT or MULTI_SELECT in their order. On update: those that are left out are retired.',
  })
  options?: CustomFieldOptionInput[] | null

  @Field(() => [CustomFieldTransitionInput], { nullable: true, description: 'Allowed changes of a SELECT; every one unless given.' })
  transitions?: CustomFieldTransitionInput[] | null

  @Field(() => CustomFieldReferenceInput, { nullable: true, description: 'Where REFERENCE and REFERENCES lead.' })
  reference?: CustomFieldReferenceInput | null

  @Field(() => JsonScalar, { nullable: true, description: 'Least value of a number or date: a number, a day or an instant.' })
  min?: unknown

  @Field(() => JsonScalar, { nullable: true, description: 'Greatest value.' })
  max?: unknown

  @Field(() => Int, { nullable: true, description: 'In characters.' })
  minLength?: number | null

  @Field(() => Int, { nullable: true, description: 'In characters: 500 for TEXT and 100,000 for LONG_TEXT unless given.' })
  maxLength?: number | null

  @Field(() => Int, { nullable: true, description: 'Digits behind the point that are kept.' })
  scale?: number | null

  @Field(() => String, { nullable: true, description: 'Regular expression (RE2 syntax) that a text must match somewhere; `^…$` for the whole.' })
  pattern?: string | null

  @Field(() => CustomFieldNumberingInput, { nullable: true, description: 'How an AUTO_NUMBER counts.' })
  numbering?: CustomFieldNumberingInput | null

  @Field(() => String, { nullable: true, description: 'Expression of a FORMULA, such as `price * quantity`.' })
  formula?: string | null

  @Field(() => CustomFieldRollupInput, { nullable: true, description: 'What a ROLLUP computes.' })
  rollup?: CustomFieldRollupInput | null
}

@InputType({ description: 'A field of a module that is being made.' })
export class CustomModuleFieldInput extends FieldAttributesInput {
  @Field(() => String, { description: 'API name: letters and digits, beginning with a small letter.' })
  name!: string

  @Field(() => FieldType, { description: 'Its type.' })
  type!: FieldType
}

@InputType({ description: 'A new field of any module.' })
export class CreateCustomFieldInput extends CustomModuleFieldInput {
  @Field(() => String, { description: 'Name of the module that gets it.' })
  module!: string
}

@InputType({ description: 'New values of a field. Left out: unchanged. null: cleared.' })
export class UpdateCustomFieldInput extends FieldAttributesInput {
  @Field(() => String, { nullable: true, description: 'A new API name; the old one goes on as a deprecated alias.' })
  name?: string | null

  @Field(() => FieldType, { nullable: true, description: 'Another type; refused while there are values that have no form in it.' })
  type?: FieldType | null

  @Field(() => [String], { nullable: true, description: 'Earlier names to keep; the others are removed.' })
  aliases?: string[] | null
}

@InputType({ description: 'What modules have besides their API names.' })
class ModuleAttributesInput {
  @Field(() => String, { nullable: true, description: 'What people call one record; made of the name unless given.' })
  label?: string | null

  @Field(() => [LabelInput], { nullable: true, description: 'What people call one record, by locale.' })
  labels?: LabelInput[] | null

  @Field(() => String, { nullable: true, description: 'What people call many of them.' })
  pluralLabel?: string | null

  @Field(() => [LabelInput], { nullable: true, description: 'What people call many of them, by locale.' })
  pluralLabels?: LabelInput[] | null

  @Field(() => String, { nullable: true, description: 'Field that `displayName` shows: `name`, or the first text, unless given.' })
  nameField?: string | null

  @Field(() => Int, { nullable: true, description: 'Place among the custom modules.' })
  position?: number | null
}

@InputType({ description: 'A new module.' })
export class CreateCustomModuleInput extends ModuleAttributesInput {
  @Field(() => String, { description: 'API name of one record: letters and digits, beginning with a small letter. Permanent.' })
  name!: string

  @Field(() => String, { description: 'API name of many. Permanent.' })
  pluralName!: string

  @Field(() => String, {
    nullable: true,
    description: '`plain` (unless given), `person`, `company`, `event` or `document`: brings the usual fields, see docs/custom-fields.md.',
  })
  kind?: string | null

  @Field(() => [CustomModuleFieldInput], { nullable: true, description: 'Fields that it begins with.' })
  fields?: CustomModuleFieldInput[] | null
}

@InputType({ description: 'New values of a module. Left out: unchanged.' })
export class UpdateCustomModuleInput extends ModuleAttributesInput {}

@InputType({ description: 'A field of the wanted state.' })
export class FieldStateInput extends CustomModuleFieldInput {
  @Field(() => [String], { nullable: true, description: 'Earlier names to keep.' })
  aliases?: string[] | null

  @Field(() => String, { nullable: true, description: 'The name that it has now, where it is to be renamed. Not to be sent once it is.' })
  was?: string | null
}

@InputType({ description: 'The wanted state of one module: of a core one its custom fields, of a custom one everything.' })
export class ModuleStateInput extends ModuleAttributesInput {
  @Field(() => String, { description: 'API name of the module.' })
  name!: string

  @Field(() => String, { nullable: true, description: 'Demanded of custom modules.' })
  pluralName?: string | null

  @Field(() => String, { nullable: true, description: 'What it was made as; brings no fields here: those of the state are all.' })
  kind?: string | null

  @Field(() => [FieldStateInput], { nullable: true, description: 'All of its custom fields; others are removed.' })
  fields?: FieldStateInput[] | null
}
