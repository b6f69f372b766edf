import { GuanxiError, type Message, say } from '../../errors/index.ts'
import type { Workspace } from './workspace.ts'

/** Fields that one call may make. */
export const FIELDS_PER_CALL = 100
/** Custom fields that a module may have. */
export const FIELDS_PER_MODULE = 500
/** Fields of a module that may be unique: their columns all stand in the module's own table. */
export const KEYS_PER_MODULE = 50

interface Count {
  readonly fields: number
  readonly keys: number
}

/** Active custom fields of each module that has some, by its number. */
export type FieldCounts = ReadonlyMap<number, Count>

export function countFields({ fields }: Workspace): FieldCounts {
  const counts = new Map<number, Count>()
  for (const { state, moduleNumber, parameters } of fields) {
    if (state !== 'active') continue
    const before = counts.get(moduleNumber) ?? { fields: 0, keys: 0 }
    counts.set(moduleNumber, { fields: before.fields + 1, keys: before.keys + (parameters.unique === true ? 1 : 0) })
  }
  return counts
}

/** What a change leads to, and who it concerns. */
export interface Excess {
  readonly module: string
  readonly message: Message
  readonly limit: number
}

/**
 * The limits that the state would break after a change, whichever way it got there: by new fields, by a key that was none before, by a restore. What was
 * beyond a limit before and does not grow stands in nobody's way.
 */
export function findExcess(before: FieldCounts, workspace: Workspace): Excess[] {
  return [...countFields(workspace)].flatMap(([number, { fields, keys }]): Excess[] => {
    const module = workspace.moduleOf({ moduleNumber: number })?.name
    if (module === undefined) return []
    const was = before.get(number) ?? { fields: 0, keys: 0 }
    const found: Excess[] = []
    if (fields > FIELDS_PER_MODULE && fields > was.fields)
      found.push({ module, limit: FIELDS_PER_MODULE, message: say`A module may have ${FIELDS_PER_MODULE} custom fields; ${module} would have ${fields}.` })
    if (keys > KEYS_PER_MODULE && keys > was.keys)
      found.push({ module, limit: KEYS_PER_MODULE, message: say`A module may have ${KEYS_PER_MODULE} unique custom fields; ${module} would have ${keys}.` })
    return found
  })
}

/** Throws LIMIT_EXCEEDED. */
export function checkLimits(before: FieldCounts, workspace: Workspace): void {
  const [excess] = findExcess(before, workspace)
  if (excess) throw new GuanxiError('LIMIT_EXCEEDED', excess.message, { limit: excess.limit })
}

/** Throws LIMIT_EXCEEDED for a call that asks for too many fields at once. */
export function checkCall(fields: number): void {
  if (fields > FIELDS_PER_CALL)
    throw new GuanxiError('LIMIT_EXCEEDED', say`One call may make ${FIELDS_PER_CALL} fields; these are ${fields}. Send them in parts.`, {
      limit: FIELDS_PER_CALL,
    })
}
