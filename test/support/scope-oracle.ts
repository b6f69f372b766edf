import pg from 'pg'
import { DIRECTORY, PARENTS } from './access-facts.ts'
import type { ModelRow, ReadModel } from './read-model.ts'

/** People of the demo data by the first part of their address, with their one role. */
export const DEMO_USERS = Object.freeze({
  andrew: 'sales_manager',
  steven: 'sales_manager',
  nancy: 'sales_rep',
  janet: 'sales_rep',
  margaret: 'sales_rep',
  michael: 'sales_rep',
  robert: 'sales_rep',
  laura: 'sales_rep',
  anne: 'sales_rep',
  service: 'service_agent',
  finance: 'finance',
  marketing: 'marketing',
  viewer: 'read_only',
})
export type DemoUser = keyof typeof DEMO_USERS
export type Role = (typeof DEMO_USERS)[DemoUser]

/** create, read, update, delete, restore */
export type Letter = 'c' | 'r' | 'u' | 'd' | 's'
type Scope = 'OWN' | 'TEAM_TREE' | 'ALL'

const CUSTOMERS = 'account contact accountContact'
const DEALS = 'lead opportunity opportunityLineItem'
const DIARY = 'activity task reminder'
const ORDERS = 'order orderLine'
const SERVICE = 'ticket ticketComment'
const TIES = 'ticketWatcher ticketLink'
const STEPS = 'opportunityStageChange ticketStatusChange'
/** What was told to the user, and what is to be. */
const MAIL = 'timer delivery'
const EVERYTHING = `${DIRECTORY.join(' ')} ${CUSTOMERS} ${DEALS} ${DIARY} ${ORDERS} ${SERVICE} ${TIES} ${STEPS} dutyShift ${MAIL} reminderRule`

/** The shipped roles, written a second time: what may be done with which modules, and how far. */
const RIGHTS: Readonly<Record<Role, readonly (readonly [modules: string, letters: string, scope: Scope])[]>> = {
  sales_manager: [
    [`${CUSTOMERS} ${DEALS} ${DIARY} ${ORDERS}`, 'cruds', 'TEAM_TREE'],
    [STEPS, 'r', 'TEAM_TREE'],
    [MAIL, 'r', 'OWN'],
    [SERVICE, 'cru', 'TEAM_TREE'],
    [TIES, 'cruds', 'TEAM_TREE'],
  ],
  sales_rep: [
    [`${CUSTOMERS} ${DEALS} ${DIARY}`, 'cruds', 'OWN'],
    [`${ORDERS} ${SERVICE}`, 'cru', 'OWN'],
    [TIES, 'cruds', 'OWN'],
    [`${STEPS} ${MAIL}`, 'r', 'OWN'],
  ],
  marketing: [
    ['lead', 'cruds', 'ALL'],
    [CUSTOMERS, 'cru', 'ALL'],
    [DIARY, 'cruds', 'OWN'],
    [MAIL, 'r', 'OWN'],
  ],
  service_agent: [
    [`${SERVICE} ${TIES} complaintCategory dutyShift`, 'cruds', 'ALL'],
    ['ticketStatusChange', 'r', 'ALL'],
    [CUSTOMERS, 'cru', 'ALL'],
    [`${ORDERS} opportunity`, 'r', 'ALL'],
    ['activity', 'cru', 'ALL'],
    ['task reminder', 'cruds', 'OWN'],
    [MAIL, 'r', 'OWN'],
  ],
  finance: [
    ['account', 'ru', 'ALL'],
    ['contact accountContact opportunity opportunityLineItem', 'r', 'ALL'],
    [ORDERS, 'cru', 'ALL'],
    ['exchangeRate', 'cruds', 'ALL'],
    ['product', 'ru', 'ALL'],
    ['task reminder', 'cruds', 'OWN'],
    [MAIL, 'r', 'OWN'],
  ],
  read_only: [[EVERYTHING, 'r', 'ALL']],
}

/** How far a role may do something with a module; undefined where not at all. Everyone who is signed in reads the directory. */
export function scopeOf(role: Role, module: string, letter: Letter): Scope | undefined {
  const granted = RIGHTS[role].find(([modules, letters]) => modules.split(' ').includes(module) && letters.includes(letter))
  if (granted) return granted[2]
  return letter === 'r' && DIRECTORY.includes(module) ? 'ALL' : undefined
}

/** Sensitive fields that each role shows, written a second time. */
const SHOWN: Readonly<Record<Role, string>> = (() => {
  const contact = 'account.phone contact.gender contact.birthday contact.email contact.phone contact.mobile contact.wechat contact.address '
  const lead = 'lead.email lead.phone lead.mobile lead.wechat lead.address '
  const diary = 'activity.body activity.location '
  const ticket = 'ticket.description ticket.satisfactionComment ticketComment.body '
  const deal = 'opportunity.amount opportunity.expectedRevenue opportunityLineItem.unitPrice opportunityLineItem.total opportunityStageChange.amount '
  const mail = 'delivery.address '
  return {
    sales_manager: `${contact}${lead}${deal}${diary}${ticket}${mail}user.phone`,
    sales_rep: `${contact}${lead}${deal}${diary}${ticket}${mail}`,
    marketing: `${contact}${lead}${diary}${mail}`,
    service_agent: `${contact}${diary}${ticket}${mail}`,
    finance: `${deal}${mail}account.taxNumber account.bankAccount account.creditLimit account.paymentTerms account.phone product.cost opportunity.margin contact.email contact.phone`,
    read_only: '',
  }
})()

/** Sensitive fields (`module.field`) that a role shows. Everybody's e-mail address is known to everybody. */
export function shownFields(role: Role): ReadonlySet<string> {
  return new Set(['user.email', ...SHOWN[role].split(' ')])
}

/** Says who may read which row, from owners, teams and the team tree alone. */
export class ScopeOracle {
  readonly #model: ReadModel
  readonly #rows: ReadonlyMap<string, ModelRow>
  readonly #users: ReadonlyMap<string, ModelRow>

  constructor(model: ReadModel) {
    this.#model = model
    this.#rows = new Map(Object.values(PARENTS).flatMap(([, module]) => model.rows(module, 'INCLUDE').map((row) => [row.id, row] as const)))
    this.#users = new Map(model.rows('user').map((row) => [String(row['email']).split('@')[0] as string, row]))
  }

  idOf(user: DemoUser): string {
    return (this.#users.get(user) as ModelRow).id
  }

  sees(user: DemoUser, module: string, row: ModelRow): boolean {
    const scope = scopeOf(DEMO_USERS[user], module, 'r')
    if (scope === undefined) return false
    const parent = PARENTS[module]
    if (parent) {
      const above = this.#rows.get(row[parent[0]] as string)
      return above !== undefined && this.sees(user, parent[1], above)
    }
    if (scope === 'ALL') return true
    const keys = scope === 'OWN' ? new Set([this.idOf(user)]) : this.#treeKeys(user)
    return keys.has((row['owner_id'] ?? row['team_id']) as string)
  }

  /** The data as the user may read it. */
  modelOf(user: DemoUser): ReadModel {
    return this.#model.scoped((module, row) => this.sees(user, module, row))
  }

  /** The user's team with all teams below it, and everyone whose home they are. */
  #treeKeys(user: DemoUser): ReadonlySet<string> {
    const teams = new Set<string>([String(this.#users.get(user)?.['team_id'])])
    // A set's iteration reaches what is added on the way.
    for (const team of teams) for (const child of this.#model.rows('team')) if (child['parent_id'] === team) teams.add(child.id)
    const people = [...this.#users.values()].filter((row) => teams.has(row['team_id'] as string)).map(({ id }) => id)
    return new Set([...teams, ...people, this.idOf(user)])
  }
}

/**
 * Gives every third record of the demo data to somebody else, to a team or to nobody, so that related records are read by different
 * people; every ninth goes into the recycle bin.
 */
export async function dealOut(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  for (const [index, table] of ['accounts', 'contacts', 'leads', 'opportunities', 'orders', 'activities', 'tasks', 'tickets', 'reminders'].entries()) {
    await client.query(
      `UPDATE ${table} t SET owner_id = people.ids[1 + n.n % 17], team_id = CASE WHEN n.n % 2 = 0 THEN teams.ids[1 + n.n % cardinality(teams.ids)] END,
              deleted_at = CASE WHEN n.n % 9 = 0 THEN now() END
         FROM (SELECT id, row_number() OVER (ORDER BY id)::int + ${index} AS n FROM ${table}) n,
              (SELECT array_agg(id ORDER BY id) AS ids FROM users WHERE email LIKE '%@demo.guanxi.local') people,
              (SELECT array_agg(id ORDER BY id) AS ids FROM teams) teams
        WHERE n.id = t.id AND n.n % 3 = 0`,
    )
  }
  await client.query('ANALYZE')
  await client.end()
}
