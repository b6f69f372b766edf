import { ACTIONS, FIELD_LEVELS, NEW_FIELDS, SCOPES, SHARE_LEVELS } from '../../auth/index.ts'

/** Enums of the API over the policy's own words, so that neither can drift from the other. */
export const AccessAction = mirrored(ACTIONS)
export type AccessAction = (typeof ACTIONS)[number]

export const AccessScope = mirrored(SCOPES)
export type AccessScope = (typeof SCOPES)[number]

export const FieldAccess = mirrored(FIELD_LEVELS)
export type FieldAccess = (typeof FIELD_LEVELS)[number]

export const NewFieldsAccess = mirrored(NEW_FIELDS)
export type NewFieldsAccess = (typeof NEW_FIELDS)[number]

export const ShareLevel = mirrored(SHARE_LEVELS)
export type ShareLevel = (typeof SHARE_LEVELS)[number]

function mirrored<T extends string>(words: readonly T[]): { readonly [word in T]: word } {
  return Object.freeze(Object.fromEntries(words.map((word) => [word, word]))) as { readonly [word in T]: word }
}
