import { isGenerated } from '../../entities/columns.ts'
import { isComputed } from '../../entities/value-type.ts'
import { given, type Issue, type Message, say } from '../../errors/index.ts'
import { fieldLevel, partialLevel } from '../access/secured.ts'
import type { FieldDefinition, ModuleDefinition } from '../registry/definition.ts'
import { WRITABLE_SYSTEM_FIELDS } from '../registry/index.ts'
import { type ExternalId, type PendingReference, parseExternalId, parseLinks, parseReference } from './reference-input.ts'
import type { RecordInput, WriteOptions } from './request.ts'
import type { Authority, Session } from './session.ts'
import { addIssue, issueOfField } from './untold-fields.ts'
import { coerceValue, type Fail, isBlankText, storableText } from './values.ts'

/** Longest list of external ids of one record. */
const MAX_LIST = 100

export type IssuePath = readonly (string | number)[]

/** One item's input after its values were checked on their own; what needs the database or the stored record comes later. */
export interface ParsedInput {
  readonly index: number
  readonly path: IssuePath
  /** Every name of the input, whatever became of its value. */
  readonly named: ReadonlySet<string>
  /** In image form; of a REFERENCES field what becomes of its links (`LinkChange`). */
  readonly values: Map<FieldDefinition, unknown>
  readonly references: PendingReference[]
  /** Issues that count only if the field's value changes (e.g. a reference to a record that was deleted since it was set). */
  readonly ifChanged: Map<FieldDefinition, Issue>
  /** Fields whose level allows writing on some records only; `partial-writes.ts` asks on which. */
  readonly partly: Set<FieldDefinition>
  externalIds: readonly ExternalId[] | null | undefined
  ref: string | undefined
}

/** What an input may be for: an upsert takes what either may take, until it is known which one it is. */
export type Ways = readonly ('create' | 'update')[]

/** Checks one input against fields, levels and types. All issues are added to `issues`; nothing is thrown. */
export function parseInput(
  session: Session,
  module: ModuleDefinition,
  input: RecordInput,
  index: number,
  options: WriteOptions,
  ways: Ways,
  authority: Authority,
  issues: Issue[],
): ParsedInput {
  const path = options.pathOf(index)
  const named = new Set(Object.keys(input).filter((name) => input[name] !== undefined))
  const parsed: ParsedInput = {
    index,
    path,
    named,
    values: new Map(),
    references: [],
    ifChanged: new Map(),
    partly: new Set(),
    externalIds: undefined,
    ref: undefined,
  }
  for (const [name, value] of Object.entries(input)) {
    if (value === undefined) continue
    const fail: Fail = (code, message, at = []) => {
      addIssue(issues, authority.derived ? derivedIssue(session, module, name, path, code) : { path: [...path, name, ...at], code, message })
      return undefined
    }
    if (name === 'externalIds') parsed.externalIds = externalIds(value, fail)
    else if (name === 'ref') parsed.ref = value === null ? undefined : storableText('ref', value, 200, fail)
    else parseField(session, module, parsed, name, value, ways, authority, fail)
  }
  return parsed
}

/** What does not fit of a value that follows from others: not the value, which may be made of what the caller cannot read. */
function derivedIssue({ principal }: Session, module: ModuleDefinition, name: string, path: Issue['path'], code: string): Issue {
  const message = say`What follows from this does not fit ${module.name}.${name} (${code}).`
  return issueOfField(principal, { module: module.name, name }, path, { code, message })
}

function parseField(
  session: Session,
  module: ModuleDefinition,
  parsed: ParsedInput,
  name: string,
  value: unknown,
  ways: Ways,
  authority: Authority,
  fail: Fail,
): void {
  const field = writableField(session, module, name, ways, authority, fail)
  if (!field) return
  if (!authority.derived && isPartlyWritable(authority, module, field, ways)) parsed.partly.add(field)
  if (value === null && field.required) {
    fail('REQUIRED', say`${name} is required and cannot be cleared.`)
    return
  }
  if (field.type === 'REFERENCES') {
    const links = parseLinks(session, field, value, [...parsed.path, name], fail)
    if (field.required && links.change?.replaces && links.references.length === 0) fail('REQUIRED', say`${name} is required: it needs one record at least.`)
    parsed.references.push(...links.references)
    if (links.change) parsed.values.set(field, links.change)
    return
  }
  if (field.type === 'REFERENCE' || field.type === 'USER') {
    const reference = value === null ? null : parseReference(session, field, value, [...parsed.path, name], fail)
    if (reference === null) parsed.values.set(field, null)
    else if (reference) parsed.references.push(reference)
    return
  }
  const coerced = coerceValue(field, value, session.defaults, fail)
  if (field.required && Array.isArray(coerced) && coerced.length === 0) fail('REQUIRED', say`${name} is required: it needs one value at least.`)
  if (field.required && !authority.derived && isBlankText(field, coerced)) fail('REQUIRED', say`${name} is required and must not be blank.`)
  if (coerced !== undefined) parsed.values.set(field, authority.derived ? withBase(field, coerced, value) : coerced)
}

/** A derived sum brings its own base: the sum of bases, not the sum at today's rate. */
function withBase(field: FieldDefinition, coerced: unknown, value: unknown): unknown {
  const base = field.type === 'MONEY' && value ? (value as { base?: string }).base : undefined
  return base === undefined ? coerced : { ...(coerced as object), base }
}

/** The field, if the caller may write it. A hidden field answers exactly as one that does not exist. */
function writableField(session: Session, module: ModuleDefinition, name: string, ways: Ways, authority: Authority, fail: Fail): FieldDefinition | undefined {
  const field = module.fields.get(name)
  const level = authority.derived ? 'WRITE' : fieldLevel(authority.policy, module.name, name)
  const partly = field !== undefined && isPartlyWritable(authority, module, field, ways)
  if (!field || (level === 'HIDDEN' && !partly)) return fail('UNKNOWN_FIELD', unknownField(module, name))
  const keeps = authority.derived || isSystemWork(session)
  if (isSystemOnly(field) || (field.readOnly && !keeps)) return fail('READ_ONLY', say`${name} is set by the system and cannot be written.`)
  if (level !== 'WRITE' && !partly && !(field.readOnly && keeps)) return fail('FORBIDDEN_FIELD', forbiddenField(name))
  return field
}

/** It may be written on some record in one of the ways, although not on all. */
function isPartlyWritable({ policy }: Authority, module: ModuleDefinition, { name }: FieldDefinition, ways: Ways): boolean {
  const partial = partialLevel(policy, module.name, name)
  return fieldLevel(policy, module.name, name) !== 'WRITE' && ways.some((way) => partial?.[way] !== undefined)
}

/** Refuses what an input that may be for either names, and no new record takes: before its row is tried, which would tell of values that are taken. */
export function refuseUncreatable(module: ModuleDefinition, { partly, path }: ParsedInput, authority: Authority, issues: Issue[]): void {
  for (const field of partly) {
    if (isPartlyWritable(authority, module, field, ['create'])) continue
    const hidden = fieldLevel(authority.policy, module.name, field.name) === 'HIDDEN'
    const message = hidden ? unknownField(module, field.name) : forbiddenField(field.name)
    issues.push({ path: [...path, field.name], code: hidden ? 'UNKNOWN_FIELD' : 'FORBIDDEN_FIELD', message })
  }
}

/** What is said of a field that does not exist, or is not shown. */
export function unknownField(module: ModuleDefinition, name: string): Message {
  return say`${given(module.label)} has no field named ${JSON.stringify(name.slice(0, 60))}.`
}

/** What is said of a field that is shown and may not be written. */
export function forbiddenField(name: string): Message {
  return say`Your roles do not allow writing ${name}.`
}

/** Work of the system that brings in what happened elsewhere, or what time has brought, may give what is otherwise set on the way. */
function isSystemWork({ principal, origin }: Session): boolean {
  return principal.kind === 'system' && (origin.cause === 'import' || origin.cause === 'system')
}

/** Nobody writes these as a value: keys, versions and times of the record itself, and what PostgreSQL or the reader computes. */
export function isSystemOnly(field: FieldDefinition): boolean {
  if (field.system) return !WRITABLE_SYSTEM_FIELDS.has(field.name)
  return isGenerated(field) || isComputed(field)
}

function externalIds(value: unknown, fail: Fail): readonly ExternalId[] | null | undefined {
  if (value === null) return null
  if (!Array.isArray(value)) return fail('LIST', say`externalIds must be a list of {system, key}.`)
  if (value.length > MAX_LIST) return fail('TOO_LONG', say`externalIds has ${value.length} entries; at most ${MAX_LIST} are allowed.`)
  const ids = value.map((entry, index) => parseExternalId(entry, fail, [index]))
  return ids.every((id) => id !== undefined) ? (ids as ExternalId[]) : undefined
}
