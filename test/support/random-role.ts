import type { Registry } from '../../src/records/registry/index.ts'
import { randomNumbers } from './small-world.ts'

interface DrawnGrant {
  readonly module: string
  readonly actions: readonly string[]
  readonly scope: string
  readonly where?: Readonly<Record<string, { readonly in: readonly string[] }>>
}

/** As `createRole` takes it. */
export interface DrawnRole {
  readonly key: string
  readonly name: string
  readonly grants: readonly DrawnGrant[]
  readonly fields: readonly { readonly module: string; readonly field: string; readonly access: string }[]
}

const SCOPES = ['OWN', 'TEAM', 'TEAM_TREE', 'ALL']
const LEVELS = ['HIDDEN', 'MASKED', 'READ', 'WRITE']
const WRITES = ['CREATE', 'UPDATE', 'DELETE', 'RESTORE', 'BULK']

/** A role that is made up, the same for the same seed: most modules to some extent, some records by a condition on options, a few of their fields by name. */
export function drawRole(key: string, seed: number, registry: Registry): DrawnRole {
  const random = randomNumbers(seed)
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T
  const [grants, fields]: [DrawnRole['grants'][number][], DrawnRole['fields'][number][]] = [[], []]
  for (const module of registry.modules.values()) {
    if (random() < 0.2) continue
    const chosen = [...module.fields.values()].filter(({ type, sensitivity, options }) => type === 'SELECT' && options && (sensitivity ?? 'none') === 'none')
    const judged = chosen.length > 0 && random() < 0.5 ? pick(chosen) : undefined
    const [first = '', ...rest] = judged?.options?.map(({ value }) => value) ?? []
    const where = judged && { [judged.name]: { in: [first, ...rest.filter(() => random() < 0.6)] } }
    grants.push({ module: module.name, actions: ['READ', ...WRITES.filter(() => random() < 0.4)], scope: pick(SCOPES), ...(where && { where }) })
    for (const field of module.fields.values()) {
      if (!field.system && random() < 0.15) fields.push({ module: module.name, field: field.name, access: pick(LEVELS) })
    }
  }
  return { key, name: key, grants, fields }
}

export interface MixedDraw {
  readonly random: () => number
  readonly registry: Registry
  /** Roles that it may inherit. */
  readonly others: readonly string[]
}

/** A role whose actions reach differently far, whose levels are those of system fields too, and which may stand on others. */
export function drawMixedRole(key: string, { random, registry, others }: MixedDraw): DrawnRole & { readonly inherits: readonly string[] } {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T
  const [grants, fields]: [DrawnRole['grants'][number][], DrawnRole['fields'][number][]] = [[], []]
  if (random() < 0.1) grants.push({ module: '*', actions: ['READ'], scope: pick(SCOPES) })
  for (const module of registry.modules.values()) {
    if (random() < 0.85) grants.push({ module: module.name, actions: ['READ'], scope: pick(SCOPES) })
    const more = WRITES.filter(() => random() < 0.4)
    if (more.length > 0) grants.push({ module: module.name, actions: more, scope: pick(SCOPES) })
    for (const field of module.fields.values())
      if (field.name !== 'id' && random() < 0.15) fields.push({ module: module.name, field: field.name, access: pick(LEVELS) })
  }
  return { key, name: key, inherits: others.filter(() => random() < 0.3), grants, fields }
}
