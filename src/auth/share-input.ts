import { type Issue, say, validationFailed } from '../errors/index.ts'
import { canonicalId } from '../lib/record-id.ts'
import { bindValues } from '../records/access/bind-values.ts'
import type { Principal } from '../records/access/policy.ts'
import { isAllowed, secured } from '../records/access/secured.ts'
import type { ShareLevel } from '../records/access/shares.ts'
import type { Executor } from '../records/database.ts'
import type { ModuleDefinition, Registry } from '../records/registry/definition.ts'
import { throwIssues } from './role-input.ts'

export interface ShareInput {
  readonly module: string
  readonly recordId: string
  /** Either this or `teamId`. */
  readonly userId?: string | null
  readonly teamId?: string | null
  readonly level: ShareLevel
  readonly expiresAt?: Date | null
}

/** The module, if the caller may read any of its records; another one is answered like one that does not exist. Throws VALIDATION_FAILED. */
export function readableModule(name: string, principal: Principal, registry: Registry, path: Issue['path']): ModuleDefinition {
  const module = registry.modules.get(name)
  if (module && isAllowed(module, 'READ', principal.policy, registry)) return module
  throw validationFailed([{ path, code: 'UNKNOWN', message: say`There is no module named ${JSON.stringify(name.slice(0, 60))}.` }])
}

/** Checks what can be told without the record: a module with records of their own rights, and one grantee that the caller can read. Throws VALIDATION_FAILED. */
export async function checkShare(executor: Executor, principal: Principal, registry: Registry, module: ModuleDefinition, input: ShareInput): Promise<void> {
  const { userId, teamId } = input
  const issues: Issue[] = []
  const parent = module.accessParent === undefined ? undefined : module.fields.get(module.accessParent)?.reference?.module
  if (parent !== undefined)
    issues.push({ path: ['input', 'module'], code: 'FOLLOWS_PARENT', message: say`Who reads a ${module.name} is decided by its ${parent}; share that.` })
  if ((userId == null) === (teamId == null)) issues.push({ path: ['input'], code: 'ONE_OF', message: say`Give either userId or teamId.` })
  else if (userId != null && userId.toLowerCase() === principal.userId)
    issues.push({ path: ['input', 'userId'], code: 'OWN_SELF', message: say`Nobody shares with themselves.` })
  else {
    const kind = userId == null ? 'team' : 'user'
    const known = await exists(executor, principal, registry, registry.module(kind), (userId ?? teamId) as string)
    if (!known) issues.push({ path: ['input', `${kind}Id`], code: 'NOT_FOUND', message: say`There is no ${kind} with this id, or you cannot read it.` })
  }
  throwIssues(issues)
}

/** A record that the caller may read and that is not in the recycle bin. */
async function exists(executor: Executor, { policy }: Principal, registry: Registry, module: ModuleDefinition, id: string): Promise<boolean> {
  if (canonicalId(id) === null) return false
  const values: unknown[] = [id]
  const table = secured(module, 'READ', policy, 't', registry, bindValues(values, policy))
  const rows = await executor.query({
    text: `SELECT FROM ${table.from} WHERE t.id = $1 AND t.deleted_at IS NULL AND ${table.condition}`,
    values,
    purpose: 'platform',
  })
  return rows.length > 0
}
