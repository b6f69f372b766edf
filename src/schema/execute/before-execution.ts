import { type DocumentNode, type GraphQLError, type GraphQLObjectType, type GraphQLSchema, getVariableValues } from 'graphql'
import type { Principal } from '../../records/access/policy.ts'
import type { OperationAnswer, OperationRequest, Runtime } from '../operation.ts'
import type { RedactedSelection } from '../plan/collect-context.ts'
import { redactedSelections } from '../plan/collect-redacted.ts'
import { hiddenMembersFor } from '../visible/hidden-members.ts'
import { formatError, type ReportDefect } from './format-error.ts'
import type { PreparedOperation } from './prepared-operation.ts'
import { redactionOf } from './redaction.ts'
import { COERCION } from './session.ts'
import { documentErrors, givesHidden, namesHidden, unknownNameErrors } from './unknown-names.ts'

/** Permission shapes that are remembered for a document. */
const MOST_SHAPES = 100

/** What refuses an operation before anything of it runs: names that are hidden from its sender, and in the strict mode whatever he is not shown. */
export class BeforeExecution {
  /** Permission shapes to which a document names nothing hidden, by the version that was served last. */
  readonly #clean = new WeakMap<DocumentNode, { readonly version: number; readonly shapes: Set<string> }>()
  readonly #report: ReportDefect

  constructor(report: ReportDefect) {
    this.#report = report
  }

  /** The whole answer; null where nothing stands against the operation. */
  refusal(prepared: PreparedOperation, runtime: Runtime, principal: Principal, request: OperationRequest): OperationAnswer | null {
    const errors = this.#unknownNames(prepared, runtime, principal, request)
    if (errors.length > 0) return { data: undefined, errors: errors.map((error) => formatError(error, request.requestId, this.#report)) }
    if (request.accessMode !== 'strict') return null
    const { coerced } = getVariableValues(runtime.schema, prepared.operation.variableDefinitions ?? [], request.variables, COERCION)
    if (coerced === undefined) return null
    const redaction = redactionOf(expectedRedaction(prepared, runtime, principal, coerced), request)
    return redaction.refused ? { data: null, errors: redaction.errors, ...(redaction.extensions && { extensions: redaction.extensions }) } : null
  }

  #unknownNames({ operation }: PreparedOperation, runtime: Runtime, principal: Principal, request: OperationRequest): readonly GraphQLError[] {
    const { document, variables } = request
    const { schema, registry, version } = runtime
    const hidden = hiddenMembersFor(principal, registry)
    const sent = { schema, document, operation, variables }
    const known = this.#clean.get(document)
    const shapes = known?.version === version ? known.shapes : new Set<string>()
    if (!shapes.has(principal.policy.shape)) {
      if (namesHidden(schema, document, hidden)) return unknownNameErrors(sent, hidden)
      if (shapes.size === MOST_SHAPES) shapes.clear()
      shapes.add(principal.policy.shape)
      this.#clean.set(document, { version, shapes })
    }
    return givesHidden(sent, hidden) ? unknownNameErrors(sent, hidden) : []
  }
}

/** What is wrong with a document that does not fit the schema, as it is told to this caller; null where he is told what everybody is. */
export function flawsSeenBy(principal: Principal, { registry }: Runtime, schema: GraphQLSchema, document: DocumentNode): readonly GraphQLError[] | null {
  const hidden = hiddenMembersFor(principal, registry)
  return namesHidden(schema, document, hidden) ? documentErrors(schema, document, hidden) : null
}

/** What of the operation its reader will not be shown, whatever there is. */
export function expectedRedaction(
  { operation, fragments }: PreparedOperation,
  { schema, registry }: Runtime,
  principal: Principal,
  variables: Readonly<Record<string, unknown>>,
): readonly RedactedSelection[] {
  const type = schema.getRootType(operation.operation) as GraphQLObjectType
  return redactedSelections(type, operation.selectionSet, principal, { schema, registry, fragments, variables })
}
