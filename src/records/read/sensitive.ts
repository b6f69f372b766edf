import type { AccessPolicy } from '../access/policy.ts'
import { fieldLevel, partialLevel } from '../access/secured.ts'
import type { FieldDefinition, ModuleDefinition, Registry } from '../registry/definition.ts'
import type { ConnectionMember, ConnectionSelection, EdgeMember, ReadRequest, RecordSelection, SelectedField } from './request.ts'

/** A request that shows sensitive fields. */
export interface SensitiveRequest {
  /** The request as it is to be planned: each record has its id as first member, under the mark, and null where it shows no such field. */
  readonly request: ReadRequest
  /** Ids of the fields, by module. */
  readonly shown: ReadonlyMap<ModuleDefinition, ReadonlySet<string>>
}

/** The field's values are sensitive, or computed from such values. */
export function isSensitive(field: FieldDefinition, registry: Registry): boolean {
  if (field.sensitivity === 'sensitive') return true
  return field.inputs.some((place) => registry.modules.get(place.module)?.fields.get(place.field)?.sensitivity === 'sensitive')
}

/**
 * What a request shows of sensitive fields, and the request by which the records that show them can be told; null where it shows none. Aggregates and group
 * keys count as showing their fields, masked values do not. `mark`: a member's name that no response key can be.
 */
export function sensitiveRequest(request: ReadRequest, policy: AccessPolicy, registry: Registry, mark: string): SensitiveRequest | null {
  const finder = new SensitiveFinder(policy, registry, mark)
  const marked = finder.request(request)
  return finder.shown.size === 0 ? null : { request: marked, shown: finder.shown }
}

class SensitiveFinder {
  readonly shown = new Map<ModuleDefinition, Set<string>>()
  readonly #policy: AccessPolicy
  readonly #registry: Registry
  readonly #mark: string

  constructor(policy: AccessPolicy, registry: Registry, mark: string) {
    this.#policy = policy
    this.#registry = registry
    this.#mark = mark
  }

  request(request: ReadRequest): ReadRequest {
    if (request.kind === 'list') return { ...request, connection: this.#connection(request.connection) }
    if (request.kind !== 'aggregate') return { ...request, selection: this.#record(request.selection) }
    for (const { through, field } of request.groupBy) this.#note(through.length === 0 ? request.module : this.#registry.module(field.module), [field])
    for (const member of request.members)
      if (member.kind === 'function')
        this.#note(
          request.module,
          member.members.flatMap(({ field }) => field ?? []),
        )
    return request
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
    if (selected.kind === 'many') return { ...selected, connection: this.#connection(selected.connection) }
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
  #note(module: ModuleDefinition, fields: readonly FieldDefinition[]): readonly FieldDefinition[] {
    const sensitive = fields.filter((field) => {
      const level = fieldLevel(this.#policy, module.name, field.name)
      const isShown = level === 'READ' || level === 'WRITE' || partialLevel(this.#policy, module.name, field.name)?.read !== undefined
      return isShown && isSensitive(field, this.#registry)
    })
    if (sensitive.length === 0) return sensitive
    const known = this.shown.get(module) ?? new Set()
    for (const { id } of sensitive) known.add(id)
    this.shown.set(module, known)
    return sensitive
  }
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
