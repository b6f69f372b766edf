import type { Action, Principal } from '../records/access/policy.ts'
import type { Database } from '../records/database.ts'
import type { ModuleDefinition, Registry } from '../records/registry/definition.ts'
import { moduleKey } from './module-key.ts'

export interface GrantUsage {
  /** Notes in memory that these rights, each `<action> <module>`, have just been used by whoever holds the principal's roles. */
  note(principal: Principal, uses: readonly string[], registry: Registry): void
  /** Writes what was noted. What cannot be written is kept for the next time. */
  flush(): Promise<void>
}

/** Sets of roles with a right that are kept between two flushes; further ones are not. */
const MOST_NOTED = 20_000

interface Noted {
  readonly roles: readonly string[]
  /** The right itself, and those on the records that decide about access. */
  readonly rights: readonly { readonly module: string; readonly action: string }[]
  at: Date
}

/** Keeps when each right of a role was used last, so that whoever tidies up roles knows what nobody would miss. Costs an operation no statement. */
export function createGrantUsage(database: Database, now: () => Date): GrantUsage {
  let noted = new Map<string, Noted>()

  return {
    note: ({ roles }, uses, registry) => {
      if (roles.length === 0) return
      const at = now()
      const holder = roles.join(' ')
      for (const use of uses) {
        const key = `${holder} ${use}`
        const known = noted.get(key)
        if (known) known.at = at
        else if (noted.size < MOST_NOTED) noted.set(key, { roles, rights: rightsOf(use, registry), at })
      }
    },
    flush: async () => {
      if (noted.size === 0) return
      const taken = noted
      noted = new Map()
      try {
        await write(database, [...taken.values()])
      } catch (error) {
        for (const [key, entry] of taken) if (!noted.has(key)) noted.set(key, entry)
        throw error
      }
    },
  }
}

function rightsOf(use: string, registry: Registry): Noted['rights'] {
  const [action = '', name = ''] = use.split(' ')
  const rights: { module: string; action: string }[] = []
  let right = action as Action
  for (let module = registry.modules.get(name); module; module = parentOf(module, registry)) {
    rights.push({ module: moduleKey(module), action: right })
    if (right !== 'READ' && right !== 'EXPORT') right = 'UPDATE'
  }
  return rights
}

function parentOf({ accessParent, fields }: ModuleDefinition, registry: Registry): ModuleDefinition | undefined {
  return accessParent === undefined ? undefined : registry.modules.get(fields.get(accessParent)?.reference?.module ?? '')
}

async function write(database: Database, entries: readonly Noted[]): Promise<void> {
  const rows = entries.flatMap(({ roles, rights, at }) => roles.flatMap((role) => rights.map(({ module, action }) => ({ role, module, action, at }))))
  await database.query({
    // In one order on all nodes, so that two that write at once do not wait for each other crosswise.
    text: `INSERT INTO grant_use AS u (role_id, module, action, last_used_at)
           SELECT r.id, k.module, k.action, max(k.at) FROM unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[]) AS k(role, module, action, at)
             JOIN role r ON r.key = k.role GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
           ON CONFLICT (role_id, module, action) DO UPDATE SET last_used_at = greatest(u.last_used_at, EXCLUDED.last_used_at)`,
    values: [rows.map(({ role }) => role), rows.map(({ module }) => module), rows.map(({ action }) => action), rows.map(({ at }) => at)],
    purpose: 'background',
  })
}
