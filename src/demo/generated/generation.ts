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
  readonly teams: Ids
  readonly companies: Companies
  readonly products: Ids
  readonly orders: Ids
}

/** A made record with what later generators need to know of it. */
export interface Made extends Dealing {
  readonly id: string
  /** Name or subject, for texts about it. */
  readonly title: string
}

/** Marks what is generated. */
export const SOURCE = { source: GENERATED } as const

/** A customer and the employee who deals with it in this matter. */
export interface Dealing {
  readonly customer: string
  /** Employee key. */
  readonly owner: string
}

/** Most matters lie with someone who took an order of the customer, the others with the owner of its account. */
export function pickDealing(generation: Generation): Dealing {
  const { random, northwind } = generation
  const { customer, employee } = random.pick(northwind.orders)
  return { customer, owner: random.chance(0.7) ? employee : ownerOf(generation, customer) }
}

export function customerName({ northwind }: Generation, customer: string): string {
  return northwind.customers.find(({ key }) => key === customer)?.name ?? customer
}

/** Employee key of the one whom the customer's account belongs to. */
export function ownerOf({ companies }: Generation, customer: string): string {
  return companies.ownerOf.get(customer) as string
}
