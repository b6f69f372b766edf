import { isComputed } from '../entities/value-type.ts'
import { type Issue, type Message, say } from '../errors/index.ts'
import { isObject } from '../lib/is-object.ts'
import { parentOf } from '../records/access/access-parent.ts'
import type { Predicate } from '../records/access/policy.ts'
import { VIEWER_VALUES, type ViewerValue } from '../records/access/predicate-sql.ts'
import { comparableType } from '../records/read/columns.ts'
import { LIST_OPERATORS, OPERATORS, type OperatorFamily, operatorFamily, YES_OR_NO_OPERATORS } from '../records/read/operators.ts'
import type { CompareOperator, FilterNode, Operand } from '../records/read/request.ts'
import type { FieldDefinition, ModuleDefinition, Registry } from '../records/registry/index.ts'
import { PERMANENT_NAMES, type PredicateMember, type PredicateNames, type PredicateObject, relatedModule, relationOf } from './predicate-names.ts'
import { LONGEST_LIST, predicateValue, valueHelp } from './predicate-values.ts'

/** Conditions of one predicate, relations among them, and objects inside of objects. */
const MOST_CONDITIONS = 100
const MOST_RELATIONS = 8
const DEEPEST = 10

const QUANTIFIERS = ['some', 'none', 'every'] as const
type Quantifier = (typeof QUANTIFIERS)[number]

/** Says nothing of a record. */
const ANY: FilterNode = { kind: 'and', nodes: [] }

type Path = Issue['path']

export interface PredicateSource {
  readonly module: ModuleDefinition
  readonly registry: Registry
  readonly names: PredicateNames
  /** Where the object stands in the input. */
  readonly path: Path
  /** Whoever writes the predicate may read the field in full; others do not exist for it. */
  readonly mayRead: (field: FieldDefinition) => boolean
}

/** The predicate that a filter object says. `issues` gets what is wrong with it; then undefined is answered. */
export function readPredicate(value: unknown, source: PredicateSource, issues: Issue[]): Predicate | undefined {
  const reader = new PredicateReader(source)
  const node = reader.root(value)
  issues.push(...reader.issues)
  return reader.issues.length === 0 && node ? { node, key: canonicalText(value), plain: reader.plain } : undefined
}

class PredicateReader {
  readonly issues: Issue[] = []
  plain = true
  readonly #source: PredicateSource
  #conditions = 0
  #relations = 0

  constructor(source: PredicateSource) {
    this.#source = source
  }

  root(value: unknown): FilterNode | undefined {
    const { path, module } = this.#source
    return this.#object(value, module, path, 1)
  }

  #object(value: unknown, module: ModuleDefinition, path: Path, depth: number): FilterNode | undefined {
    if (!isObject(value)) return this.#refuse(path, 'TYPE', say`Conditions on ${module.pluralName} are an object, such as {"name": {"eq": "…"}}.`)
    if (depth > DEEPEST) return this.#refuse(path, 'TOO_DEEP', say`A condition of a grant may be ${DEEPEST} objects deep.`)
    if (isEmpty(value)) return this.#refuseEmpty(path)
    const said = new Set<string>()
    const nodes = Object.entries(value).map(([name, inner]) => this.#member(name, inner, module, [...path, name], depth, said))
    const found = nodes.filter((node) => node !== undefined)
    return found.length === 1 ? found[0] : { kind: 'and', nodes: found }
  }

  /** `said`: permanent names of what its object has said until here. */
  #member(name: string, value: unknown, module: ModuleDefinition, path: Path, depth: number, said: Set<string>): FilterNode | undefined {
    const { names, registry, mayRead } = this.#source
    const member = names.member(module, name, registry)
    if (!member || ('field' in member && !mayRead(member.field)))
      return this.#refuse(path, 'UNKNOWN', say`The module ${module.name} has no field or relation named ${JSON.stringify(name.slice(0, 60))}.`)
    const permanent = PERMANENT_NAMES.nameOf(module, member)
    if (said.has(permanent)) return this.#refuse(path, 'DUPLICATE', say`${name} is an earlier or later name of what stands here already; use "and".`)
    said.add(permanent)
    this.#conditions += 1
    if (this.#conditions === MOST_CONDITIONS + 1) return this.#refuse(path, 'TOO_LARGE', say`A grant may have ${MOST_CONDITIONS} conditions.`)
    if (this.#conditions > MOST_CONDITIONS) return undefined
    switch (member.kind) {
      case 'and':
      case 'or': {
        if (!Array.isArray(value)) return this.#refuse(path, 'TYPE', say`${name} takes a list of conditions.`)
        if (value.length === 0) return this.#refuseEmpty(path)
        const nodes = value.map((item, index) => this.#object(item, module, [...path, index], depth + 1))
        return { kind: member.kind, nodes: nodes.filter((node) => node !== undefined) }
      }
      case 'not': {
        const node = this.#object(value, module, path, depth + 1)
        return node && { kind: 'not', node }
      }
      case 'externalId':
        return this.#externalId(value, path)
      default:
        return this.#fieldMember(member, value, path, depth)
    }
  }

  #fieldMember(member: Extract<PredicateMember, { field: FieldDefinition }>, value: unknown, path: Path, depth: number): FilterNode | undefined {
    const { registry, module: root } = this.#source
    const { kind, field } = member
    const relation = relationOf(member, registry)
    if (field.extension) this.plain = false
    if (!relation) return this.#compare(field, value, path)
    const related = relatedModule(member, registry)
    if (!related) return this.#refuse(path, 'UNKNOWN', say`${field.name} leads to no module.`)
    this.#relations += 1
    if (this.#relations === MOST_RELATIONS + 1) return this.#refuse(path, 'TOO_LARGE', say`A grant may look into related records ${MOST_RELATIONS} times.`)
    if (this.#relations > MOST_RELATIONS) return undefined
    // Records that the same statement writes are not in its sight: those of the module, and those below it, which are judged by it.
    if (relation === 'many' || related === root || isBelow(related, root, registry)) this.plain = false
    if (relation === 'one') {
      const node = saysAny(value) ? ANY : this.#object(value, related, path, depth + 1)
      return node && { kind: 'one', field, module: related, node }
    }
    if (!isObject(value)) return this.#refuse(path, 'TYPE', say`Conditions on several records begin with some, none or every.`)
    if (isEmpty(value)) return this.#refuseEmpty(path)
    const tie = field.type !== 'REFERENCES' ? 'column' : kind === 'inverse' ? 'linkTarget' : 'linkSource'
    const nodes = Object.entries(value).map(([quantifier, inner]): FilterNode | undefined => {
      const here = [...path, quantifier]
      if (!isOneOf(QUANTIFIERS, quantifier)) return this.#refuse(here, 'UNKNOWN', say`Conditions on several records begin with some, none or every.`)
      const node = quantifier !== 'every' && saysAny(inner) ? ANY : this.#object(inner, related, here, depth + 1)
      return node && { kind: 'many', quantifier: quantifier as Quantifier, module: related, relation: { kind: tie, field }, node }
    })
    return { kind: 'and', nodes: nodes.filter((node) => node !== undefined) }
  }

  #externalId(value: unknown, path: Path): FilterNode | undefined {
    this.plain = false
    const { system, key, ...others } = isObject(value) ? value : {}
    const texts = [system, key].map((text) => predicateValue('String', text))
    if (Object.keys(others).length > 0 || texts.includes(undefined)) return this.#refuse(path, 'TYPE', say`externalId takes {system, key}, two texts.`)
    return { kind: 'externalId', system: { kind: 'constant', value: texts[0] }, externalKey: { kind: 'constant', value: texts[1] } }
  }

  #compare(field: FieldDefinition, value: unknown, path: Path): FilterNode | undefined {
    if (isComputed(field))
      return this.#refuse(path, 'NOT_APPLICABLE', say`${field.name} is computed and cannot decide about rights; name the fields that it follows.`)
    const family = operatorFamily(field)
    if (!family) return this.#refuse(path, 'NOT_APPLICABLE', say`${field.name} cannot be compared.`)
    return this.#operators(field, null, family, value, path)
  }

  #operators(field: FieldDefinition, part: string | null, family: OperatorFamily, value: unknown, path: Path): FilterNode | undefined {
    if (!isObject(value)) return this.#refuse(path, 'TYPE', say`${field.name} takes operators, such as {"${OPERATORS[family][0] as string}": …}.`)
    if (isEmpty(value)) return this.#refuseEmpty(path)
    const nodes = Object.entries(value).map(([operator, given]): FilterNode | undefined => {
      const here = [...path, operator]
      if (family === 'Money' && operator === 'currency') return this.#operators(field, 'currency', 'String', given, here)
      if (!isOneOf(OPERATORS[family], operator))
        return this.#refuse(here, 'UNKNOWN', say`${field.name} has no operator ${JSON.stringify(operator.slice(0, 60))}.`)
      const operand = this.#operand(field, part, family, operator as CompareOperator, given, here)
      return operand && { kind: 'compare', field, part, operator: operator as CompareOperator, operand }
    })
    return { kind: 'and', nodes: nodes.filter((node) => node !== undefined) }
  }

  #operand(field: FieldDefinition, part: string | null, family: OperatorFamily, operator: CompareOperator, value: unknown, path: Path): Operand | undefined {
    if (value === null) return this.#refuse(path, 'NULL', say`null is no value for ${operator}; leave it out, or use isNull.`)
    if (YES_OR_NO_OPERATORS.has(operator))
      return typeof value === 'boolean' ? { kind: 'constant', value } : this.#refuse(path, 'TYPE', say`${operator} takes true or false.`)
    if (isObject(value)) return this.#viewerOperand(field, part, LIST_OPERATORS.has(operator), value, path)
    const one = (given: unknown, here: Path) =>
      predicateValue(family, given) ?? this.#refuse(here, 'TYPE', say`${operator} of ${field.name} takes ${valueHelp(family)}.`)
    if (!LIST_OPERATORS.has(operator)) {
      const constant = one(value, path)
      // Every text contains the empty one, begins with it, ends with it and is no less.
      if (constant === '' && operator !== 'eq' && operator !== 'ne') return this.#refuseEmpty(path)
      return constant === undefined ? undefined : { kind: 'constant', value: constant }
    }
    if (!Array.isArray(value)) return this.#refuse(path, 'TYPE', say`${operator} takes a list.`)
    if (value.length === 0) return this.#refuseEmpty(path)
    if (value.length > LONGEST_LIST) return this.#refuse(path, 'TOO_LARGE', say`A list of a grant's condition may have ${LONGEST_LIST} values.`)
    return { kind: 'constant', value: value.map((item, index) => one(item, [...path, index])) }
  }

  #viewerOperand(field: FieldDefinition, part: string | null, takesList: boolean, value: PredicateObject, path: Path): Operand | undefined {
    const { names, registry, mayRead, module } = this.#source
    const { viewer: name, ...others } = value
    if (typeof name !== 'string' || Object.keys(others).length > 0)
      return this.#refuse(path, 'TYPE', say`An object in the place of a value is {"viewer": …}, with id, team, teams, teamTree or a field of users.`)
    const own = isOneOf(VIEWER_VALUES, name)
    const found = own ? undefined : names.viewerField(name, registry)
    if (!own && (!found || !mayRead(found)))
      return this.#refuse([...path, 'viewer'], 'UNKNOWN', say`Users have no field named ${JSON.stringify(name.slice(0, 60))}.`)
    const given = own ? OWN_VALUES[name as ViewerValue] : found && shapeOfViewer(found)
    const wanted = part === null ? comparableType(field) : 'text'
    // An id of another module's records would never match.
    const target = given?.module === undefined || field.reference?.module === '*' || given.module === field.module
    if (!given || given.type !== (wanted === 'text[]' ? 'text' : wanted) || !target)
      return this.#refuse(path, 'TYPE', say`${field.name} cannot be compared with the viewer's ${name}.`)
    if (given.isList && !takesList) return this.#refuse(path, 'TYPE', say`The viewer's ${name} has several values: use an operator that takes a list.`)
    // Whoever changes the own record would be judged by what it was.
    if (module.name === 'user' || module.name === 'team') this.plain = false
    return { kind: 'variable', name: found ? found.id : name }
  }

  /** It would admit everything, or nothing by its negation, without anyone having said so. */
  #refuseEmpty(path: Path): undefined {
    return this.#refuse(path, 'REQUIRED', say`Leave out a condition that says nothing.`)
  }

  #refuse(path: Path, code: string, message: Message): undefined {
    this.issues.push({ path, code, message })
    return undefined
  }
}

interface ViewerShape {
  /** PostgreSQL type of one value. */
  readonly type: string
  readonly isList: boolean
  /** Module of the records that ids are of. */
  readonly module?: string
}

const OWN_VALUES: Readonly<Record<ViewerValue, ViewerShape>> = {
  id: { type: 'uuid', isList: false, module: 'user' },
  team: { type: 'uuid', isList: false, module: 'team' },
  teams: { type: 'uuid', isList: true, module: 'team' },
  teamTree: { type: 'uuid', isList: true, module: 'team' },
}

function shapeOfViewer(field: FieldDefinition): ViewerShape | undefined {
  if (isComputed(field) || field.type === 'REFERENCES' || (field.system && field.name === 'tags')) return undefined
  if (field.type === 'USER') return { type: 'uuid', isList: false, module: 'user' }
  if (field.type === 'REFERENCE' && field.reference?.module !== '*') return { type: 'uuid', isList: false, module: field.reference?.module as string }
  if (!operatorFamily(field) || comparableType(field) === 'uuid') return undefined
  const type = comparableType(field)
  return type === 'text[]' ? { type: 'text', isList: true } : { type, isList: false }
}

/** The same text for the same value, whatever the order of its members. */
export function canonicalText(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    isObject(inner) ? Object.fromEntries(Object.entries(inner).sort(([one], [other]) => (one < other ? -1 : 1))) : inner,
  )
}

function isEmpty(value: PredicateObject): boolean {
  return Object.keys(value).length === 0
}

/** To have a related record, or none, is a condition without more said of it; that every one is as it likes is not. */
function saysAny(value: unknown): boolean {
  return isObject(value) && isEmpty(value)
}

function isOneOf(names: readonly string[], name: string): boolean {
  return names.includes(name)
}

function isBelow(module: ModuleDefinition, above: ModuleDefinition, registry: Registry): boolean {
  if (module.accessParent === undefined) return false
  const parent = parentOf(module, registry).module
  return parent === above || isBelow(parent, above, registry)
}
