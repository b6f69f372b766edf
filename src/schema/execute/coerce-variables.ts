import { getVariableValues } from 'graphql'
import { GuanxiError } from '../../errors/index.ts'
import type { OperationRequest, Runtime } from '../operation.ts'
import type { PreparedOperation } from './prepared-operation.ts'
import { COERCION } from './session.ts'

/** Values of the operation's variables, or what is wrong with them. Throws LIMIT_EXCEEDED for input objects nested too deep for the stack. */
export function coerceVariables(prepared: PreparedOperation, runtime: Runtime, { variables }: OperationRequest): ReturnType<typeof getVariableValues> {
  try {
    return getVariableValues(runtime.schema, prepared.operation.variableDefinitions ?? [], variables, COERCION)
  } catch (error) {
    if (error instanceof RangeError) throw new GuanxiError('LIMIT_EXCEEDED', 'The variables are nested too deep.', {}, { cause: error })
    throw error
  }
}
