import type { Registry } from '../../src/records/registry/index.ts'

/** A role that nobody thought of, as `createRole` takes it. */
export interface DrawnRole {
  readonly key: string
  readonly name: string
  readonly inherits: readonly string[]
  readonly grants: readonly { readonly module: string; readonly actions: readonly string[]; readonly scope: string }[]
  readonly fields: readonly { readonly module: string; readonly field: string; readonly access: string }[]
}

export interface RoleDraw {
  readonly random: () => number
  readonly registry: Registry
  /** Roles that it may inherit. */
  readonly others: readonly string[]
}

const SCOPES = ['OWN', 'TEAM', 'TEAM_TREE', 'ALL']
const ACTIONS = ['CREATE', 'UPDATE', 'DELETE', 'RESTORE', 'BULK']
const LEVELS = ['HIDDEN', 'MASKED', 'READ', 'WRITE']

/** Grants on most modules, some of them twice; levels of a few fields; now and then another role below. */
export function drawRole(key: string, { random, registry, others }: RoleDraw): DrawnRole {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T
  const grants: { module: string; actions: string[]; scope: string }[] = []
  const fields: { module: string; field: string; access: string }[] = []
  if (random() < 0.1) grants.push({ module: '*', actions: ['READ'], scope: pick(SCOPES) })
  for (const module of registry.modules.values()) {
    if (random() < 0.85) grants.push({ module: module.name, actions: ['READ'], scope: pick(SCOPES) })
    const more = ACTIONS.filter(() => random() < 0.4)
    if (more.length > 0) grants.push({ module: module.name, actions: more, scope: pick(SCOPES) })
    for (const field of module.fields.values())
      if (field.name !== 'id' && random() < 0.15) fields.push({ module: module.name, field: field.name, access: pick(LEVELS) })
  }
  return { key, name: key, inherits: others.filter(() => random() < 0.3), grants, fields }
}
