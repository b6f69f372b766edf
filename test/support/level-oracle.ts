import { type LeveledRole, PARENTS, PLUGIN_PARENTS, SIGNED_IN } from './access-facts.ts'
import type { AccessOracle } from './access-oracle.ts'
import type { StoredRow } from './stored-rows.ts'

/** From nothing to everything, as far as reading goes. */
const LEVELS = ['HIDDEN', 'MASKED', 'READ'] as const
export type Level = (typeof LEVELS)[number]

/** What the oracle must know of a field. */
export interface OracleField {
  readonly module: string
  readonly name: string
  readonly system: boolean
  readonly sensitivity?: string | undefined
}

/** Says how much of a field a row shows: as much as any of those roles says that reach the row by themselves. */
export class LevelOracle {
  readonly #roles: readonly LeveledRole[]
  readonly #reaching = new Map<string, readonly LeveledRole[]>()

  /**
   * `access`: of the same roles, without shares. `told`: the level that is told to hold on all records; it counts where nothing but a share reaches the row and roles differ.
   */
  constructor(
    readonly access: AccessOracle,
    roles: readonly LeveledRole[],
    readonly told: (field: OracleField) => Level,
  ) {
    this.#roles = [SIGNED_IN, ...roles]
  }

  /** Undefined where several roles differ and none reaches the row, which follows a parent that is shared. */
  on(row: StoredRow, field: OracleField): Level | undefined {
    const reaching = this.reaching(row)
    if (reaching.length > 0) return highest(reaching.map((role) => said(role, field)))
    const [first, ...others] = new Set(this.#readers(field).map((role) => said(role, field)))
    return others.length === 0 ? first : (PARENTS[field.module] ?? PLUGIN_PARENTS[field.module]) ? undefined : this.told(field)
  }

  /** What is told to hold everywhere is no more than any row shows that a role reaches, and no less than all roles say that read the module. */
  contradicted(rows: readonly StoredRow[], field: OracleField): boolean {
    const told = rank(this.told(field))
    const reached = rows.filter((row) => this.reaching(row).length > 0)
    const all = this.#readers(field).map((role) => rank(said(role, field)))
    return reached.some((row) => told > rank(this.on(row, field) as Level)) || told < Math.min(...all) || told > Math.max(...all)
  }

  /** The roles that reach a row by what they grant. */
  reaching(row: StoredRow): readonly LeveledRole[] {
    const known = this.#reaching.get(row.id) ?? this.access.reaching(row).map((index) => this.#roles[index] as LeveledRole)
    this.#reaching.set(row.id, known)
    return known
  }

  #readers({ module }: OracleField): readonly LeveledRole[] {
    return this.#roles.filter(({ grants }) => grants.some((grant) => [module, '*'].includes(grant.module) && grant.actions.includes('READ')))
  }
}

/** What one role says of a field; to write it is more than to read it. */
function said({ fields }: LeveledRole, field: OracleField): Level {
  const listed = fields.filter((each) => each.module === field.module && each.field === field.name).map(({ access }) => access)
  if (listed.length > 0) return highest(listed.map((access) => (access === 'WRITE' ? 'READ' : (access as Level))))
  return field.system || (field.sensitivity ?? 'none') === 'none' ? 'READ' : 'HIDDEN'
}

function highest(levels: readonly Level[]): Level {
  return LEVELS[Math.max(...levels.map(rank))] as Level
}

function rank(level: Level): number {
  return LEVELS.indexOf(level)
}
