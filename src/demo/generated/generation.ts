import type { ChangeSet } from '../../records/write/request.ts'
import type { Companies } from '../companies.ts'
import type { Northwind } from '../northwind.ts'
import type { Random } from '../random.ts'
import { GENERATED, type Ids } from '../records.ts'
import type { Calendar } from './calendar.ts'

/** What all generators draw from. */
export interface Generation {
  readonly changes: ChangeSet
  readonly random: Random
  readonly calendar: Calendar
  readonly northwind: Northwind
  readonly users: Ids
  readonly companies: Companies
  readonly products: Ids
  readonly orders: Ids
}

/** A made record with what later generators need to know of it. */
export interface Made {
  readonly id: string
  /** Key of the customer that it belongs to. */
  readonly customer: string
  /** Name or subject, for texts about it. */
  readonly title: string
  /** Employee key. */
  readonly owner: string
}

/** Marks what is generated. */
export const SOURCE = { source: GENERATED } as const

/** Key of a customer; all are as likely. */
export function pickCustomer({ random, northwind }: Generation): string {
  return random.pick(northwind.customers).key
}

/** Employee key of the one whom the customer's account belongs to. */
export function ownerOf({ companies }: Generation, customer: string): string {
  return companies.ownerOf.get(customer) as string
}
