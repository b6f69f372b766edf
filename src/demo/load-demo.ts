import { randomUUID } from 'node:crypto'
import { type PasswordHasher, systemPrincipal } from '../auth/index.ts'
import { DefectError } from '../errors/index.ts'
import type { Epochs, Principal } from '../records/access/policy.ts'
import { secured } from '../records/access/secured.ts'
import type { Database, Transaction } from '../records/database.ts'
import { READ_EPOCHS_SQL } from '../records/epochs.ts'
import type { Registry } from '../records/registry/definition.ts'
import type { ChangeOrigin, ChangeSet } from '../records/write/request.ts'
import { loadCompanies } from './companies.ts'
import { type GeneratedCounts, generateAround } from './generated/index.ts'
import { type Northwind, readNorthwind } from './northwind.ts'
import { loadCatalogue, loadOrders } from './orders.ts'
import { loadPeople } from './people.ts'
import { hashPasswords, openSignIns } from './sign-ins.ts'

/** What loading needs of a running kernel. */
export interface DemoServices {
  readonly database: Database
  readonly writer: {
    run<T>(principal: Principal, origin: ChangeOrigin, work: (changes: ChangeSet, transaction: Transaction) => Promise<T>): Promise<T>
  }
  readonly registry: () => Registry
  readonly hasher: PasswordHasher
  /** Generated dates lie around it. */
  readonly now: () => Date
  /** Password of all demo users. */
  readonly password: string
}

/** What was loaded: numbers of records, and who can sign in. */
export interface DemoSummary extends GeneratedCounts {
  readonly accounts: number
  readonly products: number
  readonly orders: number
  readonly orderLines: number
  /** E-mail addresses of the demo users with their role: Northwind's employees by number, then the desks. */
  readonly signIns: readonly { readonly email: string; readonly role: string }[]
}

const LOCK = 'guanxi demo data'

/**
 * Fills a database that holds no accounts; answers null, and changes nothing, where it holds some (deleted ones too). Everything is one change set
 * in one transaction: a load that is cut off leaves nothing. Processes that start at once on one database load once.
 */
export async function loadDemo(services: DemoServices): Promise<DemoSummary | null> {
  const { database, registry, writer } = services
  const northwind = await readNorthwind()
  const [epochs] = await database.query<Epochs>({ text: READ_EPOCHS_SQL, purpose: 'platform' })
  const principal = systemPrincipal('demo data', registry(), epochs as Epochs)
  const origin: ChangeOrigin = { requestId: randomUUID(), cause: 'import', operationName: 'loadDemo' }
  try {
    return await writer.run(principal, origin, async (changes, transaction) => {
      await transaction.query({ text: 'SELECT pg_advisory_xact_lock(hashtext($1))', values: [LOCK], purpose: 'platform' })
      if (await holdsAccounts(changes, transaction)) throw new NotEmpty()
      return load(services, changes, transaction, northwind)
    })
  } catch (error) {
    if (error instanceof NotEmpty) return null
    throw error
  }
}

async function load({ hasher, password, now }: DemoServices, changes: ChangeSet, transaction: Transaction, northwind: Northwind): Promise<DemoSummary> {
  const { users, teams, signIns } = await loadPeople(changes, northwind.employees)
  const hashing = hashPasswords(hasher, password, signIns)
  // Awaited at the end; if the load fails before, its failure is the one to report.
  hashing.catch(() => {})
  const companies = await loadCompanies(changes, northwind, users)
  const { products } = await loadCatalogue(changes, northwind, companies.accounts)
  const { orders, lines } = await loadOrders(changes, northwind, users, companies, products)
  const generated = await generateAround({ changes, northwind, users, teams, companies, products, orders }, now())
  await openSignIns(transaction, await hashing, now(), changes.principal.via)
  return {
    accounts: companies.accounts.size,
    products: products.size,
    orders: orders.size,
    orderLines: lines,
    ...generated,
    signIns: signIns.map(({ email, role }) => ({ email, role })),
  }
}

async function holdsAccounts({ principal, registry }: ChangeSet, transaction: Transaction): Promise<boolean> {
  const refuse = (): string => {
    throw new DefectError('the system reads all records, without a scope')
  }
  const { from, condition } = secured(registry.module('account'), 'READ', principal.policy, 't', registry, { scope: refuse, value: refuse })
  const [row] = await transaction.query<{ some: boolean }>({ text: `SELECT EXISTS (SELECT FROM ${from} WHERE ${condition}) AS some`, purpose: 'platform' })
  return row?.some === true
}

/** Rolls the transaction back without being a failure. */
class NotEmpty extends Error {}
