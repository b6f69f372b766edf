import { columnsOf } from '../../entities/columns.ts'
import { isComputed, valueTypeOf } from '../../entities/value-type.ts'
import { quoteIdentifier } from '../../lib/quote-identifier.ts'
import { compileExpression } from '../formula/index.ts'
import type { FieldDefinition, ModuleDefinition } from '../registry/definition.ts'
import { fieldsById } from '../registry/lookup.ts'
import { literalSql } from '../sql-text.ts'
import { comparableColumn } from './columns.ts'
import type { PlanBuilder } from './plan-builder.ts'
import { rollupSql } from './rollup.ts'
import { columnNames } from './virtual-columns.ts'

export interface VirtualColumn {
  readonly name: string
  readonly sql: string
}

/** A row of a module's own table, from which its virtual columns are made. Remembers which extension tables that needs. */
export class ComputedRow {
  /** Of the module's own table. */
  readonly alias: string
  readonly #builder: PlanBuilder
  readonly #fields: ReadonlyMap<string, FieldDefinition>
  readonly #extensions = new Set<number>()
  /** A formula that names a rollup twice has the same sub-select twice. */
  readonly #rollups = new Map<string, string>()

  constructor(module: ModuleDefinition, builder: PlanBuilder) {
    this.alias = builder.alias()
    this.#builder = builder
    this.#fields = fieldsById(module)
  }

  /** Numbers of the extension tables that the columns asked for so far are taken from. */
  get extensions(): readonly number[] {
    return [...this.#extensions].sort((a, b) => a - b)
  }

  extensionAlias(number: number): string {
    return `${this.alias}_x${number}`
  }

  /** All columns of a virtual field. */
  columns(field: FieldDefinition): readonly VirtualColumn[] {
    if (!isComputed(field)) return columnNames(field).map((name) => ({ name, sql: `${this.#tableOf(field)}.${quoteIdentifier(name)}` }))
    const sql = this.#valueSql(field)
    if (valueTypeOf(field) !== 'MONEY') return [{ name: field.column, sql }]
    const currency = `CASE WHEN ${sql} IS NOT NULL THEN ${literalSql(this.#builder.context.organisationCurrency)} END`
    return columnsOf({ type: 'MONEY', column: field.column }).map(({ name, part }) => ({ name, sql: part === 'currency' ? currency : sql }))
  }

  /** The field's comparable value, written for formulas exactly as their indexes have it. */
  #valueSql(field: FieldDefinition): string {
    if (field.formula) {
      const sql = compileExpression(
        field.formula.expression,
        (id) => this.#fields.get(id),
        (id) => this.#valueSql(this.#fields.get(id) as FieldDefinition),
      )
      return `(${sql})`
    }
    if (!field.rollup) return `${this.#tableOf(field)}.${comparableColumn(field)}`
    const known = this.#rollups.get(field.id)
    if (known !== undefined) return known
    const sql = rollupSql(field.rollup, this.#fields, this.alias, this.#builder)
    this.#rollups.set(field.id, sql)
    return sql
  }

  #tableOf({ extension = 0 }: FieldDefinition): string {
    if (extension === 0) return quoteIdentifier(this.alias)
    this.#extensions.add(extension)
    return quoteIdentifier(this.extensionAlias(extension))
  }
}
