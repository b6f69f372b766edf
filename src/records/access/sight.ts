import { createHash } from 'node:crypto'
import { quoteIdentifier } from '../../lib/quote-identifier.ts'
import { moduleNumberOf } from '../../lib/record-id.ts'
import type { Executor } from '../database.ts'
import { epochsHoldSql, StaleEpochError } from '../epochs.ts'
import type { ModuleDefinition, Registry } from '../registry/definition.ts'
import { bindValues } from './bind-values.ts'
import type { AccessPolicy } from './policy.ts'
import { secured } from './secured.ts'
import { partlyShownSql } from './shown-fields.ts'

/**
 * Digest of which of these records, deleted ones too, the policy shows now, and with which of the fields that not all records show: as long as it stays the same, what an answer told of them may be told again. One
 * statement for each module of which not all records are shown alike. Throws StaleEpochError.
 */
export async function sightDigest(ids: Iterable<string>, policy: AccessPolicy, registry: Registry, executor: Executor): Promise<string> {
  const byModule = new Map<ModuleDefinition, string[]>()
  for (const id of new Set(ids)) {
    const module = registry.byNumber.get(moduleNumberOf(id) ?? 0)
    if (module) byModule.set(module, [...(byModule.get(module) ?? []), id])
  }
  const hash = createHash('sha256')
  for (const [module, some] of [...byModule].sort(([a], [b]) => a.number - b.number)) {
    const { schema, access } = policy.epochs
    const values: unknown[] = [some, schema, access]
    const binder = bindValues(values, policy)
    const table = secured(module, 'READ', policy, 't', registry, binder)
    // All records are shown alike.
    if (table.condition === 'TRUE' && policy.modules.get(module.name)?.partial.size === 0) continue
    const partly = partlyShownSql({ module, alias: 't', policy, registry, binder }, ({ id }) => id)
    const text = `SELECT ${epochsHoldSql('$2', '$3')} AS fresh, (SELECT coalesce(json_agg(json_build_array(t.id, ${partly}) ORDER BY t.id), '[]')::text FROM ${table.from}
      WHERE ${quoteIdentifier('t')}.id = ANY($1::uuid[]) AND ${table.condition}) AS seen`
    const [row] = await executor.query<{ fresh: boolean; seen: string }>({ text, values, purpose: 'record' })
    if (row?.fresh !== true) throw new StaleEpochError()
    hash.update(`${module.number}:${row.seen}\n`)
  }
  return hash.digest('base64url')
}
