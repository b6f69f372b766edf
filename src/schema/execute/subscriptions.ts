import { createSourceEventStream, GraphQLSchema, type OperationDefinitionNode, OperationTypeNode } from 'graphql'
import { GuanxiError, say } from '../../errors/index.ts'
import { mapIterator } from '../../lib/map-iterator.ts'
import type { Principal } from '../../records/access/policy.ts'
import type { Database } from '../../records/database.ts'
import type { OperationAnswer, OperationRequest, Runtime } from '../operation.ts'
import { counted, type EngineSettings, newSession } from './session.ts'

export interface SubscriptionStart {
  readonly operation: OperationDefinitionNode
  readonly runtime: Runtime
  readonly principal: Principal | null
  readonly request: OperationRequest
  readonly settings: EngineSettings
  readonly database: Database
}

/** Stands for the schema of the time of subscribing, which must not be kept alive: every event is answered by the one that is served then. */
export const NO_SCHEMA = new GraphQLSchema({})

/** After an answer with one of these the subscription has ended. */
const ENDING: ReadonlySet<unknown> = new Set(['SCHEMA_CHANGED', 'UNAUTHENTICATED', 'FORBIDDEN'])

/** Opens the source of a subscription and answers each of its events by `answer`. Throws what the source throws. */
export async function subscriptionAnswers(
  { operation, runtime, principal, request, settings, database }: SubscriptionStart,
  answer: (request: OperationRequest, value: unknown) => Promise<OperationAnswer>,
): Promise<AsyncIterableIterator<OperationAnswer>> {
  if (operation.operation !== OperationTypeNode.SUBSCRIPTION) throw new GuanxiError('GRAPHQL_VALIDATION_FAILED', say`This is no subscription.`)
  const source = await createSourceEventStream({
    schema: runtime.schema,
    document: request.document,
    operationName: request.operationName,
    variableValues: request.variables,
    contextValue: newSession({ runtime, request, principal, settings, executor: counted(database) }),
  })
  if (!(Symbol.asyncIterator in source)) throw source.errors?.[0] ?? new GuanxiError('UNAVAILABLE', say`The subscription could not be opened.`)
  const later = { ...request, schema: NO_SCHEMA }
  return mapIterator(source, async (value) => {
    const told = await answer(later, value)
    return { value: told, last: told.errors?.some(({ extensions }) => ENDING.has(extensions?.['code'])) === true }
  })
}
