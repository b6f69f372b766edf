import { listed, say } from '../../errors/index.ts'
import { isObject } from '../../lib/is-object.ts'
import type { FieldDefinition } from '../registry/definition.ts'
import { targetOf } from '../registry/index.ts'
import type { IssuePath } from './input.ts'
import type { LinkChange } from './links.ts'
import type { Session } from './session.ts'
import { type Fail, storableText } from './values.ts'

/** Members that one list of a REFERENCES input may have. */
const MAX_MEMBERS = 1000

/** A reference that names its target; `resolveReferences` puts the id where it belongs: into the input's values, or into the links. */
export interface PendingReference {
  readonly field: FieldDefinition
  readonly path: IssuePath
  /** `id`, `externalId`, `ref` or the name of a unique field. */
  readonly kind: string
  readonly value: unknown
  /** Of a REFERENCES field. */
  readonly link?: { readonly change: LinkChange; readonly member: 'added' | 'removed' }
}

export interface ExternalId {
  readonly system: string
  readonly key: string
}

/** Takes a plain id too, for rules and other internal callers. */
export function parseReference(session: Session, field: FieldDefinition, value: unknown, path: IssuePath, fail: Fail): PendingReference | undefined {
  if (typeof value === 'string') return { field, path, kind: 'id', value }
  const members = isObject(value) ? Object.entries(value).filter(([, member]) => member !== undefined && member !== null) : []
  const [member] = members
  if (members.length !== 1 || !member)
    return fail('REFERENCE', say`${field.name} must name its record by exactly one of ${listed(referenceKinds(session, field))}.`)
  const [kind, key] = member
  if (!referenceKinds(session, field).includes(kind))
    return fail('UNKNOWN_FIELD', say`A record cannot be named by ${JSON.stringify(kind.slice(0, 60))} here.`, [kind])
  if (kind === 'externalId') {
    const externalId = parseExternalId(key, fail, [kind])
    return externalId && { field, path: [...path, kind], kind, value: externalId }
  }
  return { field, path: [...path, kind], kind, value: key }
}

function referenceKinds(session: Session, field: FieldDefinition): string[] {
  const target = targetOf(field, session.registry)
  if (!target) return ['id', 'ref']
  return ['id', 'externalId', 'ref', ...target.uniqueFields.map((unique) => unique.name)]
}

export function parseExternalId(value: unknown, fail: Fail, at: readonly (string | number)[]): ExternalId | undefined {
  const { system, key } = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>
  const parsed = {
    system: storableText('system', system, 100, fail, [...at, 'system']),
    key: storableText('key', key, 500, fail, [...at, 'key']),
  }
  if (parsed.system === undefined || parsed.key === undefined) return undefined
  if (parsed.system === '' || parsed.key === '') return fail('REQUIRED', say`An external id needs both system and key.`, at)
  return { system: parsed.system, key: parsed.key }
}

/**
 * Input of a REFERENCES field: `{set: [refs]}` or `{add: [refs], remove: [refs]}`; null clears. Members that are null or left out say nothing;
 * without any there is no change.
 */
export function parseLinks(
  session: Session,
  field: FieldDefinition,
  value: unknown,
  path: IssuePath,
  fail: Fail,
): { readonly change?: LinkChange; readonly references: readonly PendingReference[] } {
  const nothing = { references: [] }
  if (value === null) return { change: { replaces: true, added: new Map(), removed: new Set() }, references: [] }
  if (typeof value !== 'object' || Array.isArray(value)) return fail('REFERENCES', say`${field.name} must be {set} or {add, remove}.`) ?? nothing
  const lists = Object.entries(value).filter(([, list]) => list !== undefined && list !== null)
  const stray = lists.find(([member]) => !['set', 'add', 'remove'].includes(member))?.[0]
  if (stray !== undefined) return fail('UNKNOWN_FIELD', say`${field.name} has no part named ${JSON.stringify(stray.slice(0, 60))}.`, [stray]) ?? nothing
  const replaces = lists.some(([member]) => member === 'set')
  if (replaces && lists.length > 1) return fail('REFERENCES', say`${field.name} takes set alone, or add and remove.`) ?? nothing
  if (lists.length === 0) return nothing
  const change: LinkChange = { replaces, added: new Map(), removed: new Set() }
  const references: PendingReference[] = []
  for (const [member, list] of lists) {
    if (!Array.isArray(list)) fail('LIST', say`${field.name}.${member} must be a list of records.`, [member])
    else if (list.length > MAX_MEMBERS)
      fail('TOO_LONG', say`${field.name}.${member} names ${list.length} records; at most ${MAX_MEMBERS} are allowed. Add the rest by a further update.`, [
        member,
      ])
    else
      for (const [index, entry] of list.entries()) {
        const reference = parseReference(session, field, entry, [...path, member, index], (code, message, at = []) =>
          fail(code, message, [member, index, ...at]),
        )
        if (reference) references.push({ ...reference, link: { change, member: member === 'remove' ? 'removed' : 'added' } })
      }
  }
  return { change, references }
}
