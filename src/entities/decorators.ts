import 'reflect-metadata'
import { Field, Int, ObjectType } from 'type-graphql'
import { Column, type ColumnOptions, Entity } from 'typeorm'
import { DefectError } from '../errors/index.ts'
import { isGenerated } from './columns.ts'
import type { FieldMetadata, FieldType, LocalizedText, ModuleMetadata, ReferenceMetadata } from './metadata.ts'
import { snakeCase } from './naming-strategy.ts'
import { text } from './text.ts'
import { GeneratedMoneyColumns, MoneyColumns, PhoneColumns } from './value-columns.ts'

/**
 * Decorators that declare a core module once: `@Module` on the class and one field decorator per property give the TypeORM
 * column, the TypeGraphQL field and the `FieldMetadata` that the registry is built from. A property's name is the field's
 * API name. Labels come first, in English and Chinese: `@TextField('Name', '名称', { required: true })`.
 *
 * The TypeGraphQL types are tokens for hand-written operations (`@Query(() => User)`); their fields are derived anew from
 * the registry when the final schema is built.
 */
export type FieldOptions = Partial<Omit<FieldMetadata, 'name' | 'type' | 'label' | 'reference' | 'options' | 'numbering'>>

// biome-ignore lint/complexity/noBannedTypes: the class side of an entity, whatever its constructor.
type EntityClass = Function

const FIELDS = Symbol('guanxi.fields')
const MODULE = Symbol('guanxi.module')

type ModuleOptions = Omit<ModuleMetadata, 'fields'>

/** Makes a class a core module: its table, its GraphQL type and its metadata. */
export function Module(options: ModuleOptions): ClassDecorator {
  return (target) => {
    Entity({ name: options.table })(target)
    ObjectType({ simpleResolvers: true })(target)
    const fields: FieldMetadata[] = Reflect.getOwnMetadata(FIELDS, target) ?? []
    Reflect.defineMetadata(MODULE, Object.freeze({ ...options, fields: Object.freeze(fields) }), target)
  }
}

/** Metadata of a class decorated with `@Module`; throws DefectError for another class. */
export function moduleMetadataOf(entity: EntityClass): ModuleMetadata {
  const metadata: ModuleMetadata | undefined = Reflect.getOwnMetadata(MODULE, entity)
  if (!metadata) throw new DefectError(`${entity.name} is not decorated with @Module`)
  return metadata
}

type Extra = Pick<FieldMetadata, 'reference' | 'options' | 'numbering'>

/** GraphQL scalar of the types that have a plain one; the registry gives all others. */
const SCALARS: Readonly<Partial<Record<FieldType, () => typeof String | typeof Boolean | typeof Int | [typeof String]>>> = {
  TEXT: () => String,
  LONG_TEXT: () => String,
  EMAIL: () => String,
  URL: () => String,
  SELECT: () => String,
  AUTO_NUMBER: () => String,
  INTEGER: () => Int,
  RATING: () => Int,
  DURATION: () => Int,
  BOOLEAN: () => Boolean,
  MULTI_SELECT: () => [String],
}

const COLUMNS: Readonly<Partial<Record<FieldType, ColumnOptions>>> = {
  TEXT: { type: 'text' },
  LONG_TEXT: { type: 'text' },
  EMAIL: { type: 'text' },
  URL: { type: 'text' },
  SELECT: { type: 'text' },
  AUTO_NUMBER: { type: 'text' },
  INTEGER: { type: 'int' },
  RATING: { type: 'smallint' },
  DURATION: { type: 'bigint' },
  DECIMAL: { type: 'numeric' },
  PERCENT: { type: 'numeric' },
  BOOLEAN: { type: 'boolean' },
  DATE: { type: 'date' },
  DATETIME: { type: 'timestamptz', precision: 3 },
  MULTI_SELECT: { type: 'text', array: true },
  ADDRESS: { type: 'jsonb' },
  GEO: { type: 'jsonb' },
  JSON: { type: 'jsonb' },
  REFERENCE: { type: 'uuid' },
  USER: { type: 'uuid' },
}

const isRelation = (type: FieldType) => type === 'REFERENCE' || type === 'USER'

function declare(type: FieldType, label: LocalizedText, options: FieldOptions, extra: Extra = {}): PropertyDecorator {
  return (prototype, property) => {
    if (typeof property !== 'string') throw new DefectError('a field needs a name')
    const { column = isRelation(type) ? `${snakeCase(property)}_id` : snakeCase(property), ...rest } = options
    const metadata: FieldMetadata = Object.freeze({ name: property, type, label, ...rest, ...extra, column })
    const own: FieldMetadata[] = Reflect.getOwnMetadata(FIELDS, prototype.constructor) ?? []
    Reflect.defineMetadata(FIELDS, [...own, metadata], prototype.constructor)
    if (type === 'MONEY') Column(() => (isGenerated(metadata) ? GeneratedMoneyColumns : MoneyColumns), { prefix: column })(prototype, property)
    else if (type === 'PHONE') Column(() => PhoneColumns, { prefix: column })(prototype, property)
    else Column({ ...COLUMNS[type], name: column, nullable: !options.required })(prototype, property)
    const scalar = SCALARS[type]
    if (scalar) Field(scalar, { nullable: true })(prototype, property)
  }
}

type Simple = (en: string, zh: string, options?: FieldOptions) => PropertyDecorator

const simple =
  (type: FieldType): Simple =>
  (en, zh, options = {}) =>
    declare(type, text(en, zh), options)

export const TextField = simple('TEXT')
export const LongTextField = simple('LONG_TEXT')
export const EmailField = simple('EMAIL')
export const UrlField = simple('URL')
/** Two columns: as typed and E.164 (`PhoneColumns`). */
export const PhoneField = simple('PHONE')
export const IntegerField = simple('INTEGER')
export const RatingField = simple('RATING')
/** Whole seconds. */
export const DurationField = simple('DURATION')
export const DecimalField = simple('DECIMAL')
/** A share: 0.15 is 15 %. */
export const PercentField = simple('PERCENT')
/** Three columns (`MoneyColumns`), which PostgreSQL generates where `generatedFrom` says from which fields. */
export const MoneyField = simple('MONEY')
export const BooleanField = simple('BOOLEAN')
export const DateField = simple('DATE')
export const DateTimeField = simple('DATETIME')
export const AddressField = simple('ADDRESS')
export const GeoField = simple('GEO')
export const JsonField = simple('JSON')

type SelectFieldOptions = FieldOptions & { options: NonNullable<FieldMetadata['options']> }

/** One of `options`, stored by value. */
export function SelectField(en: string, zh: string, { options, ...rest }: SelectFieldOptions): PropertyDecorator {
  return declare('SELECT', text(en, zh), rest, { options })
}

/** Any number of `options`, stored by value as an array; where it is required, one at least. */
export function MultiSelectField(en: string, zh: string, { options, ...rest }: SelectFieldOptions): PropertyDecorator {
  return declare('MULTI_SELECT', text(en, zh), rest, { options })
}

/** A number out of the field's own series, taken by the write pipeline when none is given. */
export function AutoNumberField(
  en: string,
  zh: string,
  { numbering, ...rest }: FieldOptions & { numbering: NonNullable<FieldMetadata['numbering']> },
): PropertyDecorator {
  return declare('AUTO_NUMBER', text(en, zh), { unique: true, ...rest }, { numbering })
}

type ReferenceOptions = FieldOptions & { to: string; inverse?: readonly [name: string, en: string, zh: string] } & Partial<
    Pick<ReferenceMetadata, 'onDelete' | 'acyclic'>
  >

/**
 * A reference to a record of the module named `to` (`*`: of any module). The module is named by text, so that entity files
 * never import each other. `inverse` names the list on the other side. Without `onDelete` the reference is cleared.
 */
export function ReferenceField(en: string, zh: string, { to, inverse, onDelete = 'clear', acyclic, ...rest }: ReferenceOptions): PropertyDecorator {
  const inverseSide = inverse && { inverseName: inverse[0], inverseLabel: text(inverse[1], inverse[2]) }
  return declare('REFERENCE', text(en, zh), rest, { reference: Object.freeze({ module: to, onDelete, ...(acyclic && { acyclic }), ...inverseSide }) })
}

/** A reference to a user; has no list on the user's side. */
export function UserField(
  en: string,
  zh: string,
  { onDelete = 'clear', ...rest }: FieldOptions & Partial<Pick<ReferenceMetadata, 'onDelete'>> = {},
): PropertyDecorator {
  return declare('USER', text(en, zh), rest, { reference: Object.freeze({ module: 'user', onDelete }) })
}
