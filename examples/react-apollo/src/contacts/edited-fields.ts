import type { ContactRowFragment } from '../generated/graphql'

/** What the form edits, in its order. */
export const EDITED = ['name', 'jobTitle', 'department', 'email', 'phone'] as const
export type EditedField = (typeof EDITED)[number]
export type Values = Readonly<Record<EditedField, string>>
/** As inputs of the API: what is left out stays as it is, null clears. */
export type Input = Partial<Record<EditedField, string | null>>

export const NOTHING: Values = { name: '', jobTitle: '', department: '', email: '', phone: '' }

export function valuesOf(contact: ContactRowFragment): Values {
  const { name, jobTitle, department, email, phone } = contact
  return { name: name ?? '', jobTitle: jobTitle ?? '', department: department ?? '', email: email ?? '', phone: phone?.raw ?? '' }
}

/** What has been changed, and no more: fields that nobody touched are not written back. */
export function changesOf(before: Values, after: Values): Input {
  return Object.fromEntries(EDITED.filter((field) => before[field] !== after[field]).map((field) => [field, after[field].trim() || null]))
}

/** A value of a record or an input as people read it. */
export function shown(value: unknown): string {
  if (value === null || value === undefined) return ''
  return typeof value === 'object' && 'raw' in value ? String(value.raw ?? '') : String(value)
}
