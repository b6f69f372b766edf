import type { FilterNode } from '../read/request.ts'

/** What a grant allows on a module's records. BULK: to change several of them in one call, each of them by the other actions. */
export const ACTIONS = ['CREATE', 'READ', 'UPDATE', 'DELETE', 'RESTORE', 'EXPORT', 'BULK'] as const
export type Action = (typeof ACTIONS)[number]

/** Which records a grant reaches, from narrow to wide. */
export const SCOPES = ['OWN', 'TEAM', 'TEAM_TREE', 'ALL'] as const
export type Scope = (typeof SCOPES)[number]

/** Level of one field, from nothing to everything. MASKED shows a part of a text and nothing of other types. */
export const FIELD_LEVELS = ['HIDDEN', 'MASKED', 'READ', 'WRITE'] as const
export type FieldLevel = (typeof FIELD_LEVELS)[number]

/**
 * Condition of a grant on rows. It is judged with the system's rights: all fields, and all related records that are not deleted. Where a value belongs, a
 * `variable` operand names one of the viewer (see `predicate-sql.ts`), bound late like the keys of scopes.
 */
export interface Predicate {
  readonly node: FilterNode
  /** Predicates of the same key are the same, values included. */
  readonly key: string
  /** It looks at nothing but the row's own columns and single records that these refer to, so that a row can be judged in the statement that writes it. */
  readonly plain: boolean
}

/** Rows that a grant reaches: those in the scope that fulfil the condition, if there is one. */
export interface Admission {
  /** ALL for rows below an access parent, whose scope is that of the parent. */
  readonly scope: Scope
  readonly where?: Predicate
  /** Rows below an access parent: those of the parents that one of these admits. Left out: of all parents that the roles reach together. Never empty. */
  readonly parent?: readonly Admission[]
}

export interface ModuleAccess {
  /** What the roles together reach per action: a row that any of these admits. An action that is not listed is not allowed; no list is empty. */
  readonly actions: ReadonlyMap<Action, readonly Admission[]>
  /** Level per field name that holds on every record that can be reached; every field of the module included, system fields too. */
  readonly fields: ReadonlyMap<string, FieldLevel>
  /** Fields whose level is higher on some of the records, by name. */
  readonly partial: ReadonlyMap<string, PartialLevel>
  /** Of a module whose records may be computed from fields of other ones: keys of the fields that are shown on all records, in their order. Left out: of all fields, deleted ones too. */
  readonly shownSources?: readonly string[]
}

/** All admissions of a module: those of its actions, and those of levels that are not the same on all records. */
export function allAdmissions({ actions, partial }: Pick<ModuleAccess, 'actions' | 'partial'>): readonly Admission[] {
  const levels = [...partial.values()].flatMap((level: PartialLevel) => Object.values(level))
  return [...actions.values(), ...levels].flat()
}

/** Records on which a field's level is higher than everywhere. What is left out is no higher on any; what holds everywhere is an admission of all. */
export interface PartialLevel {
  /** Where a part of the value is shown, or all of it. */
  readonly masked?: readonly Admission[]
  /** Where the whole value is shown. */
  readonly read?: readonly Admission[]
  /** Records that stand and on which it may be written, as far as it is shown there. */
  readonly update?: readonly Admission[]
  /** New records on which it may be written, likewise. */
  readonly create?: readonly Admission[]
}

/**
 * A principal's rights, compiled from roles. Two policies of the same `shape` differ in `scopes` alone (and in what of `held` nobody asks), so they share
 * plans and prepared statements; `scopes` enter statements as parameters.
 */
export interface AccessPolicy {
  /** Digest of modules, actions, admissions with the values of their predicates, and field levels, of `merged` and `shared`, and of the fields that conditions of `held` look at. */
  readonly shape: string
  /** Digest of the shape and of the lists in `judgedBy`: policies of one fingerprint show the same of all records. What is written by hand may ask for more of a principal (`sightOf`). */
  readonly fingerprint: string
  /** Values of the viewer that conditions of grants name: those of VIEWER_VALUES, and ids of fields of users. Sorted. */
  readonly viewerValues: readonly string[]
  /** Lists of `scopes` that have a say in what is shown. */
  readonly judgedBy: readonly KeyList[]
  readonly modules: ReadonlyMap<string, ModuleAccess>
  /** What all roles of the user come to, where this policy is that of fewer: an API key limited to one of them. */
  readonly held?: ReadonlyMap<string, ModuleAccess>
  /**
   * Values of a record's `scope_id` (its owner, or its team where it has no owner) that each scope admits:
   * OWN: the user; TEAM: members of the user's teams and those teams; TEAM_TREE: likewise with all teams below.
   */
  readonly scopes: {
    readonly OWN: readonly string[]
    readonly TEAM: readonly string[]
    readonly TEAM_TREE: readonly string[]
    /** No scope: the user and the user's own teams, with whom records are shared. */
    readonly SHARED: readonly string[]
  }
  /** Modules of which records are shared with the user or the user's teams, as far as a share can add to what the roles reach. Part of the shape. */
  readonly shared: ReadonlySet<string>
  /**
   * Scopes whose lists are read key by key and merged instead of by one scan that filters: few keys that hold a small share of
   * the rows (see `mergesScope`). Part of the shape.
   */
  readonly merged: { readonly OWN: boolean; readonly TEAM: boolean; readonly TEAM_TREE: boolean }
  /** Epochs in whose snapshot this policy was compiled; every statement of the engine compares them. */
  readonly epochs: Epochs
}

/** A list of keys that statements take as a parameter. */
export type KeyList = keyof AccessPolicy['scopes']

export interface Epochs {
  readonly schema: number
  readonly access: number
}

/**
 * Whoever has the same is shown the same, at one time and by one schema; by members that are written by hand too, which may ask for roles. `byCaller`: some of what is asked may go by who he is.
 */
export function sightOf({ policy, roles, userId, via, apiKeyId = '' }: Principal, byCaller = false): string {
  return JSON.stringify([policy.fingerprint, roles, ...(byCaller ? [userId, via, apiKeyId] : [])])
}

/** Who acts. Every function of records, domain, jobs and plugins takes it; there is no default. */
export interface Principal {
  readonly kind: 'user' | 'system'
  /** The acting user; for `system` the fixed id of the system user. */
  readonly userId: string
  /** Shown in audit: `user`, `api_key`, or the named reason of system work. */
  readonly via: string
  readonly sessionId?: string
  readonly apiKeyId?: string
  readonly roles: readonly string[]
  readonly policy: AccessPolicy
}
