import { listed, type Message, say } from '../errors/index.ts'
import { quoteIdentifier } from '../lib/quote-identifier.ts'
import type { Action, Principal } from '../records/access/policy.ts'
import { liveShareSql } from '../records/access/shares.ts'
import type { Executor } from '../records/database.ts'
import type { ModuleDefinition, Registry } from '../records/registry/definition.ts'

interface CountedShare {
  readonly team: string | null
  readonly level: string
  readonly expiresAt: Date | null
}

/** Says by which shares a user may do something with a record: its own, or those of the record above it. */
export async function shareSentence(
  executor: Executor,
  module: ModuleDefinition,
  action: Action,
  { policy }: Principal,
  id: string,
  registry: Registry,
): Promise<Message> {
  const parent = module.accessParent === undefined ? undefined : module.fields.get(module.accessParent)
  const reads = action === 'READ'
  const decides = parent ? `(SELECT t.${quoteIdentifier(parent.column)} FROM ${quoteIdentifier(module.table)} t WHERE t.id = $1)` : '$1'
  const shares = await executor.query<CountedShare>({
    text: `SELECT l.name AS team, s.level, s.expires_at AS "expiresAt" FROM record_share s LEFT JOIN teams l ON l.id = s.team_id
            WHERE s.record_id = ${decides} AND s.grantee_id = ANY($2::uuid[]) AND ($3 OR s.level = 'WRITE') AND s.created_by <> ALL($4::uuid[]) AND ${liveShareSql('s')} ORDER BY s.created_at, s.id`,
    values: [id, policy.scopes.SHARED, reads, policy.scopes.OWN],
    purpose: 'platform',
  })
  const named = shares.map(({ team, level, expiresAt }) => {
    const who = team === null ? say`the user` : say`the team ${JSON.stringify(team)}`
    return expiresAt === null ? say`with ${who} at the level ${level}` : say`with ${who} at the level ${level} until ${expiresAt.toISOString()}`
  })
  const what = parent?.reference ? say`its ${registry.module(parent.reference.module).name}` : say`it`
  return say`${what} is shared ${listed(named, ' and ')}`
}
