import type { Action, FieldLevel, Scope } from '../records/access/policy.ts'
import type { PredicateObject } from './predicate-names.ts'

/** Rights on one module, by its key (`moduleKey`); `*` stands for every module, also those made later. */
export interface Grant {
  readonly module: string
  readonly actions: readonly Action[]
  readonly scope: Scope
  /** Rows that it reaches within the scope, fields by their permanent keys; all where there is none. */
  readonly where?: PredicateObject | null
}

/** Level of one field, by its key (`fieldKey`: `account.creditLimit`); `account.*` stands for every field of the module, `*.*` for every field. */
export interface FieldGrant {
  readonly module: string
  readonly fieldId: string
  readonly access: FieldLevel
}

/**
 * What a role gets on custom fields that it does not list and that are made after it was told so: `FOLLOW` the actions of the module like all other fields, `READ`
 * them only, `NONE` of them. Sensitive fields stay hidden in any case.
 */
export const NEW_FIELDS = ['FOLLOW', 'READ', 'NONE'] as const
export type NewFields = (typeof NEW_FIELDS)[number]

export interface RoleDefinition {
  readonly key: string
  readonly name: string
  readonly grants: readonly Grant[]
  readonly fields: readonly FieldGrant[]
}

/** Key of the role that may change roles, users' passwords and metadata. At least one active person always holds it. */
export const ADMINISTRATOR = 'admin'

const MANAGE: readonly Action[] = ['CREATE', 'READ', 'UPDATE', 'DELETE', 'RESTORE', 'EXPORT', 'BULK']
const WORK: readonly Action[] = ['CREATE', 'READ', 'UPDATE', 'DELETE', 'RESTORE', 'BULK']
const EDIT: readonly Action[] = ['CREATE', 'READ', 'UPDATE', 'BULK']
const READ: readonly Action[] = ['READ']
const READ_AND_EXPORT: readonly Action[] = ['READ', 'EXPORT']

/** What the whole company looks things up in. */
const DIRECTORY = ['user', 'team', 'productCategory', 'product', 'pipeline', 'stage', 'tag', 'exchangeRate', 'complaintCategory'] as const

/** Rights of everyone who is signed in, without any role: names of colleagues, the catalogue, the dictionaries. */
export const SIGNED_IN: RoleDefinition = {
  key: 'signed_in',
  name: 'Everyone signed in',
  grants: grants(DIRECTORY, READ, 'ALL'),
  fields: fields('READ', { user: ['email'] }),
}

const CUSTOMERS = ['account', 'contact', 'accountContact'] as const
const DEALS = ['lead', 'opportunity', 'opportunityLineItem'] as const
const DIARY = ['activity', 'task', 'reminder'] as const
const SERVICE = ['ticket', 'ticketComment'] as const
/** What belongs to a ticket and comes and goes with the work on it. */
const TICKET_TIES = ['ticketWatcher', 'ticketLink'] as const
const ORDERS = ['order', 'orderLine'] as const

/** Who may be called, and how; sales, marketing and service all need it. */
const CONTACT_DATA = { account: ['phone'], contact: ['gender', 'birthday', 'email', 'phone', 'mobile', 'wechat', 'address'] } as const
const LEAD_DATA = { lead: ['email', 'phone', 'mobile', 'wechat', 'address'] } as const
const DEAL_DATA = { opportunity: ['amount', 'expectedRevenue'], opportunityLineItem: ['unitPrice', 'total'], opportunityStageChange: ['amount'] } as const
const DIARY_DATA = { activity: ['body', 'location'] } as const
const TICKET_DATA = { ticket: ['description', 'satisfactionComment'], ticketComment: ['body'] } as const
/** What the user was told, and is to be told. */
const TOLD = ['timer', 'delivery'] as const
const MAIL_DATA = { delivery: ['address'] } as const
const FINANCE_DATA = { account: ['taxNumber', 'bankAccount', 'creditLimit', 'paymentTerms'], product: ['cost'], opportunity: ['margin'] } as const

/** The roles that come with the product. Administrators may change all but `admin`; see `seedRoles`. */
export const SHIPPED_ROLES: readonly RoleDefinition[] = [
  {
    key: ADMINISTRATOR,
    name: 'Administrator',
    grants: [{ module: '*', actions: MANAGE, scope: 'ALL' }],
    fields: [{ module: '*', fieldId: '*.*', access: 'WRITE' }],
  },
  {
    key: 'sales_manager',
    name: 'Sales manager',
    grants: [
      ...grants([...CUSTOMERS, ...DEALS, ...DIARY, ...ORDERS], MANAGE, 'TEAM_TREE'),
      ...grants(['opportunityStageChange', 'ticketStatusChange'], READ_AND_EXPORT, 'TEAM_TREE'),
      ...grants(SERVICE, EDIT, 'TEAM_TREE'),
      ...grants(TICKET_TIES, WORK, 'TEAM_TREE'),
      ...grants(TOLD, READ, 'OWN'),
    ],
    fields: [...fields('WRITE', CONTACT_DATA, LEAD_DATA, DEAL_DATA, DIARY_DATA, TICKET_DATA), ...fields('READ', { user: ['phone'] }, MAIL_DATA)],
  },
  {
    key: 'sales_rep',
    name: 'Sales representative',
    grants: [
      ...grants([...CUSTOMERS, ...DEALS, ...DIARY], WORK, 'OWN'),
      ...grants(ORDERS, EDIT, 'OWN'),
      ...grants(['opportunityStageChange', 'ticketStatusChange'], READ, 'OWN'),
      ...grants(SERVICE, EDIT, 'OWN'),
      ...grants(TICKET_TIES, WORK, 'OWN'),
      ...grants(TOLD, READ, 'OWN'),
    ],
    fields: [...fields('WRITE', CONTACT_DATA, LEAD_DATA, DEAL_DATA, DIARY_DATA, TICKET_DATA), ...fields('READ', MAIL_DATA)],
  },
  {
    key: 'marketing',
    name: 'Marketing',
    grants: [...grants(['lead'], MANAGE, 'ALL'), ...grants(CUSTOMERS, EDIT, 'ALL'), ...grants(DIARY, WORK, 'OWN'), ...grants(TOLD, READ, 'OWN')],
    fields: [...fields('WRITE', CONTACT_DATA, LEAD_DATA, DIARY_DATA), ...fields('READ', MAIL_DATA)],
  },
  {
    key: 'service_agent',
    name: 'Service agent',
    grants: [
      ...grants([...SERVICE, ...TICKET_TIES, 'complaintCategory', 'dutyShift'], WORK, 'ALL'),
      ...grants(['ticketStatusChange'], READ, 'ALL'),
      ...grants(CUSTOMERS, EDIT, 'ALL'),
      ...grants(ORDERS, READ, 'ALL'),
      ...grants(['opportunity'], READ, 'ALL'),
      ...grants(['activity'], EDIT, 'ALL'),
      ...grants(['task', 'reminder'], WORK, 'OWN'),
      ...grants(TOLD, READ, 'OWN'),
    ],
    fields: [...fields('WRITE', CONTACT_DATA, DIARY_DATA, TICKET_DATA), ...fields('READ', MAIL_DATA)],
  },
  {
    key: 'finance',
    name: 'Finance',
    grants: [
      ...grants(['account'], ['READ', 'UPDATE', 'EXPORT', 'BULK'], 'ALL'),
      ...grants(['contact', 'accountContact', 'opportunity', 'opportunityLineItem'], READ_AND_EXPORT, 'ALL'),
      ...grants(ORDERS, ['CREATE', 'READ', 'UPDATE', 'EXPORT', 'BULK'], 'ALL'),
      ...grants(['exchangeRate'], WORK, 'ALL'),
      ...grants(['product'], ['READ', 'UPDATE', 'BULK'], 'ALL'),
      ...grants(['task', 'reminder'], WORK, 'OWN'),
      ...grants(TOLD, READ, 'OWN'),
    ],
    fields: [...fields('WRITE', FINANCE_DATA), ...fields('READ', DEAL_DATA, MAIL_DATA, { account: ['phone'], contact: ['email', 'phone'] })],
  },
  {
    key: 'read_only',
    name: 'Read only',
    grants: [{ module: '*', actions: READ, scope: 'ALL' }],
    fields: [],
  },
]

function grants(modules: readonly string[], actions: readonly Action[], scope: Scope): Grant[] {
  return modules.map((module) => ({ module, actions, scope }))
}

function fields(access: FieldLevel, ...lists: readonly Readonly<Record<string, readonly string[]>>[]): FieldGrant[] {
  return lists.flatMap((list) => Object.entries(list).flatMap(([module, names]) => names.map((name) => ({ module, fieldId: `${module}.${name}`, access }))))
}
