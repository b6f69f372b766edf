import {
  type ASTNode,
  type ExecutableDefinitionNode,
  type GraphQLError,
  type GraphQLSchema,
  Kind,
  LoneAnonymousOperationRule,
  NoDeprecatedCustomRule,
  NoUnusedFragmentsRule,
  specifiedRules,
  type ValidationRule,
  validate,
} from 'graphql'
import { factsOf } from './facts.ts'
import { type Documents, type Place, placeIn } from './find-documents.ts'
import { knownChoicesRule } from './known-choices-rule.ts'
import type { LiveSchema } from './live-schema.ts'

/** What is wrong with a document at one place. */
export interface Finding extends Place {
  /** `gone`: not there (any more), or hidden from whoever asks; `hidden`: there, but not for the role; `deprecated`: there for the time being; `invalid`: a text that is no GraphQL. */
  readonly kind: 'gone' | 'hidden' | 'deprecated' | 'invalid'
  readonly reason: string
}

/** Compares all documents with the schema, in the order of files and lines. */
export function checkDocuments(
  { definitions, unreadable }: Pick<Documents, 'definitions' | 'unreadable'>,
  live: LiveSchema,
  role: string | undefined,
): Finding[] {
  const findings = new Map<string, Finding>()
  const note = (finding: Finding): void => {
    const { file, line, column, reason } = finding
    findings.set(JSON.stringify([file, line, column, reason]), finding)
  }
  for (const { message, ...place } of unreadable) note({ ...place, kind: 'invalid', reason: message })
  const isThere = live.whole === null ? () => false : fitting(definitions, live.whole)
  for (const error of flaws(live.schema, definitions, RULES)) {
    const isHidden = isThere(error)
    note({
      ...placeOf(error),
      kind: isHidden ? 'hidden' : 'gone',
      reason: isHidden ? `${error.message} It is there, but hidden from the role ${role}.` : error.message,
    })
  }
  const choices = knownChoicesRule(factsOf(live.modules, live.schema))
  for (const error of flaws(live.schema, definitions, [choices])) note({ ...placeOf(error), kind: 'gone', reason: error.message })
  for (const error of flaws(live.schema, definitions, [NoDeprecatedCustomRule])) note({ ...placeOf(error), kind: 'deprecated', reason: error.message })
  return [...findings.values()].sort((one, other) => compare(one.file, other.file) || one.line - other.line || one.column - other.column)
}

/** Fragments may be in files of their own, used by none yet, and each file may have its operation without a name. */
const NOT_HERE: ReadonlySet<ValidationRule> = new Set([NoUnusedFragmentsRule, LoneAnonymousOperationRule])
const RULES = specifiedRules.filter((rule) => !NOT_HERE.has(rule))

/** Whether what is wrong at a place is right by another schema. */
function fitting(definitions: readonly ExecutableDefinitionNode[], schema: GraphQLSchema): (error: GraphQLError) => boolean {
  const wrong = new Set(flaws(schema, definitions, RULES).map((error) => error.nodes?.[0]))
  return (error) => error.nodes?.[0] !== undefined && !wrong.has(error.nodes[0])
}

function flaws(schema: GraphQLSchema, definitions: readonly ExecutableDefinitionNode[], rules: readonly ValidationRule[]): GraphQLError[] {
  if (definitions.length === 0) return []
  const local = localNames(definitions)
  const found = validate(schema, { kind: Kind.DOCUMENT, definitions }, rules, { maxErrors: Number.POSITIVE_INFINITY })
  return found.filter(({ nodes }) => !nodes?.some((node) => isForClient(node, local)))
}

/** Directives that compilers and clients take out of a document before they send it. */
const CLIENT_DIRECTIVES: ReadonlySet<string> = new Set(
  (
    'argumentDefinitions arguments connection refetchable relay inline required throwOnFieldError catch appendNode prependNode appendEdge prependEdge deleteRecord deleteEdge ' +
    'raw_response_type preloadable updatable assignable module match client export nonreactive unmask'
  ).split(' '),
)

interface LocalNames {
  /** Variables of Relay's fragments, which are values by the time that they are sent. */
  readonly variables: ReadonlySet<string>
}

function localNames(definitions: readonly ExecutableDefinitionNode[]): LocalNames {
  const variables = new Set<string>()
  for (const { directives = [] } of definitions) {
    for (const { name, arguments: given = [] } of directives) {
      if (name.value === 'argumentDefinitions') for (const argument of given) variables.add(argument.name.value)
    }
  }
  return { variables }
}

function isForClient(node: ASTNode, { variables }: LocalNames): boolean {
  if (node.kind === Kind.DIRECTIVE) return CLIENT_DIRECTIVES.has(node.name.value)
  return node.kind === Kind.VARIABLE && variables.has(node.name.value)
}

function placeOf({ nodes, source, positions }: GraphQLError): Place {
  const location = nodes?.[0]?.loc
  const from = location?.source ?? source
  return from ? placeIn(from, location?.start ?? positions?.[0] ?? 0) : { file: '', line: 1, column: 1 }
}

function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0
}
