import type { ChangeSet } from '../records/write/request.ts'
import type { Employee } from './northwind.ts'
import { createAll, GENERATED, Ids, NORTHWIND } from './records.ts'

/** A sign-in that stands for a function, so that every shipped role can be tried. */
interface Desk {
  readonly key: string
  readonly name: string
  readonly position: string
  readonly role: string
  /** Key of the desk's team; a viewer belongs to none. */
  readonly team: string | null
}

interface DemoTeam {
  readonly key: string
  readonly name: string
  readonly description: string
  readonly parent: string | null
  /** Key of an employee. */
  readonly leader: string | null
}

const DESKS: readonly Desk[] = [
  { key: 'service', name: 'Service Desk', position: 'Service agent 客服', role: 'service_agent', team: 'service' },
  { key: 'finance', name: 'Finance Desk', position: 'Accountant 财务', role: 'finance', team: 'finance' },
  { key: 'marketing', name: 'Marketing Desk', position: 'Marketing 市场', role: 'marketing', team: 'marketing' },
  { key: 'viewer', name: 'Viewer', position: 'Read only 只读', role: 'read_only', team: null },
]

const DESK_TEAMS: readonly DemoTeam[] = [
  { key: 'service', name: 'Service', description: 'Customer service 客户服务', parent: null, leader: null },
  { key: 'finance', name: 'Finance', description: 'Accounts 财务', parent: null, leader: null },
  { key: 'marketing', name: 'Marketing', description: 'Campaigns and leads 市场与线索', parent: null, leader: null },
]

export interface SignIn {
  readonly userId: string
  readonly email: string
  /** Key of the one role. */
  readonly role: string
}

export interface People {
  /** Users by employee key, or desk key. */
  readonly users: Ids
  /** Teams by the key of their leader, or of their desk. */
  readonly teams: Ids
  /** Employees first. */
  readonly signIns: readonly SignIn[]
}

/** Makes teams and users. Roles and passwords follow at the end of the load (`openSignIns`). */
export async function loadPeople(changes: ChangeSet, employees: readonly Employee[]): Promise<People> {
  const managers = new Set(employees.flatMap(({ reportsTo }) => (reportsTo === null ? [] : [reportsTo])))
  const salesTeams = employees.filter(({ key }) => managers.has(key)).map(salesTeam)
  const teams = await createTeams(changes, [...salesTeams, ...DESK_TEAMS])
  const users = await createUsers(changes, employees, managers, teams)
  const pathOf = (index: number) => ['updates', index, 'input']
  const reports = employees.flatMap(({ key, reportsTo }) => (reportsTo === null ? [] : [{ id: users.of(key), input: { manager: users.ref(reportsTo) } }]))
  await changes.update(changes.registry.module('user'), reports, { pathOf })
  const led = salesTeams.map(({ key, leader }) => ({ id: teams.of(key), input: { leader: users.ref(leader as string) } }))
  await changes.update(changes.registry.module('team'), led, { pathOf })
  const signIns = [
    ...employees.map(({ key, firstName }) => ({ userId: users.of(key), email: emailOf(firstName), role: managers.has(key) ? 'sales_manager' : 'sales_rep' })),
    ...DESKS.map(({ key, role }) => ({ userId: users.of(key), email: emailOf(key), role })),
  ]
  return { users, teams, signIns }
}

/** Each manager leads a team of those who report to them; it stands below the team of the manager's own manager. */
function salesTeam({ key, country, firstName, lastName, reportsTo }: Employee): DemoTeam {
  return {
    key,
    name: reportsTo === null ? 'Sales' : `Sales ${country}`,
    description: `Team of ${firstName} ${lastName} 销售团队`,
    parent: reportsTo,
    leader: key,
  }
}

/** Address of a demo user; nobody else has one below this name. */
export const DEMO_DOMAIN = 'demo.guanxi.local'

function emailOf(name: string): string {
  return `${name.toLowerCase()}@${DEMO_DOMAIN}`
}

/** Level by level, parents first. */
async function createTeams(changes: ChangeSet, teams: readonly DemoTeam[]): Promise<Ids> {
  const found = new Map<string, string>()
  for (let level = teams.filter(({ parent }) => parent === null); level.length > 0; ) {
    const ids = await createAll(
      changes,
      'team',
      level.map(({ key, name, description, parent }) => ({
        name,
        description,
        parent: parent === null ? null : { id: found.get(parent) },
        source: GENERATED,
        externalIds: [{ system: GENERATED, key }],
      })),
    )
    for (const [index, { key }] of level.entries()) found.set(key, ids[index] as string)
    level = teams.filter(({ key, parent }) => parent !== null && found.has(parent) && !found.has(key))
  }
  return new Ids('team', found)
}

async function createUsers(changes: ChangeSet, employees: readonly Employee[], managers: ReadonlySet<string>, teams: Ids): Promise<Ids> {
  const employed = employees.map(({ key, firstName, lastName, title, country, reportsTo }) => ({
    name: `${firstName} ${lastName}`,
    email: emailOf(firstName),
    position: title,
    department: 'Sales',
    locale: country === 'UK' ? 'en-GB' : 'en-US',
    timeZone: country === 'UK' ? 'Europe/London' : 'America/Los_Angeles',
    team: teams.ref(managers.has(key) || reportsTo === null ? key : reportsTo),
    source: NORTHWIND,
    externalIds: [{ system: NORTHWIND, key }],
  }))
  const desks = DESKS.map(({ key, name, position, team }) => ({
    name,
    email: emailOf(key),
    position,
    department: name.split(' ')[0],
    locale: 'zh-CN',
    timeZone: 'Asia/Shanghai',
    team: team === null ? null : teams.ref(team),
    source: GENERATED,
    externalIds: [{ system: GENERATED, key }],
  }))
  const ids = await createAll(changes, 'user', [...employed, ...desks])
  const keys = [...employees, ...DESKS].map(({ key }) => key)
  return new Ids('user', new Map(keys.map((key, index) => [key, ids[index] as string])))
}
