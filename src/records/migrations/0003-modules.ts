import { SchemaMigration } from './migration.ts'
import { createForeignKeys, createModuleTable, type ModuleTable } from './module-table.ts'
import { CUSTOMER_TABLES } from './modules/customers.ts'
import { ORDER_TABLES } from './modules/orders.ts'
import { PEOPLE_TABLES } from './modules/people.ts'
import { SALES_TABLES } from './modules/sales.ts'
import { SERVICE_TABLES } from './modules/service.ts'

const TABLES: readonly ModuleTable[] = [...PEOPLE_TABLES, ...CUSTOMER_TABLES, ...SALES_TABLES, ...ORDER_TABLES, ...SERVICE_TABLES]

/** Tables of the core modules; their columns stand in `modules/`, which belongs to this migration. */
export class Modules0000000000003 extends SchemaMigration {
  readonly number = 3
  readonly name = 'Modules0000000000003'
  readonly breaking = true
  protected readonly statements = [
    ...TABLES.flatMap(createModuleTable),
    ...TABLES.flatMap(createForeignKeys),
    // Sign-in ignores case, so two users must not differ by it alone.
    'CREATE UNIQUE INDEX users_email_lower_key ON public.users (lower(email)) WHERE deleted_at IS NULL',
    'CREATE INDEX exchange_rates_currency_valid_from ON public.exchange_rates (currency, valid_from DESC)',
    // Members whose teams a record's team is compared with; small, and read at each sign-in.
    'CREATE INDEX users_team_id ON public.users (team_id)',
  ]
}
