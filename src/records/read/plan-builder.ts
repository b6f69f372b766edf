import { DefectError } from '../../errors/index.ts'
import { quoteIdentifier } from '../../lib/quote-identifier.ts'
import type { AccessPolicy, KeyList } from '../access/policy.ts'
import type { AccessBinder } from '../access/predicate-sql.ts'
import type { LeveledRow } from '../access/row-levels.ts'
import { fieldLevel, type SecuredTable, secured } from '../access/secured.ts'
import type { FieldDefinition, ModuleDefinition, Registry } from '../registry/definition.ts'
import type { FilterBuilder } from './filter.ts'
import type { Operand } from './request.ts'
import { tableMark } from './virtual-columns.ts'

/** What one execution of a plan supplies. */
export interface PlanInputs {
  readonly policy: AccessPolicy
  readonly variables: Readonly<Record<string, unknown>>
  /** Runs in a transaction whose epochs were checked at its start. */
  readonly checked: boolean
  /** Secret that authenticates cursors. */
  readonly cursorKey: string
  /** Cursors decoded so far in this execution, by their text. */
  readonly decodedCursors: Map<string, readonly (string | null)[]>
}

/** SQL of what a record was: its columns as JSON, and the row of the module's own table that was made of them. */
export interface RecordImageSource {
  readonly json: string
  readonly row: string
}

export type BindParameter = (inputs: PlanInputs) => unknown

/** What the planner must know besides the request. */
export interface PlanContext {
  readonly registry: Registry
  readonly policy: AccessPolicy
  /** ISO 4217 code in which money is ordered and aggregated. */
  readonly organisationCurrency: string
  /** Values of the execution that the plan is made for; only their shape (null or not, number of search terms) may enter the text. */
  readonly inputs: PlanInputs
}

/** Collects parameters and aliases while one statement is written. */
export class PlanBuilder implements AccessBinder, FilterBuilder {
  readonly context: PlanContext
  readonly #placeholders = new Map<string, string>()
  readonly #bindings: BindParameter[] = []
  readonly #occurrences = new Map<string, ModuleDefinition>()
  readonly #images = new Map<string, RecordImageSource>()
  readonly #reads = new Set<string>()
  #aliases = 0

  constructor(context: PlanContext) {
    this.context = context
  }

  get registry(): Registry {
    return this.context.registry
  }

  get policy(): AccessPolicy {
    return this.context.policy
  }

  get bindings(): readonly BindParameter[] {
    return this.#bindings
  }

  /** Names of the modules whose records are read so far. */
  get reads(): ReadonlySet<string> {
    return this.#reads
  }

  /**
   * A fresh table alias, to be quoted. It is no possible column name: a bare alias stands for the whole row only where no column in sight has
   * its name, and response keys become columns.
   */
  alias(): string {
    this.#aliases += 1
    return `#${this.#aliases}`
  }

  /** Placeholder of a parameter; the same `key` gives the same placeholder. */
  parameter(key: string, bind: BindParameter): string {
    const known = this.#placeholders.get(key)
    if (known !== undefined) return known
    this.#bindings.push(bind)
    const placeholder = `$${this.#bindings.length}`
    this.#placeholders.set(key, placeholder)
    return placeholder
  }

  /** Placeholder of a parameter that has been written. */
  placeholderOf(key: string): string {
    const known = this.#placeholders.get(key)
    if (known === undefined) throw new DefectError(`no parameter ${key} has been written`)
    return known
  }

  /** A constant as a parameter of its own, so that the text does not depend on it. */
  constant(value: unknown): string {
    return this.parameter(`constant ${this.#bindings.length}`, () => value)
  }

  /** Placeholder for an operand; `encode` turns the API value into the driver's and may throw VALIDATION_FAILED. */
  operand(operand: Operand, encoding: string, encode: (value: unknown) => unknown): string {
    if (operand.kind === 'constant') return this.constant(encode(operand.value))
    const { name } = operand
    return this.parameter(`variable ${name} ${encoding}`, (inputs) => encode(inputs.variables[name]))
  }

  /** Value that the operand has in the execution for which the plan is made. */
  peek(operand: Operand): unknown {
    return operand.kind === 'constant' ? operand.value : this.context.inputs.variables[operand.name]
  }

  /** A module's table, the only way to it. With virtual columns `from` is a mark that `expandTables` replaces when the statement is whole. */
  secured(module: ModuleDefinition, action: 'READ' | 'UPDATE' | 'DELETE' | 'RESTORE' | 'EXPORT', alias: string): SecuredTable {
    const table = secured(module, action, this.policy, alias, this.registry, this)
    if (action === 'READ' && table.isOpen) this.#reads.add(module.name)
    if (module.virtualFields.length === 0) return table
    this.#occurrences.set(alias, module)
    return { ...table, from: tableMark(alias) }
  }

  /** The row that a record was at one time, from the `image` of its columns, as if it stood in the module's table. */
  image(module: ModuleDefinition, alias: string, image: RecordImageSource): Pick<SecuredTable, 'from' | 'condition'> {
    this.#occurrences.set(alias, module)
    this.#images.set(alias, image)
    const table = secured(module, 'READ', this.policy, alias, this.registry, this)
    return { from: tableMark(alias), condition: table.condition }
  }

  /** The image that the occurrence is made of; undefined for the table itself. */
  imageOf(alias: string): RecordImageSource | undefined {
    return this.#images.get(alias)
  }

  /** The row `alias`, to be asked about levels of its fields. */
  row(module: ModuleDefinition, alias: string): LeveledRow {
    return { module, alias, policy: this.policy, registry: this.registry, binder: this }
  }

  /** The module whose table has this alias. */
  occurrence(alias: string): ModuleDefinition {
    const module = this.#occurrences.get(alias)
    if (!module) throw new DefectError(`no table has the alias ${alias}`)
    return module
  }

  scope(scope: KeyList): string {
    return this.parameter(`scope ${scope}`, ({ policy }) => policy.scopes[scope])
  }

  /** A predicate's constant. A policy of the same shape has the same predicates, values included. */
  value(value: unknown): string {
    return this.constant(value)
  }

  column(alias: string, _field: FieldDefinition, column: string): string {
    return `${quoteIdentifier(alias)}.${column}`
  }

  assertReadable(module: ModuleDefinition, field: FieldDefinition): void {
    const level = fieldLevel(this.policy, module.name, field.name)
    if (level === 'HIDDEN' || level === 'MASKED') throw new DefectError(`${field.id} is not readable and must have been refused before planning`)
  }
}

/** Alias of a sub-select that is taken as a whole row; like those of PlanBuilder no possible response key. */
export const ROW = '"#"'
