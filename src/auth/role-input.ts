import { DefectError, type Issue, say, validationFailed } from '../errors/index.ts'
import type { Action, FieldLevel, Principal, Scope } from '../records/access/policy.ts'
import { fieldLevel } from '../records/access/secured.ts'
import type { FieldDefinition, ModuleDefinition, Registry } from '../records/registry/definition.ts'
import type { RoleRights } from './compile-policy.ts'
import { fieldKey, moduleKey } from './module-key.ts'
import { API_NAMES, type PredicateObject } from './predicate-names.ts'
import { readPredicate } from './read-predicate.ts'
import type { FieldGrant, Grant } from './shipped-roles.ts'
import { storedPredicate } from './translate-predicate.ts'

export interface GrantInput {
  readonly module: string
  readonly actions: readonly Action[]
  readonly scope: Scope
  /** A filter of the module, in which values may be those of the viewer. */
  readonly where?: unknown
}

/** Rights as an administrator writes them: fields by name, `*` for every field of the module. */
export interface RoleRightsInput {
  readonly grants?: readonly GrantInput[] | null
  readonly fields?: readonly { readonly module: string; readonly field: string; readonly access: FieldLevel }[] | null
}

const KEY = /^[a-z][a-z0-9_]{0,47}$/
const NAME_LENGTH = 200

/** As much of a name as an answer repeats. */
const shortened = (name: string) => name.slice(0, 60)

/** Checks key and name; `issues` gets what is wrong. */
export function checkRoleNames(key: string | undefined, name: string | null | undefined, issues: Issue[]): void {
  if (key !== undefined && !KEY.test(key)) {
    issues.push({
      path: ['input', 'key'],
      code: 'FORMAT',
      message: say`The key of a role is 1 to 48 lower-case letters, digits and underscores, and begins with a letter.`,
    })
  }
  const length = name == null ? 1 : [...name.trim()].length
  if (length === 0 || length > NAME_LENGTH) {
    issues.push({ path: ['input', 'name'], code: 'LENGTH', message: say`The name of a role has 1 to ${NAME_LENGTH} characters; this one has ${length}.` })
  }
}

/** Resolves module and field names to what is stored. Names that the registry does not have, and predicates that `author` could not use as a filter, become issues. */
export function resolveRights(input: RoleRightsInput, author: Principal, registry: Registry, issues: Issue[]): RoleRights {
  const known = (module: string) => module === '*' || registry.modules.has(module)
  const unknownModule = (path: Issue['path'], module: string): Issue => ({
    path,
    code: 'UNKNOWN',
    message: say`There is no module named ${JSON.stringify(shortened(module))}.`,
  })

  const grants = (input.grants ?? []).map((grant, index): Grant => {
    const path = ['input', 'grants', index]
    const module = registry.modules.get(grant.module)
    if (!known(grant.module)) issues.push(unknownModule([...path, 'module'], grant.module))
    if (grant.actions.length === 0) issues.push({ path: [...path, 'actions'], code: 'REQUIRED', message: say`A grant needs at least one action.` })
    const where = grant.where == null ? null : resolveWhere(grant, module, [...path, 'where'], author, registry, issues)
    return { module: module ? moduleKey(module) : grant.module, actions: [...new Set(grant.actions)], scope: grant.scope, where }
  })
  const seen = new Set<string>()
  const fields = (input.fields ?? []).map(({ module, field, access }, index): FieldGrant => {
    const path = ['input', 'fields', index]
    const holder = registry.modules.get(module)
    const definition = holder?.fields.get(field)
    const key = holder ? moduleKey(holder) : module
    const everyField = field === '*' && known(module)
    if (!known(module)) issues.push(unknownModule([...path, 'module'], module))
    else if (!definition && !everyField)
      issues.push({ path: [...path, 'field'], code: 'UNKNOWN', message: say`The module ${module} has no field named ${JSON.stringify(shortened(field))}.` })
    const fieldId = holder && definition ? fieldKey(holder, definition) : `${key}.*`
    if (seen.has(`${module} ${field}`)) issues.push({ path, code: 'DUPLICATE', message: say`${shortened(module)}.${shortened(field)} is listed twice.` })
    seen.add(`${module} ${field}`)
    return { module: key, fieldId, access }
  })
  return { grants, fields }
}

function resolveWhere(
  { module: name, where }: GrantInput,
  module: ModuleDefinition | undefined,
  path: Issue['path'],
  author: Principal,
  registry: Registry,
  issues: Issue[],
) {
  if (!module) {
    // A name that no module has is told at its own place.
    if (name === '*')
      issues.push({ path, code: 'NOT_APPLICABLE', message: say`A grant on every module has no condition, since modules have different fields.` })
    return null
  }
  const mayRead = (field: FieldDefinition) => ['READ', 'WRITE'].includes(fieldLevel(author.policy, field.module, field.name))
  const predicate = readPredicate(where, { module, registry, names: API_NAMES, path, mayRead }, issues)
  if (!predicate) return null
  const stored = storedPredicate(where as PredicateObject, module, registry)
  // Stored as null the grant would have no condition.
  if (!stored) throw new DefectError(`a condition on ${module.name} was read and cannot be stored`)
  return stored
}

/** Throws VALIDATION_FAILED when there are issues. */
export function throwIssues(issues: readonly Issue[]): void {
  if (issues.length > 0) throw validationFailed(issues)
}
