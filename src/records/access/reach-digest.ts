import { createHash } from 'node:crypto'
import type { ModuleDefinition, Registry } from '../registry/definition.ts'
import { admissionsKey } from './admissions.ts'
import type { AccessPolicy } from './policy.ts'
import type { AccessBinder } from './predicate-sql.ts'
import { liveShareSql } from './shares.ts'

/**
 * Digest of the rows of these modules that a policy lets be read: as long as it stays the same, records come into sight and go out of it by changes of their own alone, of those that conditions look
 * at, and of shares. Levels of fields do not count.
 */
export function reachDigest(policy: AccessPolicy, modules: readonly ModuleDefinition[]): string {
  const hash = createHash('sha256')
  for (const { number, name } of modules) hash.update(`${number}:${JSON.stringify(admissionsKey(policy.modules.get(name)?.actions.get('READ')))}\n`)
  // Shares come and go by themselves, and are compared apart from this.
  const lists = policy.judgedBy.filter((list) => list !== 'SHARED')
  return hash
    .update(JSON.stringify(lists.map((list) => policy.scopes[list])))
    .digest('base64url')
    .slice(0, 16)
}

/** Modules up to a number, which are those of the time when it was the last one. */
export function modulesUpTo(registry: Registry, lastModule: number): readonly ModuleDefinition[] {
  return [...registry.modules.values()].filter(({ number }) => number <= lastModule).sort((a, b) => a.number - b.number)
}

/** The last number that a module has. */
export function lastModuleOf(registry: Registry): number {
  return Math.max(...registry.byNumber.keys())
}

/**
 * SQL of a digest of what comes and goes without a change of the records themselves: what is shared with the caller now and, where conditions of grants take values from him, these values. Null where there
 * is nothing of it.
 */
export function passingDigestSql(policy: AccessPolicy, binder: Pick<AccessBinder, 'scope'>): string {
  const parts: string[] = []
  if (policy.shared.size > 0)
    parts.push(
      `(SELECT string_agg(s.record_id::text, ',' ORDER BY s.record_id) FROM record_share s WHERE s.grantee_id = ANY(${binder.scope('SHARED')}::uuid[]) AND ${liveShareSql('s')})`,
    )
  if (policy.namesViewer) {
    const viewer = `(${binder.scope('OWN')}::uuid[])[1]`
    parts.push(`(SELECT (to_jsonb(u) - ARRAY['version', 'updated_at', 'updated_by', 'change_set_id'])::text FROM users u WHERE u.id = ${viewer})`)
    parts.push(`(SELECT string_agg(m.team_id::text, ',' ORDER BY m.team_id) FROM team_membership m WHERE m.user_id = ${viewer})`)
    parts.push(`(SELECT string_agg(t.id::text || t.parent_id::text, ',' ORDER BY t.id) FROM teams t WHERE t.deleted_at IS NULL)`)
  }
  return parts.length === 0 ? 'NULL::text' : `md5(concat_ws('|', ${parts.join(', ')}))`
}
