import { type GraphQLSchema, isInputObjectType } from 'graphql'
import { allowedActions, type Principal } from '../auth/index.ts'
import type { LocalizedText } from '../entities/metadata.ts'
import { valueTypeOf } from '../entities/value-type.ts'
import { isAlwaysFilled } from '../records/metadata/index.ts'
import type { FieldDefinition, ModuleDefinition, Registry } from '../records/registry/definition.ts'
import { type PluginSteps, plainStep } from './field-step.ts'
import type { FieldReference } from './types/module.types.ts'
import { Field, FieldOption, Module } from './types/module.types.ts'

/** What the label resolvers need beside the visible members. */
export interface Labelled {
  readonly labels: LocalizedText
}

/** Texts that help to fill a field in. */
export interface Helpful {
  readonly helps: LocalizedText | null
}

/** What people call many records of a module. */
export interface PluralLabelled {
  readonly pluralLabels: LocalizedText
}

/** What people call the list on the other side of a reference. */
export interface ReferenceLabelled {
  readonly inverseLabels: LocalizedText | null
}

/** The version that answers: its schema says what can be asked, its registry what rights follow from. */
interface Served {
  readonly schema: GraphQLSchema
  readonly registry: Registry
}

export type FieldView = Field & Labelled & Helpful & { readonly options: readonly (FieldOption & Labelled)[] | null }
export type ModuleView = Module & Labelled & PluralLabelled & { readonly fields: readonly FieldView[] }

/** A module pruned to what the caller may use; null for one that it can do nothing with, as for one that does not exist. */
export function moduleView(module: ModuleDefinition, principal: Principal, { schema, registry }: Served, pluginSteps: PluginSteps): ModuleView | null {
  const access = principal.policy.modules.get(module.name)
  if (!access) return null
  const isUsable = (name: string) => name === '*' || principal.policy.modules.get(name)?.actions.has('READ') === true
  const isShown = (name: string) => {
    const partial = access.partial.get(name)
    return (access.fields.get(name) ?? 'HIDDEN') !== 'HIDDEN' || partial?.read !== undefined || partial?.masked !== undefined
  }
  const stepsOf = (field: FieldDefinition) => pluginSteps(registry, module, field, principal) ?? field.transitions?.map(plainStep)
  const fields = [...module.fields.values()].flatMap((field): FieldView[] => {
    const level = access.fields.get(field.name) ?? 'HIDDEN'
    if (!isShown(field.name)) return []
    // A part of a value must not be guessed by comparing, nor one that some records do not show.
    const comparable = level === 'READ' || level === 'WRITE'
    const has = (input: string) => comparable && hasMember(schema, `${module.typeName}${input}`, field.name)
    return [
      {
        name: field.name,
        type: field.type,
        labels: field.label,
        helps: field.help ?? null,
        custom: field.custom,
        required: field.required === true,
        nullable: !(comparable && isAlwaysFilled(field)),
        unique: field.unique === true,
        aliases: field.aliases ?? [],
        valueType: valueTypeOf(field),
        min: field.min ?? null,
        max: field.max ?? null,
        minLength: field.minLength ?? null,
        maxLength: field.maxLength ?? null,
        scale: field.scale ?? null,
        pattern: field.pattern ?? null,
        default: field.default ?? null,
        options: field.options?.map(({ value, label, color, retired }) => ({ value, labels: label, color: color ?? null, retired: retired === true })) ?? null,
        reference: referenceOf(field, isUsable),
        access: level,
        filterable: has('Filter'),
        sortable: has('OrderBy'),
        groupable: has('GroupBy'),
        transitions: stepsOf(field)?.map((step) => ({ ...step, requires: step.requires.filter(isShown) })) ?? null,
      },
    ]
  })
  return {
    name: module.name,
    pluralName: module.pluralName,
    labels: module.label,
    pluralLabels: module.pluralLabel,
    custom: module.custom,
    nameField: fields.some(({ name }) => name === module.nameField) ? module.nameField : null,
    actions: [...allowedActions(module, principal, registry)],
    fields,
  }
}

/** What a label takes. */
export const LOCALE = Object.freeze({ nullable: true, description: 'Such as `zh-CN`. Left out: the language of the request.' })

/** The text in a locale (`zh-CN`, or its language `zh`), else in English. */
export function localized(labels: LocalizedText, locale: string | null | undefined): string {
  const wanted = (locale ?? 'en').toLowerCase()
  const exact = Object.entries(labels).find(([known]) => known.toLowerCase() === wanted)
  const language = exact ?? Object.entries(labels).find(([known]) => known.toLowerCase().split('-')[0] === wanted.split('-')[0])
  return (language?.[1] as string | undefined) ?? labels.en
}

/** A module that the caller cannot read is not named. */
function referenceOf(field: FieldDefinition, isUsable: (module: string) => boolean): (FieldReference & ReferenceLabelled) | null {
  const module = field.type === 'USER' ? 'user' : field.reference?.module
  return module !== undefined && isUsable(module)
    ? {
        module,
        inverseName: field.reference?.inverseName ?? null,
        inverseLabels: field.reference?.inverseLabel ?? null,
        onDelete: field.reference?.onDelete ?? null,
        acyclic: field.reference?.acyclic === true,
      }
    : null
}

/** The served schema itself says what can be filtered, ordered and grouped by. */
function hasMember(schema: GraphQLSchema, typeName: string, member: string): boolean {
  const type = schema.getType(typeName)
  return isInputObjectType(type) && member in type.getFields()
}
