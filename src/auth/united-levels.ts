import { coversAll, united } from '../records/access/admissions.ts'
import { type Action, type Admission, FIELD_LEVELS, type FieldLevel, type PartialLevel } from '../records/access/policy.ts'
import type { Reach } from './role-reach.ts'

/** What one role says of a field, and the rows of which it says so. */
export interface GivenLevel {
  readonly own: Reach
  /** HIDDEN of a role that neither reads nor writes the module. */
  readonly level: FieldLevel
}

export interface UnitedLevel {
  /** On all rows that the roles reach together. */
  readonly everywhere: FieldLevel
  /** On some of them, where it is higher there. */
  readonly partial: PartialLevel | undefined
}

/**
 * A record's level is the highest among the roles that reach this record: all opportunities without the amount, united with own opportunities with it, show
 * the amount of own ones only. What a role says of a field holds on the rows that it reads; that it may be written, on those that it may create or update.
 */
export function unitedLevel(given: readonly GivenLevel[], all: Reach): UnitedLevel {
  const [first] = given
  // Most fields: all roles say the same of them.
  if (first && given.every(({ level }) => level === first.level)) return { everywhere: first.level, partial: undefined }
  const masked = reachOf(given, 'MASKED', 'READ', all)
  const read = reachOf(given, 'READ', 'READ', all)
  const shown: FieldLevel = read.everywhere ? 'READ' : masked.everywhere ? 'MASKED' : 'HIDDEN'
  if (!read.everywhere && read.rows.length === 0) return { everywhere: shown, partial: masked.everywhere ? undefined : partialOf({ masked: masked.rows }) }
  const update = reachOf(given, 'WRITE', 'UPDATE', all)
  const create = reachOf(given, 'WRITE', 'CREATE', all)
  if (read.everywhere && update.everywhere && create.everywhere) return { everywhere: 'WRITE', partial: undefined }
  return {
    everywhere: shown,
    partial: partialOf({
      ...(!read.everywhere && { ...(!masked.everywhere && { masked: masked.rows }), read: read.rows }),
      update: update.rows,
      create: create.rows,
    }),
  }
}

interface LevelReach {
  /** The roles of this level reach all rows that the roles together reach; or nobody has the action. */
  readonly everywhere: boolean
  readonly rows: readonly Admission[]
}

function reachOf(given: readonly GivenLevel[], level: FieldLevel, action: Action, all: Reach): LevelReach {
  const roles = given.filter((role) => FIELD_LEVELS.indexOf(role.level) >= FIELD_LEVELS.indexOf(level))
  const rows = united(roles.flatMap(({ own }) => own.get(action) ?? []))
  return { everywhere: roles.length > 0 && coversAll(rows, all.get(action) ?? []), rows }
}

/** Without what is nowhere; undefined where nothing is left. */
function partialOf(level: PartialLevel): PartialLevel | undefined {
  const entries = Object.entries(level).filter(([, rows]) => rows.length > 0)
  return entries.length === 0 ? undefined : Object.freeze(Object.fromEntries(entries))
}
