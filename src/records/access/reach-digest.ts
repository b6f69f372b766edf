import { createHash } from 'node:crypto'
import type { Registry } from '../registry/definition.ts'
import { admissionsKey } from './admissions.ts'
import type { AccessPolicy } from './policy.ts'
import { liveShareSql } from './shares.ts'

/**
 * Digest of the rows that a policy lets be read, of all modules up to a number: as long as it stays the same, records come into sight and go out of it by changes of
 * their own alone. Modules that are made later, and levels of fields, do not count.
 */
export function reachDigest(policy: AccessPolicy, registry: Registry, lastModule: number): string {
  const hash = createHash('sha256')
  const modules = [...registry.modules.values()].filter(({ number }) => number <= lastModule).sort((a, b) => a.number - b.number)
  for (const { number, name } of modules) hash.update(`${number}:${JSON.stringify(admissionsKey(policy.modules.get(name)?.actions.get('READ')))}\n`)
  // Shares come and go by themselves, and are compared apart from this.
  const lists = policy.judgedBy.filter((list) => list !== 'SHARED')
  return hash
    .update(JSON.stringify(lists.map((list) => policy.scopes[list])))
    .digest('base64url')
    .slice(0, 16)
}

/** The last number that a module has. */
export function lastModuleOf(registry: Registry): number {
  return Math.max(...registry.byNumber.keys())
}

/** SQL of a digest of what is shared with these users and teams now; `grantees` is a placeholder. Null where nothing is. */
export function sharesDigestSql(grantees: string): string {
  return `(SELECT md5(string_agg(s.record_id::text, ',' ORDER BY s.record_id)) FROM record_share s WHERE s.grantee_id = ANY(${grantees}::uuid[]) AND ${liveShareSql('s')})`
}
