import type { LocalizedText } from '../entities/metadata.ts'
import type { FieldView, LabelInput, ModuleView } from '../records/metadata/index.ts'
import { plainStep } from './field-step.ts'
import type { Helpful, Labelled, PluralLabelled, ReferenceLabelled } from './module-view.ts'
import type { CustomField, CustomModule } from './types/metadata.types.ts'
import type { FieldOption, FieldReference } from './types/module.types.ts'

function textOf(labels: readonly LabelInput[] | null | undefined): LocalizedText {
  const texts = Object.fromEntries((labels ?? []).map(({ locale, text }) => [locale, text]))
  return { en: '', ...texts }
}

/** Null where there are none. */
function textsOf(labels: readonly LabelInput[] | null | undefined): LocalizedText | null {
  return labels && labels.length > 0 ? textOf(labels) : null
}

function referenceOf({ reference }: FieldView['description']): (FieldReference & ReferenceLabelled) | null {
  if (!reference) return null
  const { module, inverseName, inverseLabels, onDelete, acyclic } = reference
  return { module, inverseName: inverseName ?? null, inverseLabels: textsOf(inverseLabels), onDelete: onDelete ?? null, acyclic: acyclic === true }
}

/** A custom field as the API shows it to administrators. */
export function customFieldOf({ id, module, state, failure, deletedAt, description }: FieldView): CustomField & Labelled & Helpful {
  const { name, type, aliases, options, numbering, rollup } = description
  return {
    id,
    module,
    name,
    aliases: aliases ?? [],
    type,
    state,
    failure,
    deletedAt,
    labels: textOf(description.labels),
    helps: textsOf(description.helps),
    position: description.position ?? 0,
    required: description.required === true,
    requiredWhen: description.requiredWhen ?? null,
    unique: description.unique === true,
    indexed: description.indexed === true,
    searchable: description.searchable === true,
    sensitivity: description.sensitivity ?? 'none',
    default: description.default ?? null,
    options:
      options?.map(({ value, labels, color, retired }): FieldOption & Labelled => ({
        value,
        labels: textOf(labels),
        color: color ?? null,
        retired: retired === true,
      })) ?? null,
    transitions: description.transitions?.map(plainStep) ?? null,
    reference: referenceOf(description),
    min: description.min == null ? null : String(description.min),
    max: description.max == null ? null : String(description.max),
    minLength: description.minLength ?? null,
    maxLength: description.maxLength ?? null,
    scale: description.scale ?? null,
    pattern: description.pattern ?? null,
    numbering: numbering
      ? { prefix: numbering.prefix ?? '', padding: numbering.padding ?? 0, perYear: numbering.perYear === true, gapless: numbering.gapless !== false }
      : null,
    formula: description.formula ?? null,
    rollup: rollup ? { relation: rollup.relation, function: rollup.function, field: rollup.field ?? null, filter: rollup.filter ?? null } : null,
  }
}

export function customModuleOf({ id, state, deletedAt, description }: ModuleView): CustomModule & Labelled & PluralLabelled {
  const { name, pluralName, kind, nameField, position, labels, pluralLabels } = description
  return {
    id,
    name,
    pluralName,
    state,
    deletedAt,
    kind: kind ?? 'plain',
    nameField: nameField ?? 'id',
    position: position ?? 0,
    labels: textOf(labels),
    pluralLabels: textOf(pluralLabels),
  }
}
