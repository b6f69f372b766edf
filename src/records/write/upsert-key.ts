import { type Issue, say } from '../../errors/index.ts'
import { moduleNumberOf } from '../../lib/record-id.ts'
import type { FieldDefinition, ModuleDefinition } from '../registry/definition.ts'
import { requireKey } from '../registry/index.ts'
import type { IssuePath } from './input.ts'
import { parseExternalId } from './reference-input.ts'
import { externalKey, mayFindBy, uniqueKey } from './references.ts'
import type { RecordRef } from './request.ts'
import type { Authority, Session } from './session.ts'
import { coerceKey, type Fail } from './values.ts'

/** How one item names its record. */
export interface UpsertKey {
  readonly kind: 'id' | 'externalId' | 'unique'
  readonly field: FieldDefinition | null
  /** Value in image form: an id, an external id or the unique field's value. */
  readonly value: unknown
  /** Text that is the same for the same record. */
  readonly text: string
}

/** Reads `by`; what is wrong with it is added to `issues`. Throws UNAVAILABLE for a key whose unique index is not there. */
export function parseKey(
  session: Session,
  module: ModuleDefinition,
  by: RecordRef,
  path: IssuePath,
  authority: Authority,
  issues: Issue[],
): UpsertKey | undefined {
  const base = [...path.slice(0, -1), 'by']
  const fail: Fail = (code, message, at = []) => {
    issues.push({ path: [...base, ...at], code, message })
    return undefined
  }
  const members = Object.entries(by ?? {}).filter(([, value]) => value !== undefined && value !== null)
  const [member] = members
  if (members.length !== 1 || !member) return fail('REFERENCE', say`by must name the ${module.name} by exactly one of its keys.`)
  const [kind, value] = member
  if (kind === 'id') {
    const id = String(value).toLowerCase()
    return moduleNumberOf(id) === module.number
      ? { kind: 'id', field: null, value: id, text: `id:${id}` }
      : fail('WRONG_MODULE', say`This is not the id of a record of ${module.pluralName}.`, ['id'])
  }
  if (kind === 'externalId') {
    const externalId = parseExternalId(value, fail, ['externalId'])
    return externalId && { kind, field: null, value: externalId, text: `externalId:${externalKey(externalId)}` }
  }
  const field = module.uniqueFields.find((candidate) => candidate.name === kind)
  if (!field || !mayFindBy(authority, module, kind))
    return fail('UNKNOWN_FIELD', say`A ${module.name} cannot be named by ${JSON.stringify(kind.slice(0, 60))}.`, [kind])
  requireKey(module, field)
  const coerced = coerceKey(field, value, session.defaults, (code, message, at = []) => fail(code, message, [kind, ...at])) ?? undefined
  return coerced === undefined ? undefined : { kind: 'unique', field, value: coerced, text: `${field.name}:${uniqueKey(field, coerced)}` }
}

/** The key's member in `by`. */
export function keyName({ kind, field }: UpsertKey): string {
  return field?.name ?? kind
}
