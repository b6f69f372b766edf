import { readFile } from 'node:fs/promises'
import { DefectError } from '../errors/index.ts'
import { type DumpRow, floatToDecimal, parseDump } from './dump.ts'

/** A customer or supplier with its one contact. `key` is the customer's five letters or the supplier's number. */
export interface Company {
  readonly key: string
  readonly name: string
  readonly contactName: string
  readonly contactTitle: string
  readonly address: string
  readonly city: string
  readonly region: string | null
  readonly postcode: string | null
  readonly country: string
  readonly phone: string
  /** Suppliers only, `label#address#`. */
  readonly homepage: string | null
}

export interface Employee {
  readonly key: string
  readonly lastName: string
  readonly firstName: string
  readonly title: string
  readonly country: string
  /** Key of the manager; null for the one at the top. */
  readonly reportsTo: string | null
}

export interface Category {
  readonly key: string
  readonly name: string
  readonly description: string
}

export interface Product {
  readonly key: string
  readonly name: string
  readonly supplier: string
  readonly category: string
  readonly unit: string
  /** Decimal text in US dollars, as are all prices here. */
  readonly price: string
  readonly stock: number
  readonly onOrder: number
  readonly reorderLevel: number
  readonly discontinued: boolean
}

export interface Order {
  readonly key: string
  readonly customer: string
  readonly employee: string
  /** `YYYY-MM-DD`, as are the other days. */
  readonly orderedOn: string
  readonly requiredOn: string
  readonly shippedOn: string | null
  readonly shipper: string
  readonly freight: string
  readonly shipName: string
  readonly shipAddress: string
  readonly shipCity: string
  readonly shipRegion: string | null
  readonly shipPostcode: string | null
  readonly shipCountry: string
}

export interface OrderLine {
  readonly order: string
  readonly product: string
  readonly unitPrice: string
  readonly quantity: string
  /** Share: 0.15 is 15 %. */
  readonly discount: string
}

export interface Northwind {
  readonly customers: readonly Company[]
  readonly suppliers: readonly Company[]
  readonly employees: readonly Employee[]
  readonly categories: readonly Category[]
  readonly products: readonly Product[]
  readonly orders: readonly Order[]
  readonly lines: readonly OrderLine[]
  /** Company names of the shippers, by key. */
  readonly shippers: ReadonlyMap<string, string>
}

const FILE = new URL('../../assets/northwind/northwind.sql', import.meta.url)

/** Reads the dump that comes with the product. */
export async function readNorthwind(): Promise<Northwind> {
  const tables = parseDump(await readFile(FILE, 'utf8'))
  const rows = <T>(table: string, make: (row: Row) => T): T[] => (tables.get(table) ?? []).map((row) => make(new Row(table, row)))
  return {
    customers: rows('customers', company),
    suppliers: rows('suppliers', company),
    employees: rows('employees', (row) => ({
      key: row.text(0),
      lastName: row.text(1),
      firstName: row.text(2),
      title: row.text(3),
      country: row.text(11),
      reportsTo: row.optional(16),
    })),
    categories: rows('categories', (row) => ({ key: row.text(0), name: row.text(1), description: row.text(2) })),
    products: rows('products', (row) => ({
      key: row.text(0),
      name: row.text(1),
      supplier: row.text(2),
      category: row.text(3),
      unit: row.text(4),
      price: row.decimal(5),
      stock: row.number(6),
      onOrder: row.number(7),
      reorderLevel: row.number(8),
      discontinued: row.text(9) === '1',
    })),
    orders: rows('orders', (row) => ({
      key: row.text(0),
      customer: row.text(1),
      employee: row.text(2),
      orderedOn: row.text(3),
      requiredOn: row.text(4),
      shippedOn: row.optional(5),
      shipper: row.text(6),
      freight: row.decimal(7),
      shipName: row.text(8),
      shipAddress: row.text(9),
      shipCity: row.text(10),
      shipRegion: row.optional(11),
      shipPostcode: row.optional(12),
      shipCountry: row.text(13),
    })),
    lines: rows('order_details', (row) => ({
      order: row.text(0),
      product: row.text(1),
      unitPrice: row.decimal(2),
      quantity: row.text(3),
      discount: row.decimal(4),
    })),
    shippers: new Map(rows('shippers', (row) => [row.text(0), row.text(1)] as const)),
  }
}

function company(row: Row): Company {
  return {
    key: row.text(0),
    name: row.text(1),
    contactName: row.text(2),
    contactTitle: row.text(3),
    address: row.text(4),
    city: row.text(5),
    region: row.optional(6),
    postcode: row.optional(7),
    country: row.text(8),
    phone: row.text(9),
    homepage: row.optional(11),
  }
}

/** Access to a row by position; a value that must be there and is not means that the file is not the one we ship. */
class Row {
  readonly #table: string
  readonly #values: DumpRow

  constructor(table: string, values: DumpRow) {
    this.#table = table
    this.#values = values
  }

  optional(index: number): string | null {
    return this.#values[index] ?? null
  }

  text(index: number): string {
    const value = this.optional(index)
    if (value === null) throw new DefectError(`northwind.sql: column ${index} of a row of ${this.#table} is empty`)
    return value
  }

  number(index: number): number {
    return Number(this.text(index))
  }

  decimal(index: number): string {
    return floatToDecimal(this.text(index))
  }
}
