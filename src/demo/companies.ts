import { parsePhoneNumberFromString } from 'libphonenumber-js'
import type { ChangeSet } from '../records/write/request.ts'
import { countryCode, regionCode } from './countries.ts'
import { groupBy } from './group-by.ts'
import type { Company, Northwind, Order } from './northwind.ts'
import { createKeyed, type Ids, NORTHWIND } from './records.ts'

/** Records of customers and suppliers. Keys of suppliers are `S<number>`, so that they never meet a customer's. */
export interface Companies {
  readonly accounts: Ids
  readonly contacts: Ids
  /** Employee key of each account's owner. */
  readonly ownerOf: ReadonlyMap<string, string>
}

interface Party extends Company {
  readonly type: 'customer' | 'supplier'
  readonly owner: string
  readonly orders: readonly Order[]
}

export function supplierKey(key: string): string {
  return `S${key}`
}

/** Customers belong to the employee who took most of their orders; suppliers and customers without orders to the head of sales. */
export async function loadCompanies(changes: ChangeSet, northwind: Northwind, users: Ids): Promise<Companies> {
  const head = northwind.employees.find(({ reportsTo }) => reportsTo === null)?.key as string
  const ordersOf = groupBy(northwind.orders, ({ customer }) => customer)
  const parties: Party[] = [
    ...northwind.customers.map((company): Party => {
      const orders = ordersOf.get(company.key) ?? []
      return { ...company, type: 'customer', orders, owner: busiestEmployee(orders) ?? head }
    }),
    ...northwind.suppliers.map((company): Party => ({ ...company, key: supplierKey(company.key), type: 'supplier', orders: [], owner: head })),
  ]
  const newest = lastDay(northwind.orders)
  const accounts = await createKeyed(changes, 'account', parties, keyOf, (party) => accountInput(party, newest, users))
  const contacts = await createKeyed(changes, 'contact', parties, keyOf, (party) => contactInput(party, accounts, users))
  return { accounts, contacts, ownerOf: new Map(parties.map(({ key, owner }) => [key, owner])) }
}

const keyOf = ({ key }: Party) => key

/** Ties go to the lower employee number. */
function busiestEmployee(orders: readonly Order[]): string | null {
  const counts = [...groupBy(orders, ({ employee }) => employee)].map(([employee, taken]) => ({ employee, taken: taken.length }))
  counts.sort((a, b) => b.taken - a.taken || Number(a.employee) - Number(b.employee))
  return counts[0]?.employee ?? null
}

function accountInput(party: Party, newest: string, users: Ids): Record<string, unknown> {
  const { key, type, name, country, region, owner } = party
  return {
    name,
    code: key,
    type,
    lifecycle: type === 'customer' ? lifecycleOf(party.orders, newest) : 'active',
    industry: type === 'supplier' ? 'food_and_beverage' : null,
    region: regionCode(country, region),
    address: addressOf(party),
    phone: phoneOf(party),
    website: /#(https?:\/\/[^#]+)#/.exec(party.homepage ?? '')?.[1] ?? null,
    paymentTerms: type === 'customer' ? 'Net 30' : 'Net 60',
    owner: users.ref(owner),
    source: NORTHWIND,
    externalIds: [{ system: NORTHWIND, key }],
  }
}

/** By the time since the last order, counted back from the newest order of all. */
function lifecycleOf(orders: readonly Order[], newest: string): string {
  const last = lastDay(orders)
  if (last === '') return 'new'
  const days = (Date.parse(newest) - Date.parse(last)) / 86_400_000
  return days > 365 ? 'lost' : days > 180 ? 'dormant' : days > 90 ? 'at_risk' : 'active'
}

/** `YYYY-MM-DD`; empty where there is no order. */
function lastDay(orders: readonly Order[]): string {
  const days = orders.map(({ orderedOn }) => orderedOn)
  return days.sort().at(-1) ?? ''
}

function contactInput(party: Party, accounts: Ids, users: Ids): Record<string, unknown> {
  const { key, contactName, contactTitle, owner } = party
  const { givenName, familyName } = splitName(contactName)
  return {
    name: contactName,
    givenName,
    familyName,
    account: accounts.ref(key),
    jobTitle: contactTitle,
    email: `${plainLetters(givenName)}.${plainLetters(familyName)}@${key.toLowerCase()}.example`,
    phone: phoneOf(party),
    address: addressOf(party),
    owner: users.ref(owner),
    source: NORTHWIND,
    externalIds: [{ system: NORTHWIND, key }],
  }
}

function addressOf({ address, city, region, postcode, country }: Company): Record<string, string | null> {
  return { street: address, city, state: region, postcode, country: countryCode(country) }
}

/** The number with its country code. Many numbers of the source are invented and no valid numbers; those are left out. */
function phoneOf({ phone, country }: Company): string | null {
  const code = countryCode(country)
  const parsed = parsePhoneNumberFromString(phone, { ...(code === null ? {} : { defaultCountry: code }), extract: false })
  return parsed?.isValid() ? parsed.formatInternational() : null
}

/** Family names begin at a particle (`del Valle Saavedra`), or are the last word. */
export function splitName(name: string): { givenName: string; familyName: string } {
  const words = name.split(' ')
  const particle = words.findIndex((word, index) => index > 0 && /^(de|del|di|van|von)$/.test(word))
  const start = particle > 0 ? particle : words.length - 1
  return { givenName: words.slice(0, start).join(' '), familyName: words.slice(start).join(' ') }
}

/** `Pérez del Río` → `perez-del-rio`. */
function plainLetters(text: string): string {
  const folded = text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase()
  return folded.replace(/[^a-z]+/g, '-').replace(/^-|-$/g, '')
}
