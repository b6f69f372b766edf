import { isGenerated } from '../../entities/columns.ts'
import type { Issue } from '../../errors/index.ts'
import { fieldLevel } from '../access/secured.ts'
import type { FieldDefinition, ModuleDefinition } from '../registry/definition.ts'
import type { RecordInput, WriteOptions } from './request.ts'
import type { Authority, Session } from './session.ts'
import { coerceValue, type Fail, storableText } from './values.ts'

/** Longest list of external ids of one record. */
const MAX_LIST = 100

export type IssuePath = readonly (string | number)[]

/** One item's input after its values were checked on their own; what needs the database or the stored record comes later. */
export interface ParsedInput {
  readonly index: number
  readonly path: IssuePath
  /** Every name of the input, whatever became of its value. */
  readonly named: ReadonlySet<string>
  readonly values: Map<FieldDefinition, unknown>
  readonly references: PendingReference[]
  /** Issues that count only if the field's value changes (e.g. a reference to a record that was deleted since it was set). */
  readonly ifChanged: Map<FieldDefinition, Issue>
  externalIds: readonly ExternalId[] | null | undefined
  ref: string | undefined
}

/** A reference that names its target; `resolveReferences` puts the id into `values`. */
export interface PendingReference {
  readonly field: FieldDefinition
  readonly path: IssuePath
  /** `id`, `externalId`, `ref` or the name of a unique field. */
  readonly kind: string
  readonly value: unknown
}

export interface ExternalId {
  readonly system: string
  readonly key: string
}

/** Checks one input against fields, levels and types. All issues are added to `issues`; nothing is thrown. */
export function parseInput(
  session: Session,
  module: ModuleDefinition,
  input: RecordInput,
  index: number,
  options: WriteOptions,
  authority: Authority,
  issues: Issue[],
): ParsedInput {
  const path = options.pathOf(index)
  const named = new Set(Object.keys(input).filter((name) => input[name] !== undefined))
  const parsed: ParsedInput = { index, path, named, values: new Map(), references: [], ifChanged: new Map(), externalIds: undefined, ref: undefined }
  for (const [name, value] of Object.entries(input)) {
    if (value === undefined) continue
    const fail: Fail = (code, message, at = []) => {
      issues.push({ path: [...path, name, ...at], code, message })
      return undefined
    }
    if (name === 'externalIds') parsed.externalIds = externalIds(value, fail)
    else if (name === 'ref') parsed.ref = value === null ? undefined : storableText('ref', value, 200, fail)
    else parseField(session, module, parsed, name, value, authority, fail)
  }
  return parsed
}

function parseField(session: Session, module: ModuleDefinition, parsed: ParsedInput, name: string, value: unknown, authority: Authority, fail: Fail): void {
  const field = writableField(session, module, name, authority, fail)
  if (!field) return
  if (value === null && field.required) {
    fail('REQUIRED', `${name} is required and cannot be cleared.`)
    return
  }
  if (field.type === 'REFERENCE' || field.type === 'USER') {
    const reference = value === null ? null : parseReference(session, field, value, [...parsed.path, name], fail)
    if (reference === null) parsed.values.set(field, null)
    else if (reference) parsed.references.push(reference)
    return
  }
  const coerced = coerceValue(field, value, session.defaults, fail)
  if (coerced !== undefined) parsed.values.set(field, authority.derived ? withBase(field, coerced, value) : coerced)
}

/** A derived sum brings its own base: the sum of bases, not the sum at today's rate. */
function withBase(field: FieldDefinition, coerced: unknown, value: unknown): unknown {
  const base = field.type === 'MONEY' && value ? (value as { base?: string }).base : undefined
  return base === undefined ? coerced : { ...(coerced as object), base }
}

/** The field, if the caller may write it. A hidden field answers exactly as one that does not exist. */
function writableField(session: Session, module: ModuleDefinition, name: string, authority: Authority, fail: Fail): FieldDefinition | undefined {
  const field = module.fields.get(name)
  const level = authority.derived ? 'WRITE' : fieldLevel(authority.policy, module.name, name)
  if (!field || level === 'HIDDEN') return fail('UNKNOWN_FIELD', `${module.label.en} has no field named ${JSON.stringify(name.slice(0, 60))}.`)
  const keeps = authority.derived || isHistoryImport(session)
  if (isSystemOnly(field) || (field.readOnly && !keeps)) return fail('READ_ONLY', `${name} is set by the system and cannot be written.`)
  if (level !== 'WRITE' && !(field.readOnly && keeps)) return fail('FORBIDDEN_FIELD', `Your roles do not allow writing ${name}.`)
  return field
}

/** Work of the system that brings in what happened elsewhere may give times and numbers that are otherwise set on the way. */
function isHistoryImport({ principal, origin }: Session): boolean {
  return principal.kind === 'system' && origin.cause === 'import'
}

const WRITABLE_SYSTEM_FIELDS = new Set(['owner', 'team', 'tags', 'source'])

/** Nobody writes these as a value: keys, versions and times of the record itself, and what PostgreSQL or the reader computes. */
export function isSystemOnly(field: FieldDefinition): boolean {
  if (field.system) return !WRITABLE_SYSTEM_FIELDS.has(field.name)
  return isGenerated(field) || field.type === 'FORMULA' || (field.type === 'ROLLUP' && !field.maintained)
}

/** Takes a plain id too, for rules and other internal callers. */
export function parseReference(session: Session, field: FieldDefinition, value: unknown, path: IssuePath, fail: Fail): PendingReference | undefined {
  if (typeof value === 'string') return { field, path, kind: 'id', value }
  const members =
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.entries(value).filter(([, member]) => member !== undefined && member !== null)
      : []
  const [member] = members
  if (members.length !== 1 || !member)
    return fail('REFERENCE', `${field.name} must name its record by exactly one of ${referenceKinds(session, field).join(', ')}.`)
  const [kind, key] = member
  if (!referenceKinds(session, field).includes(kind))
    return fail('UNKNOWN_FIELD', `A record cannot be named by ${JSON.stringify(kind.slice(0, 60))} here.`, [kind])
  if (kind === 'externalId') {
    const externalId = parseExternalId(key, fail, [kind])
    return externalId && { field, path: [...path, kind], kind, value: externalId }
  }
  return { field, path: [...path, kind], kind, value: key }
}

function referenceKinds(session: Session, field: FieldDefinition): string[] {
  const target = targetModule(session, field)
  if (!target) return ['id', 'ref']
  return ['id', 'externalId', 'ref', ...target.uniqueFields.map((unique) => unique.name)]
}

/** Module that the reference leads to; undefined for a polymorphic one. */
export function targetModule(session: Session, field: FieldDefinition): ModuleDefinition | undefined {
  const name = field.type === 'USER' ? 'user' : (field.reference?.module ?? '*')
  return name === '*' ? undefined : session.registry.module(name)
}

export function parseExternalId(value: unknown, fail: Fail, at: readonly (string | number)[]): ExternalId | undefined {
  const { system, key } = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>
  const parsed = {
    system: storableText('system', system, 100, fail, [...at, 'system']),
    key: storableText('key', key, 500, fail, [...at, 'key']),
  }
  if (parsed.system === undefined || parsed.key === undefined) return undefined
  if (parsed.system === '' || parsed.key === '') return fail('REQUIRED', 'An external id needs both system and key.', at)
  return { system: parsed.system, key: parsed.key }
}

function externalIds(value: unknown, fail: Fail): readonly ExternalId[] | null | undefined {
  if (value === null) return null
  if (!Array.isArray(value)) return fail('LIST', 'externalIds must be a list of {system, key}.')
  if (value.length > MAX_LIST) return fail('TOO_LONG', `externalIds has ${value.length} entries; at most ${MAX_LIST} are allowed.`)
  const ids = value.map((entry, index) => parseExternalId(entry, fail, [index]))
  return ids.every((id) => id !== undefined) ? (ids as ExternalId[]) : undefined
}
