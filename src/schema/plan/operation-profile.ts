import { type ArgumentNode, type ASTNode, type DocumentNode, Kind, type OperationDefinitionNode, type TypeNode, visit } from 'graphql'
import { moduleNumberOf } from '../../lib/record-id.ts'
import { cursorShape, searchShape } from '../../records/read/index.ts'

/**
 * Which variables decide about the text of an operation's statements, and how; found once for a document.
 * A variable is `bound` when it only ever supplies values: then its presence (and the shape of a cursor, a search text or
 * an id) keys the plan; any other variable keys it by its whole value.
 */
export interface OperationProfile {
  readonly structural: readonly string[]
  readonly bound: readonly { readonly name: string; readonly probes: readonly Probe[] }[]
}

type Probe = 'cursor' | 'search' | 'module'

const PROBES: Readonly<Record<string, Probe | null>> = {
  after: 'cursor',
  before: 'cursor',
  search: 'search',
  id: 'module',
  filter: null,
  by: null,
  timeZone: null,
}

export function profileOperation(document: DocumentNode, operation: OperationDefinitionNode): OperationProfile {
  const scalars = new Set((operation.variableDefinitions ?? []).filter(({ type }) => isPlainScalar(type)).map(({ variable }) => variable.name.value))
  const structural = new Set<string>()
  const probes = new Map<string, Set<Probe>>()
  visit(document, {
    VariableDefinition: () => false,
    Variable(node, _key, parent, _path, ancestors) {
      const name = node.name.value
      // `ancestors` ends above the immediate parent.
      const around = [...ancestors, parent].filter((item) => item !== undefined && !Array.isArray(item)) as ASTNode[]
      const argument = around.findLast((item) => item.kind === Kind.ARGUMENT) as ArgumentNode | undefined
      const inDirective = around.some((item) => item.kind === Kind.DIRECTIVE)
      const inList = around.some((item) => item.kind === Kind.LIST)
      const probe = argument === undefined ? undefined : PROBES[argument.name.value]
      if (inDirective || inList || probe === undefined || !scalars.has(name)) structural.add(name)
      else {
        const known = probes.get(name) ?? new Set<Probe>()
        if (probe !== null) known.add(probe)
        probes.set(name, known)
      }
    },
  })
  for (const { variable } of operation.variableDefinitions ?? []) {
    if (!probes.has(variable.name.value)) structural.add(variable.name.value)
  }
  return {
    structural: [...structural].sort(),
    bound: [...probes].filter(([name]) => !structural.has(name)).map(([name, found]) => ({ name, probes: [...found] })),
  }
}

function isPlainScalar(type: TypeNode): boolean {
  if (type.kind === Kind.NON_NULL_TYPE) return isPlainScalar(type.type)
  if (type.kind === Kind.LIST_TYPE) return isPlainScalar(type.type)
  return ['String', 'ID', 'Int', 'Float', 'Decimal', 'Date', 'DateTime'].includes(type.name.value)
}

/** Key of a plan among those of its document, for coerced variable values. */
export function planKey(profile: OperationProfile, variables: Readonly<Record<string, unknown>>): string {
  // Wrapped, because JSON writes what is left out like null, and `{name: {isNull: $v}}` is a condition with one and none with the other.
  const structural = profile.structural.length === 0 ? '' : JSON.stringify(profile.structural.map((name) => (name in variables ? [variables[name]] : 0)))
  if (profile.bound.length === 0) return structural
  return `${structural}|${profile.bound.map(({ name, probes }) => `${stateOf(variables[name])}${probes.map((probe) => probeOf(probe, variables[name])).join('')}`).join(',')}`
}

function stateOf(value: unknown): string {
  if (value === undefined) return 'u'
  if (value === null) return 'n'
  return Array.isArray(value) ? (value.includes(null) ? 'ln' : 'l') : 'v'
}

function probeOf(probe: Probe, value: unknown): string {
  if (value === null || value === undefined) return '-'
  if (probe === 'cursor') return cursorShape(value)
  if (probe === 'search') return searchShape(value)
  return String(moduleNumberOf(String(value)))
}
