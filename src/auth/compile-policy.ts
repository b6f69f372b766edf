import { createHash } from 'node:crypto'
import { parentOf } from '../records/access/access-parent.ts'
import { admissionsKey } from '../records/access/admissions.ts'
import type { AccessPolicy, Admission, Epochs, FieldLevel, KeyList, ModuleAccess, PartialLevel, Scope } from '../records/access/policy.ts'
import { allAdmissions, FIELD_LEVELS, SCOPES } from '../records/access/policy.ts'
import { predicateFields } from '../records/access/predicate-fields.ts'
import { viewerValuesIn } from '../records/access/predicate-sql.ts'
import { mergesScope } from '../records/access/secured.ts'
import type { FieldDefinition, ModuleDefinition, Registry } from '../records/registry/definition.ts'
import { WRITABLE_SYSTEM_FIELDS } from '../records/registry/index.ts'
import { limitComputed } from './computed-levels.ts'
import { fieldKey, moduleKey } from './module-key.ts'
import { limitReferences } from './reference-levels.ts'
import { RoleReaches } from './role-reach.ts'
import type { FieldGrant, Grant, NewFields } from './shipped-roles.ts'
import { limitSources } from './shown-sources.ts'
import { type GivenLevel, unitedLevel } from './united-levels.ts'

/** The part of a role that rights follow from. */
export interface RoleRights {
  readonly grants: readonly Grant[]
  readonly fields: readonly FieldGrant[]
  /** FOLLOW unless given. */
  readonly newFields?: NewFields
  /** Ordinal of the last custom field that is no new one. */
  readonly newFieldsAfter?: number
}

/** Rights per module without the caller's own keys; shared by all who hold the same roles. */
export interface CompiledModules {
  readonly modules: ReadonlyMap<string, ModuleAccess>
  /** Digest of modules, actions, scopes and levels. */
  readonly digest: string
  /** Scopes that occur, narrow to wide. */
  readonly scopes: readonly Scope[]
  /** Access parents whose children some roles reach only by the parents that the same role reaches: a shared parent opens its children all the same. */
  readonly pairedParents: ReadonlySet<string>
  /** Text of the fields that conditions look at on records of each module themselves. */
  readonly judged: string
  /** As AccessPolicy has it. */
  readonly viewerValues: readonly string[]
}

/**
 * Unites roles: per action all rows that any of them reaches, and per field and row the highest level among the roles that reach the row. A field that a role does not list follows that role's actions on the
 * module where it is not sensitive, and is HIDDEN where it is. A role without READ, CREATE or UPDATE on the module adds no field, whatever it lists. Computed fields follow what they are made of.
 */
export function compileModules(roles: readonly RoleRights[], registry: Registry): CompiledModules {
  const stored = new Map<string, ModuleAccess>()
  const reaches = new RoleReaches(roles, registry)
  for (const module of [...registry.modules.values()].sort((a, b) => a.number - b.number)) {
    const access = compileModule(reaches, module)
    if (access) stored.set(module.name, access)
  }
  const modules = limitSources(limitComputed(limitReferences(stored, registry), registry), roles, registry)
  const hash = createHash('sha256')
  const used = new Set<Scope>()
  const pairedParents = new Set<string>()
  const viewerValues = new Set<string>()
  const judged: unknown[] = []
  for (const [name, access] of modules) {
    const actions = [...access.actions].map(([action, admissions]) => [action, admissionsKey(admissions)])
    hash.update(
      `${name}:${JSON.stringify(actions)}:${[...access.fields].map(([field, level]) => `${field}=${FIELD_LEVELS.indexOf(level)}`).join(';')}:${JSON.stringify([...access.partial].map(([field, level]) => [field, partialKey(level)]))}:${access.shownSources?.join() ?? '*'}\n`,
    )
    // Whom such records tell sees those that have told him.
    if (access.shownSources) used.add('OWN')
    for (const admission of allAdmissions(access)) {
      addScopes(admission, used)
      for (const name of valuesIn(admission)) viewerValues.add(name)
    }
    const looked = predicateFields(registry.module(name), { modules })
    if (looked.size > 0) judged.push([name, [...looked].sort()])
    const isPaired = [...access.actions.values()].flat().some(({ parent }) => parent)
    if (isPaired) pairedParents.add(parentOf(registry.module(name), registry).module.name)
  }
  return {
    modules,
    digest: hash.digest('base64url'),
    scopes: SCOPES.filter((scope) => used.has(scope)),
    pairedParents,
    viewerValues: [...viewerValues].sort(),
    judged: JSON.stringify(judged),
  }
}

function addScopes({ scope, parent }: Admission, used: Set<Scope>): void {
  used.add(scope)
  for (const admission of parent ?? []) addScopes(admission, used)
}

function partialKey({ masked, read, update, create }: PartialLevel) {
  return [masked, read, update, create].map(admissionsKey)
}

function valuesIn({ where, parent = [] }: Admission): readonly string[] {
  return [...(where ? viewerValuesIn(where.node) : []), ...parent.flatMap(valuesIn)]
}

/** Keys of each scope for one user, the number of all users and teams, and modules of which records are shared with the user. */
export interface ScopeKeys {
  readonly scopes: AccessPolicy['scopes']
  readonly population: number
  /** None unless given. */
  readonly shared?: readonly string[]
  /** What all roles of the user come to, where the policy is that of fewer. */
  readonly held?: CompiledModules
}

/** Binds compiled modules to one user's keys. */
export function bindPolicy(compiled: CompiledModules, { scopes, population, shared: all = [], held }: ScopeKeys, epochs: Epochs): AccessPolicy {
  // A scope that no grant uses must not split policies into more shapes.
  const merges = (scope: Exclude<Scope, 'ALL'>) => compiled.scopes.includes(scope) && mergesScope(scopes[scope].length, population)
  const merged = { OWN: merges('OWN'), TEAM: merges('TEAM'), TEAM_TREE: merges('TEAM_TREE') }
  // Nor what shares add nothing to.
  const shared = new Set(all.filter((name) => sharesAdd(compiled.modules.get(name)) || compiled.pairedParents.has(name)).sort())
  const shape = createHash('sha256')
    .update(`${compiled.digest}|${Object.values(merged).join()}|${[...shared].join()}|${held?.judged ?? ''}`)
    .digest('base64url')
    .slice(0, 27)
  const judgedBy: KeyList[] = [
    ...(compiled.viewerValues.length > 0 || shared.size > 0 || compiled.scopes.includes('OWN') ? (['OWN'] as const) : []),
    ...compiled.scopes.filter((scope) => scope !== 'ALL' && scope !== 'OWN'),
    ...(shared.size > 0 ? (['SHARED'] as const) : []),
  ]
  const fingerprint = createHash('sha256')
    .update(JSON.stringify([shape, judgedBy.map((list) => scopes[list])]))
    .digest('base64url')
    .slice(0, 27)
  return Object.freeze({
    shape,
    fingerprint,
    viewerValues: Object.freeze(compiled.viewerValues),
    judgedBy: Object.freeze(judgedBy),
    modules: compiled.modules,
    ...(held && { held: held.modules }),
    scopes: Object.freeze(scopes),
    merged: Object.freeze(merged),
    shared,
    epochs: Object.freeze(epochs),
  })
}

/** An action that shares give reaches some rows of the module, and not all. */
function sharesAdd(access: ModuleAccess | undefined): boolean {
  return (['READ', 'UPDATE'] as const).some((action) => {
    const admissions = access?.actions.get(action) ?? []
    return admissions.length > 0 && !admissions.some(({ scope, where }) => scope === 'ALL' && where === undefined)
  })
}

function compileModule(reaches: RoleReaches<RoleRights>, module: ModuleDefinition): ModuleAccess | undefined {
  const key = moduleKey(module)
  const held = [...reaches.of(module)].map(([role, own]) => ({ role, own, listed: listedLevels(role, key) }))
  const actions = reaches.united(module)
  if (actions.size === 0) return undefined
  const fields = new Map<string, FieldLevel>()
  const partial = new Map<string, PartialLevel>()
  for (const field of module.fields.values()) {
    const given = held.map(({ role, own, listed }): GivenLevel => {
      const mayWrite = own.has('CREATE') || own.has('UPDATE')
      const level = levelOf(field, levelIn(listed, role, module, field), mayWrite)
      return { own, level: mayWrite || own.has('READ') ? level : 'HIDDEN' }
    })
    const united = unitedLevel(given, actions)
    fields.set(field.name, united.everywhere)
    if (united.partial) partial.set(field.name, united.partial)
  }
  return Object.freeze({ actions, fields, partial })
}

/** What one role says of a field: by its entry, by that for all fields of the module, or of every module, or of fields made later. Undefined where it says nothing. */
export function listedLevel(role: RoleRights, module: ModuleDefinition, field: FieldDefinition): FieldLevel | undefined {
  return levelIn(listedLevels(role, moduleKey(module)), role, module, field)
}

function levelIn(listed: ReadonlyMap<string, FieldLevel>, role: RoleRights, module: ModuleDefinition, field: FieldDefinition): FieldLevel | undefined {
  return listed.get(fieldKey(module, field)) ?? listed.get(`${moduleKey(module)}.*`) ?? listed.get('*.*') ?? newFieldLevel(field, role)
}

/** Levels by field id that one role lists for the module, entries for all fields included. */
function listedLevels(role: RoleRights, module: string): Map<string, FieldLevel> {
  const listed = new Map<string, FieldLevel>()
  for (const field of role.fields) {
    if (field.module === module || field.module === '*') listed.set(field.fieldId, higher(field.access, listed.get(field.fieldId)))
  }
  return listed
}

function levelOf(field: FieldDefinition, listed: FieldLevel | undefined, mayWrite: boolean): FieldLevel {
  const writable = mayWrite && (field.system ? WRITABLE_SYSTEM_FIELDS.has(field.name) : !field.readOnly)
  if (field.system && listed === undefined) return writable ? 'WRITE' : 'READ'
  if (listed === undefined && (field.sensitivity ?? 'none') !== 'none') return 'HIDDEN'
  // Whoever chooses numbers moves the series for everybody: that is for those who take records over from elsewhere.
  const level = listed ?? (field.type === 'AUTO_NUMBER' ? 'READ' : 'WRITE')
  return level === 'WRITE' && !writable ? 'READ' : level
}

/** What the role says of custom fields made later; undefined where it says nothing that limits this one. */
function newFieldLevel({ custom, system, sensitivity, ordinal = Number.POSITIVE_INFINITY }: FieldDefinition, role: RoleRights): FieldLevel | undefined {
  const { newFields = 'FOLLOW', newFieldsAfter = 0 } = role
  if (newFields === 'FOLLOW' || !custom || system || ordinal <= newFieldsAfter) return undefined
  return newFields === 'READ' && (sensitivity ?? 'none') === 'none' ? 'READ' : 'HIDDEN'
}

function higher(level: FieldLevel, other: FieldLevel | undefined): FieldLevel {
  return other !== undefined && FIELD_LEVELS.indexOf(other) > FIELD_LEVELS.indexOf(level) ? other : level
}
