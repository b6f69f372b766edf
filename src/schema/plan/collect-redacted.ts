import { type FieldNode, type GraphQLObjectType, type GraphQLOutputType, getNamedType, isObjectType, type SelectionSetNode } from 'graphql'
import { GuanxiError } from '../../errors/index.ts'
import type { Principal } from '../../records/access/policy.ts'
import type { ModuleDefinition } from '../../records/registry/definition.ts'
import { audienceOf, isForPrincipal, plannedVerdict } from '../rules.ts'
import { resolved } from './arguments.ts'
import { type CollectContext, isModuleReadable, type RedactedSelection } from './collect-context.ts'
import { collectFields, subselections } from './collect-fields.ts'
import { argumentsOf } from './collect-list.ts'
import { collectByIds, collectRoot, moduleOfId } from './collect-root.ts'
import { HiddenNameError } from './hidden-names.ts'

/**
 * What an operation selects that its reader is not shown, told from the operation alone: whatever records there are and whichever of them a polymorphic
 * reference leads to, the list is the same. What public fields answer is left out, since it is read by the rights of whoever signs in by them. Throws as for an
 * unknown name where a hidden one is given to a filter or an aggregate.
 */
export function redactedSelections(
  type: GraphQLObjectType,
  set: SelectionSetNode,
  principal: Principal,
  start: Omit<CollectContext, 'policy' | 'redacted' | 'named' | 'ordinary'>,
): RedactedSelection[] {
  const redacted: RedactedSelection[] = []
  const context: CollectContext = { ...start, policy: principal.policy, redacted, named: new Set(), ordinary: false, meetAny }
  const { registry } = context
  /** Modules whose changes the present root field tells. */
  let fed: readonly ModuleDefinition[] = []

  function visitSet(parent: GraphQLObjectType, sets: readonly (SelectionSetNode | undefined)[], path: readonly string[]): void {
    for (const [key, nodes] of collectFields(parent, sets, context)) {
      const field = parent.getFields()[(nodes[0] as FieldNode).name.value]
      if (field) tolerant(() => visitField(parent, field, nodes, [...path, key]))
    }
  }

  function visitField(
    parent: GraphQLObjectType,
    field: ReturnType<GraphQLObjectType['getFields']>[string],
    nodes: readonly FieldNode[],
    path: readonly string[],
  ): void {
    const descriptor = field.extensions.guanxi
    switch (descriptor?.kind) {
      case 'list':
      case 'get':
      case 'getBy':
      case 'aggregate':
      case 'node':
        if (plannedVerdict(descriptor, { principal, runtime: { registry } }) === true) collectRoot(field, nodes, path, context)
        return
      case 'nodes':
        visitRecords(modulesOfIds(resolved(argumentsOf(field, nodes[0] as FieldNode, context).get('ids'), context.variables)), nodes, path)
        return
      case 'changes':
        if (plannedVerdict(descriptor, { principal, runtime: { registry } }) !== true) return
        fed = modulesNamed(resolved(argumentsOf(field, nodes[0] as FieldNode, context).get('modules'), context.variables))
        visitMembers(field.type, nodes, path)
        return
      case 'write':
      case 'changed':
        if (plannedVerdict(descriptor, { principal, runtime: { registry } }) === true) visitMembers(field.type, nodes, path)
        return
      case 'payloadRecord':
      case 'payloadRecords': {
        const module = registry.module(descriptor.module)
        if (isModuleReadable(context, module)) visitRecords([module], nodes, path)
        return
      }
      case 'changeRecord':
        visitRecords(descriptor.module === '*' ? fed : [registry.module(descriptor.module)], nodes, path)
        return
      case 'handle': {
        if (!isAnswered(parent, field)) return
        visitRecords(descriptor.module === '*' ? readableModules() : [registry.module(descriptor.module)], nodes, path)
        return
      }
      case 'part':
        if (parent.extensions.guanxi?.kind === 'change') visitMembers(field.type, nodes, path)
        return
      case undefined:
        if (isAnswered(parent, field)) visitMembers(field.type, nodes, path)
    }
  }

  function isAnswered(parent: GraphQLObjectType, { name, extensions }: ReturnType<GraphQLObjectType['getFields']>[string]): boolean {
    const audience = audienceOf(parent.name, name, extensions.audience)
    return audience !== 'public' && isForPrincipal(audience, principal)
  }

  function visitMembers(output: GraphQLOutputType, nodes: readonly FieldNode[], path: readonly string[]): void {
    const named = getNamedType(output)
    if (isObjectType(named)) visitSet(named, subselections(nodes), path)
  }

  function visitRecords(modules: Iterable<ModuleDefinition>, nodes: readonly FieldNode[], path: readonly string[]): void {
    for (const module of modules) tolerant(() => collectByIds(module, subselections(nodes), path, false, context))
  }

  function meetAny(nodes: readonly FieldNode[], path: readonly string[]): void {
    visitRecords(readableModules(), nodes, path)
  }

  function readableModules(): ModuleDefinition[] {
    return [...registry.modules.values()].filter((module) => isModuleReadable(context, module))
  }

  /** All that the reader reads, unless names are given. */
  function modulesNamed(names: unknown): readonly ModuleDefinition[] {
    return Array.isArray(names) ? readableModules().filter(({ name }) => names.includes(name)) : readableModules()
  }

  function modulesOfIds(ids: unknown): ReadonlySet<ModuleDefinition> {
    const modules = (Array.isArray(ids) ? ids : [ids]).map((id) => moduleOfId(id, context))
    return new Set(modules.filter((module) => module !== null))
  }

  /** What is wrong with arguments is told where they are used. */
  function tolerant(work: () => unknown): void {
    context.conditions = 0
    context.relations = 0
    try {
      work()
    } catch (error) {
      if (!(error instanceof GuanxiError) || error instanceof HiddenNameError) throw error
    }
  }

  visitSet(type, [set], [])
  return redacted
}
