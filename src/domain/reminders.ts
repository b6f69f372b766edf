import type { AppliedChange, ModuleRule } from '../records/write/index.ts'
import { deliverByEmail } from './deliveries.ts'

/** States in which a reminder tells, or should have told. */
const TOLD: ReadonlySet<unknown> = new Set(['fired', 'missed'])

/** A reminder that comes to have fired, or to be missed, tells its recipient (the owner where there is none) by e-mail, if that is among its channels. */
export const reminderRule: ModuleRule = {
  module: 'reminder',
  after: (changes, context) =>
    deliverByEmail(
      changes.filter(tellsByEmail).map(({ id, after }) => ({ record: id, recipient: (after['recipient'] ?? after['owner'] ?? null) as string | null })),
      context,
    ),
}

function tellsByEmail({ operation, before, after }: AppliedChange): boolean {
  if (operation !== 'UPDATED' || TOLD.has(before?.['state']) || !TOLD.has(after['state'])) return false
  return ((after['channels'] ?? []) as readonly string[]).includes('email')
}
