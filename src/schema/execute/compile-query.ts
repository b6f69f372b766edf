import type { FieldNode, GraphQLFormattedError } from 'graphql'
import { GuanxiError, notFound, say } from '../../errors/index.ts'
import type { Principal } from '../../records/access/policy.ts'
import { type PlanContext, planRead, type ReadPlan, type SensitiveRequest } from '../../records/read/index.ts'
import type { Runtime } from '../operation.ts'
import type { CollectContext, RedactedSelection } from '../plan/collect-context.ts'
import { collectFields } from '../plan/collect-fields.ts'
import { collectRoot } from '../plan/collect-root.ts'
import type { PreparedOperation } from './prepared-operation.ts'
import { emptyAnswer, isPlannedRoot, requireAllowed } from './read-records.ts'
import { type WatchedRequest, watched } from './sensitive-reads.ts'
import { type EngineSettings, planContext, planInputs } from './session.ts'

/** One member of `data` on the text path. */
export interface CompiledRoot {
  readonly responseKey: string
  /** `"key":` as it stands in the answer. */
  readonly prefix: string
  /** Absent where the answer needs no statement: `constant` then is its JSON text. */
  readonly plan?: ReadPlan
  readonly constant?: string
  /** Set where it shows sensitive fields, or asks about them. */
  readonly watched?: { readonly sensitive: SensitiveRequest; readonly nodes: readonly FieldNode[] }
  /** Makes the error of a constant null, or of a plan that answers null. */
  readonly failure?: () => GuanxiError
  readonly locations: GraphQLFormattedError['locations']
}

/** How a query is answered; the same for all callers of one permission shape and all values of its bound variables. */
export type CompiledQuery =
  | {
      readonly kind: 'text'
      readonly roots: readonly CompiledRoot[]
      readonly redacted: readonly RedactedSelection[]
      /** Ids of the custom fields that it names. */
      readonly customFields: readonly string[]
      /** What of the caller's rights it uses, as `<action> <module>`. */
      readonly uses: readonly string[]
    }
  | { readonly kind: 'ordinary' }

const ORDINARY: CompiledQuery = { kind: 'ordinary' }

/**
 * Compiles a query whose every field can be written by PostgreSQL; anything else is left to graphql-js over the same planner.
 * Throws GRAPHQL_VALIDATION_FAILED for a hidden name in an input. What depends on values (`cacheable: false`) must not be kept.
 */
export function compileQuery(
  prepared: PreparedOperation,
  runtime: Runtime,
  principal: Principal,
  variables: Readonly<Record<string, unknown>>,
  settings: EngineSettings,
): { query: CompiledQuery; cacheable: boolean } {
  const { operation, fragments } = prepared
  const queryType = runtime.schema.getQueryType()
  if (!queryType) return { query: ORDINARY, cacheable: true }
  const redacted: RedactedSelection[] = []
  const context: CollectContext = {
    schema: runtime.schema,
    registry: runtime.registry,
    policy: principal.policy,
    fragments,
    variables,
    redacted,
    named: new Set(),
    ordinary: false,
  }
  const groups = collectFields(queryType, [operation.selectionSet], context)
  for (const nodes of groups.values()) {
    const name = (nodes[0] as FieldNode).name.value
    if (name !== '__typename' && !isPlannedRoot(queryType.getFields()[name]?.extensions.guanxi)) return { query: ORDINARY, cacheable: true }
  }
  const inputs = planInputs(principal, settings, variables)
  const roots: CompiledRoot[] = []
  let cacheable = true
  for (const [responseKey, nodes] of groups) {
    const node = nodes[0] as FieldNode
    const base = { responseKey, prefix: `${JSON.stringify(responseKey)}:`, locations: locationsOf(node) }
    if (node.name.value === '__typename') {
      roots.push({ ...base, constant: JSON.stringify(queryType.name) })
      continue
    }
    const field = queryType.getFields()[node.name.value]
    try {
      requireAllowed(field?.extensions.guanxi, { principal, runtime })
      const request = collectRoot(field as never, nodes, [responseKey], context)
      roots.push(
        request === null
          ? { ...base, constant: 'null', failure: () => notFound(say`record`) }
          : plannedRoot(base, nodes, watched(request, principal, runtime), planContext(runtime, principal, settings, inputs)),
      )
    } catch (error) {
      if (!(error instanceof GuanxiError) || error.code === 'GRAPHQL_VALIDATION_FAILED') throw error
      // Whether this fails may depend on values that do not key the plan.
      cacheable = false
      roots.push({ ...base, constant: 'null', failure: () => error })
    }
  }
  if (context.ordinary) return { query: ORDINARY, cacheable: true }
  const reads = new Set(roots.flatMap(({ plan }) => plan?.reads ?? []))
  return { query: { kind: 'text', roots, redacted, customFields: [...context.named], uses: [...reads].map((module) => `READ ${module}`) }, cacheable }
}

function plannedRoot(
  base: Omit<CompiledRoot, 'plan'>,
  nodes: readonly FieldNode[],
  { request, sensitive }: WatchedRequest,
  context: PlanContext,
): CompiledRoot {
  return { ...base, plan: planRead(request, context), failure: () => emptyAnswer(request), ...(sensitive && { watched: { sensitive, nodes } }) }
}

function locationsOf(node: FieldNode): GraphQLFormattedError['locations'] {
  const token = node.loc?.startToken
  return token ? [{ line: token.line, column: token.column }] : undefined
}
