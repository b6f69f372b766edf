import type { RecordIdFactory } from '../../lib/record-id.ts'
import type { Principal } from '../access/policy.ts'
import type { Transaction } from '../database.ts'
import { epochsHoldSql, StaleEpochError } from '../epochs.ts'
import type { Registry } from '../registry/definition.ts'
import { DeferredChecks } from './deferred-checks.ts'
import { ExchangeRates } from './exchange-rates.ts'
import type { ChangeOrigin } from './request.ts'
import type { CompileExpression } from './required-when.ts'
import type { ModuleRule } from './rule.ts'
import { type Session, unrestrictedPolicy } from './session.ts'
import { StatementBuilder } from './statement.ts'

export interface SessionSettings {
  readonly transaction: Transaction
  readonly principal: Principal
  readonly origin: ChangeOrigin
  readonly registry: Registry
  readonly newId: RecordIdFactory
  readonly at: Date
  readonly rules: ReadonlyMap<string, readonly ModuleRule[]>
  readonly compileExpression: CompileExpression | undefined
}

interface OpeningRow {
  readonly opened: boolean
  readonly team: string | null
  readonly currency: string | null
  readonly country: string | null
}

/** What holds where the organisation has set nothing. */
export const VALUE_DEFAULTS = { currency: 'USD', country: 'CN' }

/** SQL of a setting's text; null where it is not set. */
export function settingSql(key: 'organisation.currency' | 'organisation.country'): string {
  return `(SELECT value #>> '{}' FROM setting WHERE key = '${key}')`
}

/** No module has this number, so a change set's id is never taken for a record's. */
const CHANGE_SET_NUMBER = 0

/**
 * First statement of a change set: writes its row, compares the epochs, and reads what nearly every write needs. The organisation's
 * country (setting `organisation.country`) tells how national phone numbers are read; China's numbering plan unless set.
 */
export async function openSession({ transaction, principal, origin, registry, newId, at, rules, compileExpression }: SessionSettings): Promise<Session> {
  const changeSetId = newId(CHANGE_SET_NUMBER)
  const unrestricted = unrestrictedPolicy(registry)
  const builder = new StatementBuilder(registry)
  const users = builder.secured(registry.module('user'), 'READ', unrestricted, 'u')
  const actor = builder.bind(principal.userId, 'uuid')
  const { schema, access } = principal.policy.epochs
  const current = epochsHoldSql(builder.bind(schema, 'bigint'), builder.bind(access, 'bigint'))
  const texts = [principal.via, origin.cause, origin.requestId, origin.operationName ?? null, origin.client ?? null]
    .map((value) => builder.bind(value, 'text'))
    .join(', ')
  const [row] = await transaction.query<OpeningRow>(
    builder.statement(`WITH s AS (INSERT INTO change_set (id, actor_id, via, cause, request_id, operation_name, client, at)
  SELECT ${builder.bind(changeSetId, 'uuid')}, ${actor}, ${texts}, ${builder.bind(at.toISOString(), 'timestamptz')} WHERE ${current} RETURNING id)
SELECT EXISTS (SELECT FROM s) AS opened, (SELECT u.team_id FROM ${users.from} WHERE u.id = ${actor}) AS team, ${settingSql('organisation.currency')} AS currency, ${settingSql('organisation.country')} AS country`),
  )
  if (!row?.opened) throw new StaleEpochError()
  const defaults = { currency: row.currency ?? VALUE_DEFAULTS.currency, country: row.country ?? VALUE_DEFAULTS.country }
  return {
    changeSetId,
    principal,
    origin,
    registry,
    transaction,
    newId,
    at: at.toISOString(),
    defaults,
    actorTeam: row.team,
    named: new Map(),
    tagIds: new Map(),
    previewed: new Map(),
    rates: new ExchangeRates(defaults.currency),
    checks: new DeferredChecks(),
    rules,
    compileExpression,
    uses: new Set(),
    afterRollback: [],
    unrestricted,
  }
}
