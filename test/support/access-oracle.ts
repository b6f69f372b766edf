import { PARENTS as CORE_PARENTS, type OracleGrant, type OracleRole, type OracleScope, PLUGIN_PARENTS, SIGNED_IN } from './access-facts.ts'
import type { OracleShare } from './deal-shares.ts'
import type { Viewer } from './drawn-condition.ts'
import type { StoredRow, StoredRows } from './stored-rows.ts'

const PARENTS = { ...CORE_PARENTS, ...PLUGIN_PARENTS }

/** Says who may read which row: from grants, owners, teams, parents and shares alone, row by row. */
export class AccessOracle {
  readonly #keys: Readonly<Record<OracleScope, ReadonlySet<unknown>>>
  readonly #roles: readonly OracleRole[]
  /** Ids of rows that others have shared with the user or with teams of his. */
  readonly #shared: ReadonlySet<string>
  readonly #viewer: Viewer

  constructor(
    readonly rows: StoredRows,
    readonly userId: string,
    roles: readonly OracleRole[],
    shares: readonly OracleShare[] = [],
  ) {
    this.#roles = [SIGNED_IN.grants, ...roles].map((role) => role.filter(({ actions }) => actions.includes('READ')))
    const live = rows.of('team').filter((team) => team['deleted_at'] === null)
    const people = [...rows.of('user').map((user) => ({ team_id: user['team_id'], user_id: user.id })), ...rows.members]
    const own = live.filter(({ id }) => people.some((member) => member.user_id === userId && member.team_id === id)).map(({ id }) => id)
    const given = shares.filter(({ granteeId, sharerId }) => sharerId !== userId && (granteeId === userId || own.includes(granteeId)))
    this.#shared = new Set(given.map(({ recordId }) => recordId))
    const tree = new Set(own)
    // A set's iteration reaches what is added on the way.
    for (const id of tree) for (const team of live) if (team['parent_id'] === id) tree.add(team.id)
    const keysOf = (teams: readonly string[]) =>
      new Set<unknown>([userId, ...teams, ...people.filter(({ team_id }) => teams.includes(team_id as string)).map(({ user_id }) => user_id)])
    this.#keys = { OWN: keysOf([]), TEAM: keysOf(own), TEAM_TREE: keysOf([...tree]), ALL: new Set() }
    this.#viewer = { row: rows.byId.get(userId) as StoredRow, teams: own, teamTree: [...tree] }
  }

  /** Some grant lets rows of the module be read. */
  opens(module: string): boolean {
    const parent = PARENTS[module]
    return this.#roles.some((role) => grantsOn(role, module).length > 0) && (parent === undefined || this.opens(parent[1]))
  }

  sees(row: StoredRow): boolean {
    return this.#roles.some((role) => this.#seesBy(role, row)) || (this.#isShared(row) && this.opens(row.module))
  }

  /** Places of the roles that let the row be read by what they grant, that of everybody first. */
  reaching(row: StoredRow): readonly number[] {
    return [...this.#roles.keys()].filter((index) => this.#seesBy(this.#roles[index] as OracleRole, row))
  }

  #seesBy(role: OracleRole, row: StoredRow): boolean {
    const [column = '', above = ''] = PARENTS[row.module] ?? []
    const key = row['owner_id'] ?? row['team_id']
    const grants = grantsOn(role, row.module).filter(({ holds }) => holds?.(row, this.#viewer) ?? true)
    if (above === '') return grants.some(({ scope }) => scope === 'ALL' || this.#keys[scope].has(key))
    const parent = this.rows.byId.get(row[column] as string)
    if (grants.length === 0 || !parent) return false
    return grantsOn(role, above).length > 0 ? this.#seesBy(role, parent) || (this.#isShared(parent) && this.opens(above)) : this.sees(parent)
  }

  readonly #isShared = ({ module, id }: StoredRow): boolean => PARENTS[module] === undefined && this.#shared.has(id)
}

function grantsOn(role: OracleRole, module: string): readonly OracleGrant[] {
  return role.filter((grant) => grant.module === module || grant.module === '*')
}
