import type { FieldDefinition, ModuleDefinition, Registry } from '../../src/records/registry/index.ts'
import type { Step } from './record-paths.ts'
import type { StoredRow, StoredRows } from './stored-rows.ts'

/** Whom a condition binds: the stored row of the user, and the ids of his live teams, and of these with all live ones below. */
export interface Viewer {
  readonly row: StoredRow
  readonly teams: readonly string[]
  readonly teamTree: readonly string[]
}

/**
 * Whether a row fulfils a condition. `turned`: what fulfils it is kept out, as below a `not`; for a value that the viewer has not got admits nothing, whichever way round it is asked.
 */
export type Holds = (row: StoredRow, viewer: Viewer, turned?: boolean) => boolean

/** A condition of a grant, as the API takes it and told a second time. */
export interface DrawnCondition {
  readonly where: Readonly<Record<string, unknown>>
  readonly holds: Holds
  /** `module.field` of all that it looks at. */
  readonly judged: readonly string[]
  /** Modules of the records that it looks into. */
  readonly related: readonly string[]
}

export interface ConditionDraw {
  readonly random: () => number
  readonly registry: Registry
  /** Without those to any module, which conditions do not look through. */
  readonly steps: ReadonlyMap<string, readonly Step[]>
  /** What `holds` is asked about, and ids are drawn from. */
  readonly rows: StoredRows
  /** An update of the record's own fields is not to move it in or out, but for its owner and team. */
  readonly steady?: boolean
}

/** Texts of the field `source`, which stand in the field `areas` of users too, where there is one. */
export const SOURCES = ['north', 'south', 'west'] as const
/** System of external ids, whose keys are `k0` to `k4`. */
export const EXTERNAL_SYSTEM = 'erp'

/** A condition that is made up: on own fields, values of the viewer, external ids, related records and what these are related to. */
export function drawCondition({ name }: Pick<ModuleDefinition, 'name'>, draw: ConditionDraw): DrawnCondition {
  return new Drawer(draw).condition(name, 2)
}

/** One that looks into no other records, unless it says so. */
type Leaf = Omit<DrawnCondition, 'related'> & Partial<DrawnCondition>

class Drawer {
  readonly #draw: ConditionDraw

  constructor(draw: ConditionDraw) {
    this.#draw = draw
  }

  condition(module: string, depth: number): DrawnCondition {
    const chance = this.#draw.random()
    const related = depth > 0 && chance < 0.55 ? this.#related(module, depth) : undefined
    if (related) return related
    if (depth === 0 || chance < 0.8) return { related: [], ...this.#pick(this.#leaves(module))() }
    const [one, other] = [this.condition(module, depth - 1), this.condition(module, depth - 1)]
    const judged = [...one.judged, ...other.judged]
    if (chance < 0.87) return { ...one, where: { not: one.where }, holds: (row, viewer, turned = false) => !one.holds(row, viewer, !turned) }
    const isAnd = chance < 0.93
    return {
      where: { [isAnd ? 'and' : 'or']: [one.where, other.where] },
      holds: (...asked) => (isAnd ? one.holds(...asked) && other.holds(...asked) : one.holds(...asked) || other.holds(...asked)),
      judged,
      related: [...one.related, ...other.related],
    }
  }

  #pick<T>(list: readonly T[]): T {
    return list[Math.floor(this.#draw.random() * list.length)] as T
  }

  #live(step: Step, row: StoredRow): readonly StoredRow[] {
    return step.reach(row, this.#draw.rows).filter((each) => each['deleted_at'] === null)
  }

  /** Through a relation, to records that are not deleted. */
  #related(module: string, depth: number): DrawnCondition | undefined {
    const { steps, steady, random } = this.#draw
    const open = (steps.get(module) ?? []).filter(({ kind, holder }) => kind !== 'any' && !(steady && (kind === 'one' || holder === module)))
    if (open.length === 0) return undefined
    const step = this.#pick(open)
    const quantifier = step.kind === 'one' ? 'some' : this.#pick(['some', 'none', 'every'] as const)
    const isAny = quantifier !== 'every' && random() < 0.15
    // Below another record, an update of this one moves nothing.
    const inner = isAny
      ? { where: {}, holds: () => true, judged: [], related: [] }
      : new Drawer({ ...this.#draw, steady: false }).condition(step.target, depth - 1)
    const some: Holds = (row, viewer, turned = false) => this.#live(step, row).some((each) => inner.holds(each, viewer, turned))
    const holds = {
      some,
      none: (row, viewer, turned = false) => !some(row, viewer, !turned),
      every: (row, viewer, turned = false) => this.#live(step, row).every((each) => inner.holds(each, viewer, turned)),
    } satisfies Record<typeof quantifier, Holds>
    const where = { [step.field]: step.kind === 'one' ? inner.where : { [quantifier]: inner.where } }
    return { where, holds: holds[quantifier], judged: [`${step.holder}.${step.behind}`, ...inner.judged], related: [step.target, ...inner.related] }
  }

  #leaves(module: string): readonly (() => Leaf)[] {
    const { rows, registry, steady } = this.#draw
    const { fields } = registry.module(module)
    const chosen = [...fields.values()].filter(({ type, sensitivity, options }) => type === 'SELECT' && options && (sensitivity ?? 'none') === 'none')
    const ids = rows.of(module).map(({ id }) => id)
    const leaves: (() => Leaf)[] = [() => this.#byOwner(module), () => this.#byTeam(module), () => this.#byExternalId()]
    if (ids.length > 0) leaves.push(() => this.#byId(ids))
    if (chosen.length > 0) leaves.push(() => this.#bySelect(module, this.#pick(chosen)))
    if (!steady) leaves.push(() => this.#bySource(module))
    if (!steady || module !== 'user') leaves.push(() => this.#byCreator(module))
    return leaves
  }

  #byId(all: readonly string[]): Leaf {
    const [first, ...rest] = all as [string, ...string[]]
    const ids = [first, ...rest.filter(() => this.#draw.random() < 0.7)]
    const chosen = new Set(ids)
    const isIn = this.#draw.random() < 0.6
    return { where: { id: { [isIn ? 'in' : 'notIn']: ids } }, holds: ({ id }) => chosen.has(id) === isIn, judged: [] }
  }

  #bySelect(module: string, { name, column, options = [] }: FieldDefinition): Leaf {
    const [first = '', ...rest] = options.map(({ value }) => value)
    const values = [first, ...rest.filter(() => this.#draw.random() < 0.6)]
    const judged = [`${module}.${name}`]
    const operator = this.#draw.steady ? 'in' : this.#pick(['in', 'in', 'notIn', 'ne'] as const)
    if (operator === 'ne') return { where: { [name]: { ne: first } }, holds: (row) => row[column] !== first, judged }
    return { where: { [name]: { [operator]: values } }, holds: (row) => values.includes(row[column] as string) === (operator === 'in'), judged }
  }

  #one(module: string, field: 'owner' | 'team' | 'createdBy'): Step {
    return this.#draw.steps.get(module)?.find((step) => step.field === field) as Step
  }

  #byOwner(module: string): Leaf {
    const step = this.#one(module, 'owner')
    const holds: Holds = (row, viewer) => this.#live(step, row).some(({ id }) => id === viewer.row.id)
    return { where: { owner: { id: { eq: { viewer: 'id' } } } }, holds, judged: [`${module}.owner`], related: ['user'] }
  }

  #byTeam(module: string): Leaf {
    const step = this.#one(module, 'team')
    const value = this.#pick(['team', 'teams', 'teamTree'] as const)
    const teamsOf = (viewer: Viewer) => (value === 'team' ? viewer.teams.filter((id) => id === viewer.row['team_id']) : viewer[value])
    const holds: Holds = (row, viewer, turned = false) => {
      const teams = teamsOf(viewer)
      return this.#live(step, row).some(({ id }) => (teams.length === 0 ? turned : teams.includes(id)))
    }
    return { where: { team: { id: { [value === 'team' ? 'eq' : 'in']: { viewer: value } } } }, holds, judged: [`${module}.team`], related: ['team'] }
  }

  #byCreator(module: string): Leaf {
    const step = this.#one(module, 'createdBy')
    const isNull = this.#draw.random() < 0.3
    const holds: Holds = (row) => (this.#live(step, row).length === 0) === isNull
    return { where: { createdBy: { id: { isNull } } }, holds, judged: [`${module}.createdBy`], related: ['user'] }
  }

  #byExternalId(): Leaf {
    const key = `k${Math.floor(this.#draw.random() * 5)}`
    const holds: Holds = ({ id }) => this.#draw.rows.externalIds.some((each) => each.record_id === id && each.system === EXTERNAL_SYSTEM && each.key === key)
    return { where: { externalId: { system: EXTERNAL_SYSTEM, key } }, holds, judged: [] }
  }

  /** By fields of the viewer: one of a single text, and one of several. */
  #bySource(module: string): Leaf {
    const areas = this.#draw.registry.module('user').fields.get('areas')
    const isList = areas !== undefined && this.#draw.random() < 0.6
    const isIn = this.#draw.random() < 0.6
    const valuesOf = ({ row }: Viewer) => ((isList ? row[areas.column] : [row['source']]) as (string | null)[] | null)?.filter((each) => each) ?? []
    const holds: Holds = (row, viewer, turned = false) => {
      const values = valuesOf(viewer)
      return values.length === 0 ? turned : values.includes(row['source'] as string) === isIn
    }
    const operator = isList ? (isIn ? 'in' : 'notIn') : isIn ? 'eq' : 'ne'
    return { where: { source: { [operator]: { viewer: isList ? 'areas' : 'source' } } }, holds, judged: [`${module}.source`] }
  }
}
