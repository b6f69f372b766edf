import { createHash } from 'node:crypto'
import type { ModuleDefinition, Registry } from '../registry/definition.ts'
import { admissionsKey } from './admissions.ts'
import type { AccessPolicy } from './policy.ts'
import { type AccessBinder, viewerDigestSql } from './predicate-sql.ts'
import { countedShareSql, liveShareSql } from './shares.ts'

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

/** Rows come into sight and go out of it without a change of the records themselves, and without one of rights. */
export function isPassing(policy: AccessPolicy): boolean {
  return policy.shared.size > 0 || passingValues(policy).length > 0
}

/**
 * SQL of a digest of what comes and goes without a change of the records themselves: what others share with the caller now, and the values that conditions of grants take from him. Null where there
 * is nothing of it.
 */
export function passingDigestSql(policy: AccessPolicy, registry: Registry, binder: AccessBinder): string {
  const parts = passingValues(policy).map((name) => viewerDigestSql(name, registry, binder))
  if (policy.shared.size > 0)
    parts.push(
      `(SELECT string_agg(DISTINCT s.record_id::text, ',' ORDER BY s.record_id::text) FROM record_share s WHERE ${countedShareSql('s', binder)} AND ${liveShareSql('s')})`,
    )
  return parts.length === 0 ? 'NULL::text' : `md5(json_build_array(${parts.join(', ')})::text)`
}

/** Nobody's id becomes another one. */
function passingValues({ viewerValues }: AccessPolicy): readonly string[] {
  return viewerValues.filter((name) => name !== 'id')
}
