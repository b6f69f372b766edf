import type { FieldDefinition, ModuleDefinition } from '../registry/definition.ts'

/** Who made a write, and when, as it is told to somebody; null where it is kept from him. */
export interface ShownStamps<Actor> {
  /** RFC 3339. */
  readonly at: string | null
  readonly actor: Actor | null
}

/**
 * A write on a record left its time and its author in the record, in `createdAt` and `createdBy` or in `updatedAt` and `updatedBy`; where these are not shown, they are told in no other place either.
 * `isShown`: the field is shown in full on this record.
 */
export function shownStamps<Actor>(
  module: ModuleDefinition,
  write: { readonly operation: string; readonly at: string; readonly actor: Actor | null },
  isShown: (field: FieldDefinition) => boolean,
): ShownStamps<Actor> {
  const [time, author] = write.operation === 'CREATED' ? (['createdAt', 'createdBy'] as const) : (['updatedAt', 'updatedBy'] as const)
  const shows = (name: string) => isShown(module.fields.get(name) as FieldDefinition)
  return { at: shows(time) ? write.at : null, actor: shows(author) ? write.actor : null }
}
