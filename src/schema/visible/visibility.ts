import type { GraphQLField, GraphQLInputField } from 'graphql'
import type { Principal } from '../../records/access/policy.ts'
import { fieldLevel, isAllowed, isEverShown, isEverWritable } from '../../records/access/secured.ts'
import { type ModuleDefinition, type Registry, targetOf } from '../../records/registry/index.ts'
import { typeNames } from '../build/names.ts'
import type { FieldDescriptor, InputDescriptor } from '../descriptors.ts'
import { audienceOf, isForPrincipal, plannedVerdict } from '../rules.ts'

/** Which members of the schema's types are of any use to a principal. */
export interface Visibility {
  /** Some records of the module may be readable. */
  reads(module: string): boolean
  output(typeName: string, field: GraphQLField<unknown, unknown>): boolean
  input(typeName: string, field: GraphQLInputField): boolean
}

/**
 * Judged by what each member stands for, as the planner and the access compiler judge the operations that name it: hidden fields, relations into modules
 * that cannot be read, masked fields wherever they would be compared, and operations that are refused in any case are of no use.
 */
export function visibilityFor(principal: Principal, registry: Registry): Visibility {
  const { policy } = principal
  const inputs = modulesOfInputs(registry)

  const isReadable = (module: ModuleDefinition | undefined): boolean => module !== undefined && isAllowed(module, 'READ', policy, registry)
  const levelOf = (module: string, field: string) => fieldLevel(policy, module, field)
  const isUsable = (module: string, field: string): boolean => levelOf(module, field) === 'READ' || levelOf(module, field) === 'WRITE'

  /** The record behind a to-one relation, or those behind a REFERENCES field; `*` leads to some module that can be read. */
  const leadsSomewhere = (module: string, name: string): boolean => {
    const field = registry.modules.get(module)?.fields.get(name)
    if (!field || field.reference?.module === '*') return true
    const target = targetOf(field, registry)
    return target === undefined || isReadable(target)
  }

  const isOpen = (module: string, relation: string): boolean => {
    const holder = registry.modules.get(module)
    const inverse = holder?.inverses.get(relation)
    if (inverse) return isReadable(registry.modules.get(inverse.module)) && isUsable(inverse.module, inverse.field)
    return isUsable(module, relation) && leadsSomewhere(module, relation)
  }

  function isSelectable(descriptor: FieldDescriptor): boolean {
    switch (descriptor.kind) {
      case 'field':
      case 'anyRecord': {
        const { module, field } = descriptor
        if (module === '*') return true
        const isMany = registry.modules.get(module)?.fields.get(field)?.type === 'REFERENCES'
        if (isMany) return isOpen(module, field)
        return isEverShown(policy, module, field) && leadsSomewhere(module, field)
      }
      case 'inverse':
        return isOpen(descriptor.module, descriptor.relation)
      case 'aggregateValue':
        return isUsable(descriptor.module, descriptor.field)
      case 'list':
      case 'get':
      case 'getBy':
      case 'aggregate':
      case 'write':
      case 'node':
      case 'nodes':
      case 'changed':
      case 'changes':
      case 'changeCursor':
        return plannedVerdict(descriptor, { principal, runtime: { registry } }) === true
      default:
        return true
    }
  }

  function isGivable(descriptor: InputDescriptor, module: string): boolean {
    switch (descriptor.kind) {
      case 'compare':
      case 'key':
      case 'unique':
        return isUsable(module, descriptor.field)
      case 'one':
      case 'through':
        return isUsable(module, descriptor.field) && leadsSomewhere(module, descriptor.field)
      case 'many':
        return isOpen(module, descriptor.relation)
      case 'value':
        return isEverWritable(policy, module, descriptor.field)
      default:
        return true
    }
  }

  return {
    reads: (module) => isReadable(registry.modules.get(module)),
    output: (typeName, { name, extensions: { guanxi, audience } }) =>
      guanxi === undefined || guanxi.kind === 'handle' || guanxi.kind === 'computed'
        ? isForPrincipal(audienceOf(typeName, name, audience), principal)
        : isSelectable(guanxi),
    input: (typeName, { extensions: { guanxi } }) => {
      const place = inputs.get(typeName)
      return guanxi === undefined || place === undefined || isGivable(guanxi, place.module)
    },
  }
}

/** What the members of an input type stand for. */
interface InputPlace {
  readonly module: string
  /** By it other modules name records of this one. */
  readonly isReference: boolean
}

const places = new WeakMap<Registry, ReadonlyMap<string, InputPlace>>()

/** Input types whose members stand for fields, with their modules. */
export function modulesOfInputs(registry: Registry): ReadonlyMap<string, InputPlace> {
  const known = places.get(registry)
  if (known) return known
  const modules = new Map<string, InputPlace>()
  for (const module of registry.modules.values()) {
    const names = typeNames(module)
    const own = [names.filter, names.orderBy, names.groupBy, names.uniqueInput, names.aggregateNumberOrderBy, names.aggregateRangeOrderBy]
    for (const name of [...own, names.createInput, names.updateInput, names.upsertInput]) modules.set(name, { module: module.name, isReference: false })
    modules.set(names.ref, { module: module.name, isReference: true })
  }
  places.set(registry, modules)
  return modules
}
