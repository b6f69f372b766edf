import { GuanxiError, say, validationFailed } from '../../errors/index.ts'
import type { Principal } from '../access/policy.ts'
import { sqlState } from '../database.ts'
import type { FieldDefinition, ModuleDefinition, Registry } from '../registry/definition.ts'
import { moduleOfTable, uniqueFieldOf } from '../registry/index.ts'
import { physicalColumns } from './columns.ts'
import { handlingOf } from './sqlstates.ts'
import { isKnownModule, issueOfField, isTold, UNTOLD } from './untold-fields.ts'

/** Members of an error of the `pg` driver that say where it came from. */
interface ServerError {
  readonly table?: string
  readonly column?: string
  readonly constraint?: string
}

/**
 * The error that a client may see for a refusal by PostgreSQL that no check of ours came before, e.g. because a rival was faster.
 * Values and ids of the server's own text are never passed on, nor names of fields and modules that are hidden from the principal. Errors that are not of this
 * kind come back unchanged.
 */
export function translateError(error: unknown, registry: Registry, principal: Principal): unknown {
  const state = sqlState(error)
  const handling = state === undefined ? undefined : handlingOf(state)
  if (handling === undefined) return error
  const { table, column, constraint } = error as ServerError
  const module = table === undefined ? undefined : moduleOfTable(registry, table)
  const options = { cause: error }
  switch (handling) {
    case 'retry':
      return new GuanxiError('UNAVAILABLE', say`Others keep changing the same records. Try again.`, {}, options)
    case 'unavailable':
      return new GuanxiError('UNAVAILABLE', say`The records are locked by other work for too long. Try again.`, {}, options)
    case 'duplicate': {
      const field = module && constraint !== undefined ? uniqueFieldOf(module, constraint) : undefined
      const known = module && isKnownModule(principal, module) ? module.name : null
      if (field && !isTold(principal, field.module, field.name)) return new GuanxiError('DUPLICATE', UNTOLD, { module: known, fields: [] }, options)
      const details = { module: known, fields: field ? [field.name] : [] }
      return new GuanxiError('DUPLICATE', say`Another ${known ?? say`record`} already has this ${field?.name ?? say`value`}.`, details, options)
    }
    case 'reference':
      return validationFailed([{ path: [], code: 'NOT_FOUND', message: say`A record that this one refers to does not exist.` }])
    case 'missing': {
      const field = module && (fieldOfColumn(module, column) ?? requiredFieldOf(module, constraint))
      if (!field) return validationFailed([{ path: [], code: 'REQUIRED', message: say`A required value is missing.` }])
      return validationFailed([issueOfField(principal, field, [], { code: 'REQUIRED', message: say`${field.name} is required.` })])
    }
    case 'value':
      return validationFailed([{ path: [], code: 'VALUE', message: say`A value is out of the range that can be stored.` }])
    case 'size':
      return validationFailed([{ path: [], code: 'TOO_LONG', message: say`The record is too large to be stored. Shorten its longest values.` }])
  }
}

/** Field whose `required` a violated check stands for: `<column>_required`. */
function requiredFieldOf(module: ModuleDefinition, constraint: string | undefined): FieldDefinition | undefined {
  return [...module.fields.values()].find((field) => constraint === `${field.column}_required`)
}

function fieldOfColumn(module: ModuleDefinition, column: string | undefined): FieldDefinition | undefined {
  return [...module.fields.values()].find((field) => physicalColumns(field).some(({ name }) => name === column))
}
