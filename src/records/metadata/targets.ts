import { FIRST_CUSTOM_NUMBER } from '../registry/index.ts'
import type { StoredField } from './stored.ts'

/** What identifies a module for good. */
export interface Target {
  readonly name: string
  readonly number: number
}

/** Number that a reference keeps of its target: of one that was made at run time, whose name another module can have later. */
export function targetNumber({ number }: Pick<Target, 'number'>): number | undefined {
  return number >= FIRST_CUSTOM_NUMBER ? number : undefined
}

/** The field is a reference to this module, not merely to one of its name. */
export function leadsTo({ parameters: { reference } }: Pick<StoredField, 'parameters'>, { name, number }: Target): boolean {
  if (!reference) return false
  const own = targetNumber({ number })
  return own === undefined ? reference.moduleNumber === undefined && reference.module === name : reference.moduleNumber === own
}
