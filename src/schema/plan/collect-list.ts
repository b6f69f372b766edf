import { type FieldNode, type GraphQLField, type GraphQLInputObjectType, type GraphQLInputType, getNamedType, isInputObjectType } from 'graphql'
import { DefectError, GuanxiError, say, validationFailed } from '../../errors/index.ts'
import type { ListArguments, Operand, OrderKey } from '../../records/read/request.ts'
import type { FieldDefinition, ModuleDefinition } from '../../records/registry/definition.ts'
import { argumentValue, operandOf, resolved, VariableRef } from './arguments.ts'
import { type CollectContext, isModuleReadable, isUsable } from './collect-context.ts'
import { collectFilter } from './collect-filter.ts'
import { unknownInputField } from './hidden-names.ts'

export const DEFAULT_PAGE = 50
export const MAX_PAGE = 500

/** Arguments of a field by name, defaults filled in, variables left in place where values may vary. */
export function argumentsOf(field: GraphQLField<unknown, unknown>, node: FieldNode, context: CollectContext): Map<string, unknown> {
  const values = new Map<string, unknown>()
  for (const argument of field.args) {
    const given = node.arguments?.find(({ name }) => name.value === argument.name)
    const value = given ? argumentValue(given.value, argument.type, context.variables) : argument.defaultValue
    if (value !== undefined) values.set(argument.name, value)
  }
  return values
}

export function argumentType(field: GraphQLField<unknown, unknown>, name: string): GraphQLInputObjectType {
  const type = getNamedType(field.args.find((argument) => argument.name === name)?.type as GraphQLInputType)
  if (!isInputObjectType(type)) throw new DefectError(`${field.name}(${name}:) is no input object`)
  return type
}

/** An operand for text arguments; null counts as left out. */
export function optionalOperand(value: unknown): Operand | null {
  return value === undefined || value === null ? null : operandOf(value)
}

/** Arguments of a connection field. Throws VALIDATION_FAILED and LIMIT_EXCEEDED for a page that cannot be. */
export function collectList(field: GraphQLField<unknown, unknown>, node: FieldNode, module: ModuleDefinition, context: CollectContext): ListArguments {
  const values = argumentsOf(field, node, context)
  const { first, last } = pageSize(values, context)
  const orderBy = resolvedList(values.get('orderBy'), context)
  return {
    filter: values.has('filter') ? collectFilter(values.get('filter'), argumentType(field, 'filter'), module, ['filter'], context) : null,
    search: optionalOperand(values.get('search')),
    orderBy: orderBy.map((item) => collectOrderKey(item, argumentType(field, 'orderBy'), module, context)),
    deleted: (resolved(values.get('deleted'), context.variables) as ListArguments['deleted'] | null | undefined) ?? 'EXCLUDE',
    first,
    last,
    after: optionalOperand(values.get('after')),
    before: optionalOperand(values.get('before')),
  }
}

function pageSize(values: Map<string, unknown>, context: CollectContext): { first: number | null; last: number | null } {
  const size = (name: 'first' | 'last'): number | null => {
    const value = resolved(values.get(name), context.variables)
    if (value === undefined || value === null) return null
    return checkedPageSize(value as number, name)
  }
  const first = size('first')
  const last = size('last')
  if (first !== null && last !== null) throw validationFailed([{ path: ['last'], code: 'PAGE', message: say`Give first or last, not both.` }])
  return first === null && last === null ? { first: DEFAULT_PAGE, last: null } : { first, last }
}

export function checkedPageSize(value: number, name: string, max = MAX_PAGE): number {
  if (value < 1) throw validationFailed([{ path: [name], code: 'PAGE', message: say`${name} must be at least 1; ${value} was asked.` }])
  if (value > max)
    throw new GuanxiError('LIMIT_EXCEEDED', say`${name} may be at most ${max}; ${value} was asked. Page with after or before.`, { limit: max, asked: value })
  return value
}

/** Keys of an `orderBy` or `groupBy`; a cursor's condition grows with their square. */
const MAX_KEYS = 20

export function resolvedList(value: unknown, context: CollectContext): readonly Readonly<Record<string, unknown>>[] {
  const given = resolved(value, context.variables)
  if (given === undefined || given === null) return []
  const list = (Array.isArray(given) ? given : [given]) as readonly Readonly<Record<string, unknown>>[]
  if (list.length > MAX_KEYS)
    throw new GuanxiError('LIMIT_EXCEEDED', say`orderBy and groupBy take at most ${MAX_KEYS} keys; ${list.length} were given.`, {
      limit: MAX_KEYS,
      asked: list.length,
    })
  return list
}

interface Steps {
  readonly through: readonly FieldDefinition[]
  readonly field: FieldDefinition
  /** As they were called in the request, which may be by earlier names; the field's last. */
  readonly names: readonly string[]
  /** What was given for the last member: a direction, a bucket or `true`. */
  readonly value: unknown
}

/** Follows a `@oneOf` key (`{account: {name: ASC}}`) to its field. */
export function collectSteps(item: Readonly<Record<string, unknown>>, type: GraphQLInputObjectType, module: ModuleDefinition, context: CollectContext): Steps {
  const through: FieldDefinition[] = []
  const names: string[] = []
  let value: unknown = item
  let current = module
  let currentType = type
  for (;;) {
    const [name, member] = Object.entries(value as Readonly<Record<string, unknown>>)[0] as [string, unknown]
    const input = currentType.getFields()[name]
    const descriptor = input?.extensions.guanxi
    if (!input || (descriptor?.kind !== 'key' && descriptor?.kind !== 'through')) throw new DefectError(`${currentType.name}.${name} has no descriptor`)
    const field = current.fields.get(descriptor.field)
    if (!field || !isUsable(context, current, field)) throw unknownInputField(name, currentType.name)
    names.push(name)
    if (descriptor.kind === 'key') return { through, field, names, value: member instanceof VariableRef ? resolved(member, context.variables) : member }
    through.push(field)
    current = context.registry.module(field.type === 'USER' ? 'user' : (field.reference?.module as string))
    if (!isModuleReadable(context, current)) throw unknownInputField(name, currentType.name)
    currentType = getNamedType(input.type) as GraphQLInputObjectType
    value = member
  }
}

function collectOrderKey(item: Readonly<Record<string, unknown>>, type: GraphQLInputObjectType, module: ModuleDefinition, context: CollectContext): OrderKey {
  const { through, field, value } = collectSteps(item, type, module, context)
  return { through, field, direction: value as 'ASC' | 'DESC' }
}
