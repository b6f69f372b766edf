import { type Issue, say, validationFailed } from '../../errors/index.ts'
import { quoteIdentifier } from '../../lib/quote-identifier.ts'
import type { FieldDefinition, ModuleDefinition } from '../registry/definition.ts'
import { type Dependency, dependenciesOn, referenceColumn, referenceFrom } from './dependents.ts'
import type { Draft } from './draft.ts'
import type { IssuePath } from './input.ts'
import type { Session } from './session.ts'
import { StatementBuilder } from './statement.ts'
import { isToldOfRelation } from './untold-fields.ts'

interface AcyclicReference {
  readonly module: ModuleDefinition
  readonly field: FieldDefinition
  readonly paths: Map<string, IssuePath>
  /** A stored record was changed, so a rival change elsewhere could close the circle. */
  rivals: boolean
}

/**
 * Rules across records that hold at the end of the operation, not after each of its steps: no circles in acyclic references, no
 * undeleted records that restrict a deletion. Collected while writing, checked set-based before the commit.
 */
export class DeferredChecks {
  /** Ids of the records that this change set created. */
  readonly created = new Set<string>()
  readonly #acyclic = new Map<string, AcyclicReference>()
  readonly #deleted = new Map<ModuleDefinition, Map<string, IssuePath>>()

  note(module: ModuleDefinition, drafts: readonly Draft[]): void {
    for (const field of module.fields.values()) if (field.reference?.acyclic) this.#noteReference(module, field, drafts)
    const deleted = drafts.filter(({ operation }) => operation === 'DELETED')
    if (deleted.length === 0) return
    const paths = this.#deleted.get(module) ?? new Map<string, IssuePath>()
    for (const draft of deleted) paths.set(draft.id, draft.path)
    this.#deleted.set(module, paths)
  }

  #noteReference(module: ModuleDefinition, field: FieldDefinition, drafts: readonly Draft[]): void {
    for (const draft of drafts) {
      if (draft.operation === 'DELETED' || (draft.before !== null && !draft.changes(field.name))) continue
      const targets = newTargets(draft, field)
      // A new record can be part of a circle only through other records of its own change set.
      const fresh = this.created.has(draft.id)
      if (!targets.some((target) => !fresh || this.created.has(target))) continue
      const entry = this.#acyclic.get(field.id) ?? { module, field, paths: new Map(), rivals: false }
      entry.paths.set(draft.id, [...draft.path, field.name])
      entry.rivals ||= !fresh
      this.#acyclic.set(field.id, entry)
    }
  }

  /** Throws VALIDATION_FAILED with all violations. What was checked is forgotten, so that it can be called more than once. */
  async run(session: Session): Promise<void> {
    const issues: Issue[] = []
    for (const reference of this.#acyclic.values()) issues.push(...(await findCycles(session, reference)))
    for (const [module, paths] of this.#deleted) issues.push(...(await findRestrictions(session, module, paths)))
    this.#acyclic.clear()
    this.#deleted.clear()
    if (issues.length > 0) throw validationFailed(issues)
  }
}

/** Records that it leads to by the change: the one of a REFERENCE, those of REFERENCES that it did not lead to before. */
function newTargets({ before, after }: Draft, { name, type }: FieldDefinition): readonly string[] {
  if (type !== 'REFERENCES') return after[name] == null ? [] : [after[name] as string]
  const known = new Set((before?.[name] ?? []) as readonly string[])
  return ((after[name] ?? []) as readonly string[]).filter((target) => !known.has(target))
}

async function findCycles(session: Session, { module, field, paths, rivals }: AcyclicReference): Promise<Issue[]> {
  if (rivals) {
    // Its own statement: the look afterwards must see what the rival has committed.
    await session.transaction.query({
      text: "SELECT pg_advisory_xact_lock(hashtextextended('guanxi.acyclic:' || $1, 0))",
      values: [field.id],
      purpose: 'record',
    })
  }
  const builder = new StatementBuilder(session.registry)
  const { from, at, to } = stepsOf(builder, session, module, field)
  const rows = await session.transaction.query<{ start: string }>(
    builder.statement(`WITH RECURSIVE way(start, at) AS (
  SELECT ${at}, ${to} FROM ${from} WHERE ${at} = ANY(${builder.bind([...paths.keys()], 'uuid[]')}) AND ${to} IS NOT NULL
  UNION SELECT way.start, ${to} FROM way JOIN ${from} ON ${at} = way.at WHERE ${to} IS NOT NULL AND way.at <> way.start)
SELECT DISTINCT start FROM way WHERE at = start`),
  )
  const found = new Set(rows.map(({ start }) => start))
  // In the order of the input, whatever the order of the rows.
  return [...paths].flatMap(([id, path]) =>
    found.has(id) ? [{ path, code: 'CYCLE', message: say`${field.name} would lead in a circle back to the ${module.name} itself.` }] : [],
  )
}

/** Where the steps from record to record stand: in the records themselves, or in the link table. */
function stepsOf(builder: StatementBuilder, session: Session, module: ModuleDefinition, field: FieldDefinition) {
  if (field.type === 'REFERENCES') return { from: `${quoteIdentifier(field.column)} AS l`, at: 'l.source_id', to: 'l.target_id' }
  return { from: builder.secured(module, 'READ', session.unrestricted, 't').from, at: 't.id', to: `t.${quoteIdentifier(field.column)}` }
}

interface Restriction {
  readonly dependency: number
  readonly target: string
  readonly total: number
  readonly readable: number
}

async function findRestrictions(session: Session, module: ModuleDefinition, paths: ReadonlyMap<string, IssuePath>): Promise<Issue[]> {
  const dependencies = dependenciesOn(session.registry, module).filter(({ onDelete }) => onDelete === 'restrict')
  if (dependencies.length === 0) return []
  const builder = new StatementBuilder(session.registry)
  const { policy } = session.principal
  const ids = builder.bind([...paths.keys()], 'uuid[]')
  const selects = dependencies.map((dependency, index) => {
    const table = builder.secured(dependency.module, 'READ', policy, 't')
    const column = referenceColumn(dependency, 't')
    return `SELECT ${index} AS dependency, ${column} AS target, count(*)::int AS total, (count(*) FILTER (WHERE ${table.condition}))::int AS readable FROM ${referenceFrom(dependency, table.from, 't')} WHERE ${column} = ANY(${ids}) AND t.deleted_at IS NULL GROUP BY ${column}`
  })
  const rows = await session.transaction.query<Restriction>(builder.statement(selects.join('\nUNION ALL ')))
  const places = new Map([...paths.keys()].map((id, place) => [id, place]))
  const placeOf = ({ target }: Restriction) => places.get(target) ?? 0
  return rows
    .sort((a, b) => placeOf(a) - placeOf(b) || a.dependency - b.dependency)
    .map(({ dependency: index, target, readable }) => {
      const { module: dependent, field } = dependencies[index] as Dependency
      const named = readable > 0 && isToldOfRelation(session, field, dependent)
      const message = !named
        ? say`Other records refer to this ${module.name}. Delete or move them first.`
        : readable === 1
          ? say`1 ${dependent.name} refers to this ${module.name}. Delete or move them first.`
          : say`${readable} ${dependent.pluralName} refer to this ${module.name}. Delete or move them first.`
      return { path: paths.get(target) ?? [], code: 'RESTRICTED', message }
    })
}
