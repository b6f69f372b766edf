import type { AccessPolicy } from '../access/policy.ts'
import { fieldLevel, partialLevel } from '../access/secured.ts'
import type { FieldDefinition, ModuleDefinition, Registry } from '../registry/definition.ts'
import type {
  ConnectionMember,
  ConnectionSelection,
  EdgeMember,
  FilterNode,
  ListArguments,
  Operand,
  ReadRequest,
  RecordSelection,
  SelectedField,
} from './request.ts'

/** Ids of fields, by module. */
type FieldsByModule = ReadonlyMap<ModuleDefinition, ReadonlySet<string>>

/** A request that shows sensitive fields, or asks about them. */
export interface SensitiveRequest {
  /** The request as it is to be planned: each record has its id as first member, under the mark, and null where it shows no such field. */
  readonly request: ReadRequest
  readonly shown: FieldsByModule
  /** Compared with something (in a filter, a search, a key), or told without the record that holds them: by a cursor, which is a place among the values of its order. */
  readonly asked: FieldsByModule
}

/** The field's values are sensitive, or computed from such values. */
export function isSensitive(field: FieldDefinition, registry: Registry): boolean {
  if (field.sensitivity === 'sensitive') return true
  return field.inputs.some((place) => registry.modules.get(place.module)?.fields.get(place.field)?.sensitivity === 'sensitive')
}

/**
 * What a request shows of sensitive fields and asks about them, and the request by which the records that show them can be told; null where there is none of it. Aggregates and
 * group keys count as showing their fields, masked values do not. `mark`: a member's name that no response key can be.
 */
export function sensitiveRequest(request: ReadRequest, policy: AccessPolicy, registry: Registry, mark: string): SensitiveRequest | null {
  const finder = new SensitiveFinder(policy, registry, mark)
  const marked = finder.request(request)
  return finder.shown.size + finder.asked.size === 0 ? null : { request: marked, shown: finder.shown, asked: finder.asked }
}

/** The sensitive fields that a filter compares. */
export function askedByFilter(filter: FilterNode | null, policy: AccessPolicy, registry: Registry): FieldsByModule {
  const finder = new SensitiveFinder(policy, registry, '')
  finder.filter(filter)
  return finder.asked
}

class SensitiveFinder {
  readonly shown = new Map<ModuleDefinition, Set<string>>()
  readonly asked = new Map<ModuleDefinition, Set<string>>()
  readonly #policy: AccessPolicy
  readonly #registry: Registry
  readonly #mark: string

  constructor(policy: AccessPolicy, registry: Registry, mark: string) {
    this.#policy = policy
    this.#registry = registry
    this.#mark = mark
  }

  request(request: ReadRequest): ReadRequest {
    if (request.kind === 'list') return { ...request, connection: this.#list(request.module, request.list, request.connection) }
    if (request.kind === 'getBy' && request.by.kind === 'field') this.#ask([request.by.field])
    if (request.kind !== 'aggregate') return { ...request, selection: this.#record(request.selection) }
    this.filter(request.filter)
    this.#search(request.module, request.search)
    this.#ask(request.orderBy.flatMap((order) => (order.kind === 'function' ? [order.field] : [])))
    for (const { through, field } of request.groupBy) this.#note(through.length === 0 ? request.module : this.#registry.module(field.module), [field])
    for (const member of request.members)
      if (member.kind === 'function')
        this.#note(
          request.module,
          member.members.flatMap(({ field }) => field ?? []),
        )
    return request
  }

  filter(node: FilterNode | null): void {
    switch (node?.kind) {
      case 'and':
      case 'or':
        for (const inner of node.nodes) this.filter(inner)
        return
      case 'one':
        this.#ask([node.field])
        this.filter(node.node)
        return
      case 'not':
      case 'many':
        this.filter(node.node)
        return
      case 'compare':
        this.#ask([node.field])
    }
  }

  #list(module: ModuleDefinition, { filter, search, orderBy }: ListArguments, connection: ConnectionSelection): ConnectionSelection {
    this.filter(filter)
    this.#search(module, search)
    if (connection.members.some(showsCursor)) this.#ask(orderBy.flatMap(({ through, field }) => [...through, field]))
    return this.#connection(connection)
  }

  #search(module: ModuleDefinition, search: Operand | null): void {
    if (search !== null && !(search.kind === 'constant' && search.value === null)) this.#ask(module.searchableFields)
  }

  #ask(fields: readonly FieldDefinition[]): void {
    for (const field of fields) this.#note(this.#registry.module(field.module), [field], this.asked)
  }

  #record(selection: RecordSelection): RecordSelection {
    const { module } = selection
    const fields = selection.fields.map((selected) => this.#below(selected))
    const shows = this.#note(
      module,
      selection.fields.flatMap((selected) => shownBy(selected, module)),
    )
    return { module, fields: shows.length > 0 ? [{ kind: 'raw', key: this.#mark, column: 'id', shows }, ...fields] : fields }
  }

  #below(selected: SelectedField): SelectedField {
    if (selected.kind === 'one') return { ...selected, selection: this.#record(selected.selection) }
    if (selected.kind === 'many') return { ...selected, connection: this.#list(selected.module, selected.list, selected.connection) }
    return selected
  }

  #connection({ members }: ConnectionSelection): ConnectionSelection {
    return {
      members: members.map((member): ConnectionMember => {
        if (member.kind === 'nodes') return { ...member, selection: this.#record(member.selection) }
        if (member.kind === 'edges') return { ...member, members: member.members.map((edge) => this.#edge(edge)) }
        return member
      }),
    }
  }

  #edge(edge: EdgeMember): EdgeMember {
    return edge.kind === 'node' ? { ...edge, selection: this.#record(edge.selection) } : edge
  }

  /** Notes those that are sensitive and shown in full, be it on some records; answers them. */
  #note(module: ModuleDefinition, fields: readonly FieldDefinition[], into = this.shown): readonly FieldDefinition[] {
    const sensitive = fields.filter((field) => {
      const level = fieldLevel(this.#policy, module.name, field.name)
      const isShown = level === 'READ' || level === 'WRITE' || partialLevel(this.#policy, module.name, field.name)?.read !== undefined
      return isShown && isSensitive(field, this.#registry)
    })
    if (sensitive.length === 0) return sensitive
    const known = into.get(module) ?? new Set()
    for (const { id } of sensitive) known.add(id)
    into.set(module, known)
    return sensitive
  }
}

/** A cursor holds the values of its record by which the list is ordered. */
function showsCursor(member: ConnectionMember): boolean {
  if (member.kind === 'pageInfo') return member.parts.some(({ part }) => part === 'startCursor' || part === 'endCursor')
  return member.kind === 'edges' && member.members.some(({ kind }) => kind === 'cursor')
}

/** Fields of the record whose values a member shows. */
function shownBy(selected: SelectedField, module: ModuleDefinition): readonly FieldDefinition[] {
  switch (selected.kind) {
    case 'value':
    case 'parts':
    case 'one':
      return [selected.field]
    case 'many':
      return module.fields.get(selected.relation.field.name) === selected.relation.field ? [selected.relation.field] : []
    case 'displayName':
      return [module.fields.get(module.nameField) ?? []].flat()
    case 'values': {
      const names = selected.names?.kind === 'constant' ? (selected.names.value as readonly string[] | null) : null
      const isAsked = ({ name, aliases }: FieldDefinition) => names === null || [name, ...(aliases ?? [])].some((each) => names.includes(each))
      return [...module.fields.values()].filter((field) => field.custom && isAsked(field))
    }
    default:
      return []
  }
}
