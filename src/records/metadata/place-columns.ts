import { columnsOf, extensionTable } from '../../entities/columns.ts'
import type { FieldType } from '../../entities/metadata.ts'
import { GuanxiError, say } from '../../errors/index.ts'
import type { Transaction } from '../database.ts'
import type { SchemaChanges } from './schema-changes.ts'
import { slotType, takeSlot } from './slots.ts'
import type { StoredField } from './stored.ts'
import type { Workspace } from './workspace.ts'

/** Columns of custom fields that one table holds. Rows of many more would not fit a page: 500 texts of 32 characters did not. */
export const COLUMNS_PER_TABLE = 200
/**
 * Columns that a module's own table holds together with those that can stand nowhere else, such as its keys. Each takes 24 bytes of a page of 8,160 at
 * most before PostgreSQL moves the value out, which leaves room for the columns of the product.
 */
export const COLUMNS_IN_MAIN = 250

/** Where the columns of a new field stand. */
export interface Place {
  readonly column: string
  readonly extension: number
  /** Columns that a purged field has left: nothing need be added. */
  readonly reused: boolean
}

interface Slot {
  readonly column: string
  readonly extension: number
  readonly type: string
  /** Every row is null there, so that the next field can have it. */
  readonly cleared: boolean
}

export interface PlaceOptions {
  /** The columns must stand in the module's own table, whose other columns their index needs. */
  readonly inMain: boolean
  /** They must be new, since they come with a value for existing rows. */
  readonly fresh: boolean
  /** Column numbers to take at once, for the fields that follow. */
  readonly wanted: number
}

/** Finds places for the new fields of a change: a slot that is free, else the first table with room. */
export class ColumnPlaces {
  readonly #transaction: Transaction
  readonly #workspace: Workspace
  readonly #slots = new Map<number, Slot[]>()
  /** Extension tables that stood before the change, by module: each has a field's columns, or free ones. */
  readonly #extensions = new Map<number, ReadonlySet<number>>()
  readonly #numbers: number[] = []
  /** Columns of each table that are taken, by `<module>.<extension>`. */
  readonly #taken = new Map<string, number>()

  constructor(transaction: Transaction, workspace: Workspace) {
    this.#transaction = transaction
    this.#workspace = workspace
  }

  /** Throws LIMIT_EXCEEDED where the module's own table is full. */
  async place(type: FieldType, moduleNumber: number, { inMain, fresh, wanted }: PlaceOptions): Promise<Place> {
    const signature = slotType(type)
    const width = columnsOf({ type, column: 'c' }).length
    const prefix = type === 'REFERENCES' ? 'l' : 'c'
    if (width === 0) return { column: `${prefix}_${await this.#number(wanted)}`, extension: 0, reused: false }
    const slots = await this.#freeSlots(moduleNumber)
    const index = fresh ? -1 : slots.findIndex((slot) => slot.cleared && slot.type === signature && (!inMain || slot.extension === 0))
    const [slot] = index < 0 ? [] : slots.splice(index, 1)
    if (slot) {
      await this.#transaction.query(takeSlot(moduleNumber, slot.column))
      return { column: slot.column, extension: slot.extension, reused: true }
    }
    if (inMain && this.#count(moduleNumber, 0, slots) + width > COLUMNS_IN_MAIN) throw this.#full(moduleNumber)
    let extension = 0
    while (!inMain && this.#count(moduleNumber, extension, slots) + width > COLUMNS_PER_TABLE) extension += 1
    this.#taken.set(`${moduleNumber}.${extension}`, this.#count(moduleNumber, extension, slots) + width)
    return { column: `${prefix}_${await this.#number(wanted)}`, extension, reused: false }
  }

  #full(moduleNumber: number): GuanxiError {
    const name = this.#workspace.moduleOf({ moduleNumber })?.name
    return new GuanxiError(
      'LIMIT_EXCEEDED',
      say`The table of ${name as string} has ${COLUMNS_IN_MAIN} columns of custom fields, and no room for another unique or AUTO_NUMBER field. Purge deleted fields first, or give such fields another module.`,
      { limit: COLUMNS_IN_MAIN },
    )
  }

  /** The extension table stood before the change. To be asked of modules in which something was placed. */
  hasExtension(moduleNumber: number, extension: number): boolean {
    return this.#extensions.get(moduleNumber)?.has(extension) === true
  }

  #count(moduleNumber: number, extension: number, slots: readonly Slot[]): number {
    const key = `${moduleNumber}.${extension}`
    const known = this.#taken.get(key)
    if (known !== undefined) return known
    const widthOf = (type: FieldType) => columnsOf({ type, column: 'c' }).length
    const used = this.#workspace.fieldsOf(moduleNumber).filter((field) => field.extension === extension)
    const free = slots.filter((slot) => slot.extension === extension).reduce((sum, { type }) => sum + type.split(' + ').length, 0)
    return used.reduce((sum, { type }) => sum + widthOf(type), free)
  }

  async #freeSlots(moduleNumber: number): Promise<Slot[]> {
    const known = this.#slots.get(moduleNumber)
    if (known) return known
    const slots = await this.#transaction.query<Slot>({
      text: 'SELECT column_name AS column, extension, type, cleared FROM custom_slot WHERE module_number = $1 ORDER BY extension, column_name',
      values: [moduleNumber],
      purpose: 'platform',
    })
    this.#slots.set(moduleNumber, slots)
    this.#extensions.set(moduleNumber, new Set([...slots, ...this.#workspace.fieldsOf(moduleNumber)].map(({ extension }) => extension)))
    return slots
  }

  async #number(wanted: number): Promise<number> {
    if (this.#numbers.length === 0) {
      const rows = await this.#transaction.query<{ number: number }>({
        text: `SELECT nextval('custom_column_number')::int AS number FROM generate_series(1, $1::int)`,
        values: [Math.max(1, wanted)],
        purpose: 'platform',
      })
      this.#numbers.push(...rows.map(({ number }) => number))
    }
    return this.#numbers.shift() as number
  }
}

/** The extension table of a module, for the first column that goes there. */
export function createExtension(schema: SchemaChanges, table: string, extension: number): string {
  const name = extensionTable(table, extension)
  schema.create(name, [`CREATE TABLE public.${name} (id uuid PRIMARY KEY)`])
  schema.alter(name, `ADD CONSTRAINT ${name}_id_fkey FOREIGN KEY (id) REFERENCES public.${table} (id) ON DELETE CASCADE`, table)
  return name
}

/** The table that holds a field's columns. */
export function tableOf(table: string, field: Pick<StoredField, 'extension'>): string {
  return field.extension === 0 ? table : extensionTable(table, field.extension)
}
