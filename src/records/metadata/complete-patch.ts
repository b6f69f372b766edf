import { describeField } from './describe-field.ts'
import type { LabelInput, ReferenceInput } from './field-input.ts'
import type { StoredField } from './stored.ts'
import type { FieldPatch } from './update-field.ts'
import type { Workspace } from './workspace.ts'

/**
 * The patch with what nested members leave out, which stays as it is (null clears it): where a reference leads and what its list is called, and the text in
 * English. A state, which says all that a field has, needs none of it.
 */
export function completePatch(before: StoredField, patch: FieldPatch, workspace: Workspace): FieldPatch {
  const { reference, labels, helps } = describeField(before, workspace.registry)
  const led = patch.reference && reference ? { reference: { ...reference, ...given(patch.reference), ...inverseLabels(reference, patch.reference) } } : {}
  return {
    ...patch,
    ...led,
    ...(patch.labels != null && patch.label == null && { labels: withEnglish(patch.labels, labels) }),
    ...(patch.helps != null && patch.help == null && { helps: withEnglish(patch.helps, helps) }),
  }
}

/** Texts that are given, and the English one that is there where none is given. */
function withEnglish(texts: readonly LabelInput[], known: readonly LabelInput[] | null | undefined): readonly LabelInput[] {
  return texts.some(isEnglish) ? texts : [...(known ?? []).filter(isEnglish), ...texts]
}

function inverseLabels(
  { inverseLabels: known }: ReferenceInput,
  { inverseLabel, inverseLabels: texts }: ReferenceInput,
): Pick<ReferenceInput, 'inverseLabels'> {
  if (inverseLabel == null) return texts == null ? {} : { inverseLabels: withEnglish(texts, known) }
  // The plain one stands for English.
  return { inverseLabels: texts ?? (known ?? []).filter((text) => !isEnglish(text)) }
}

function isEnglish({ locale }: LabelInput): boolean {
  return locale.toLowerCase() === 'en'
}

function given<T extends object>(members: T): Partial<T> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as Partial<T>
}
