import type { Issue } from '../../errors/index.ts'
import { readableSql, writableSql } from '../access/row-levels.ts'
import type { FieldDefinition, ModuleDefinition } from '../registry/definition.ts'
import { literalSql } from '../sql-text.ts'
import { forbiddenField, type ParsedInput, unknownField } from './input.ts'
import type { Authority, Session } from './session.ts'
import { StatementBuilder } from './statement.ts'

/** An input and the record that it is for, which stands: before an update, after a create. */
export interface PartialWrite {
  readonly id: string
  readonly parsed: Pick<ParsedInput, 'path' | 'partly'>
}

/**
 * Asks of fields that may be written on some records only whether these are among them: one statement, none where no input has such a field. What is
 * refused becomes an issue, worded as for a field that does not exist where the record does not show it.
 */
export async function checkPartialWrites(
  session: Session,
  module: ModuleDefinition,
  writes: readonly PartialWrite[],
  action: 'update' | 'create',
  authority: Authority,
  issues: Issue[],
): Promise<void> {
  const concerned = writes.filter(({ parsed }) => parsed.partly.size > 0)
  const fields = [...new Set(concerned.flatMap(({ parsed }) => [...parsed.partly]))]
  if (fields.length === 0 || authority.derived) return
  const builder = new StatementBuilder(session.registry)
  const row = { module, alias: 't', policy: authority.policy, registry: session.registry, binder: builder.binder(authority.policy) }
  const { from } = builder.secured(module, 'READ', authority.policy, 't')
  const namesSql = (conditionOf: (field: FieldDefinition) => string) =>
    `array_remove(ARRAY[${fields.map((field) => `CASE WHEN ${conditionOf(field)} THEN ${literalSql(field.name)} END`).join(', ')}]::text[], NULL)`
  const rows = await session.transaction.query<{ id: string; writable: readonly string[]; shown: readonly string[] }>(
    builder.statement(
      `SELECT t.id, ${namesSql((field) => writableSql(field, action, row))} AS writable, ${namesSql((field) => readableSql(field, row))} AS shown FROM ${from} WHERE t.id = ANY(${builder.bind(
        concerned.map(({ id }) => id),
        'uuid[]',
      )})`,
    ),
  )
  const found = new Map(rows.map((each) => [each.id, each]))
  for (const { id, parsed } of concerned) {
    for (const { name } of parsed.partly) {
      if (found.get(id)?.writable.includes(name)) continue
      const shown = found.get(id)?.shown.includes(name) === true
      issues.push({
        path: [...parsed.path, name],
        code: shown ? 'FORBIDDEN_FIELD' : 'UNKNOWN_FIELD',
        message: shown ? forbiddenField(name) : unknownField(module, name),
      })
    }
  }
}
