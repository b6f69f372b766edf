import { GuanxiError } from '../errors/index.ts'
import type { Principal } from '../records/access/policy.ts'
import type { Executor } from '../records/database.ts'
import type { Registry } from '../records/registry/definition.ts'
import type { AppliedChange, ModuleRule, PendingChange } from '../records/write/index.ts'
import { countAdministrators, isAdministrator } from './administrator.ts'
import { ADMINISTRATOR } from './shipped-roles.ts'

/**
 * What keeps writes on user records from changing rights by the back door: nobody but an administrator moves themselves into another team or
 * writes a field that grants compare records with, which would widen what people see, nobody else touches how an administrator signs in, and no write leaves
 * the organisation without an administrator.
 */
export const userAccessRule: ModuleRule = {
  module: 'user',
  async before(changes, { principal, registry, transaction }) {
    await refuseViewerFields(changes, principal, registry, transaction)
    for (const change of changes) {
      if (change.id === principal.userId && change.changes('team') && !isAdministrator(principal)) {
        change.refuse('team', 'OWN_TEAM', 'Nobody moves themselves into another team; ask an administrator.')
      }
    }
  },
  async after(changes, { principal, transaction }) {
    const touched = changes.filter(touchesSignIn)
    if (touched.length === 0) return
    // The trigger on users has bumped the access epoch, so its row is locked until this transaction ends: no one else removes an administrator meanwhile.
    const administrators = await transaction.query<{ id: string }>({
      text: 'SELECT ur.user_id AS id FROM user_role ur JOIN role r ON r.id = ur.role_id WHERE r.key = $1 AND ur.user_id = ANY($2::uuid[])',
      values: [ADMINISTRATOR, touched.map(({ id }) => id)],
      purpose: 'platform',
    })
    if (administrators.length === 0) return
    if (!isAdministrator(principal)) throw new GuanxiError('FORBIDDEN', 'Only administrators change how an administrator signs in, or disable or delete one.')
    const leaving = new Set(changes.filter(leaves).map(({ id }) => id))
    if (administrators.some(({ id }) => leaving.has(id)) && (await countAdministrators(transaction)) === 0) {
      throw new GuanxiError('FORBIDDEN', 'The last administrator cannot be disabled or deleted. Give the role to someone else first.')
    }
  },
}

/** Refuses fields that conditions of stored grants take from the viewer (`{viewer: "territories"}`), on whatever record: two could do it for each other. */
async function refuseViewerFields(changes: readonly PendingChange[], principal: Principal, registry: Registry, executor: Executor): Promise<void> {
  if (isAdministrator(principal)) return
  const fields = [...registry.module('user').fields.values()]
  const written = changes.flatMap((change) => fields.filter((field) => writes(change, field.name)).map((field) => ({ change, field })))
  if (written.length === 0) return
  const rows = await executor.query<{ id: string }>({
    text: "SELECT DISTINCT v #>> '{}' AS id FROM role_grant g, jsonb_path_query(g.predicate, '$.**.viewer') v",
    purpose: 'platform',
  })
  const named = new Set(rows.map(({ id }) => id))
  for (const { change, field } of written)
    if (named.has(field.id)) change.refuse(field.name, 'DECIDES_RIGHTS', `Grants of roles go by ${field.name} of users; ask an administrator to change it.`)
}

/** On new users what is given counts: a default is what administrators have chosen. */
function writes(change: PendingChange, field: string): boolean {
  return change.before === null ? change.given(field) && change.after[field] !== null : change.changes(field)
}

/** Changes who can sign in as this user, or whether. */
function touchesSignIn(change: AppliedChange): boolean {
  return (
    change.operation === 'DELETED' || (change.before !== null && (change.before.email !== change.after.email || change.before.status !== change.after.status))
  )
}

/** Could sign in before the change and cannot after it. */
function leaves({ operation, before, after }: AppliedChange): boolean {
  return operation === 'DELETED' || (before?.status === 'active' && after.status !== 'active')
}
