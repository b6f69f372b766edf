import type { OracleScope } from './access-facts.ts'
import { type ConditionDraw, type DrawnCondition, drawCondition } from './drawn-condition.ts'
import { randomNumbers } from './small-world.ts'

interface DrawnGrant {
  readonly module: string
  readonly actions: readonly string[]
  readonly scope: OracleScope
  readonly where?: DrawnCondition['where']
  readonly holds?: DrawnCondition['holds']
}

/** As `createRole` takes it, with functions, which are not sent. */
export interface DrawnRole {
  readonly key: string
  readonly name: string
  readonly grants: readonly DrawnGrant[]
  readonly fields: readonly { readonly module: string; readonly field: string; readonly access: string }[]
  /** `module.field` of all that its conditions look at. */
  readonly judged: () => readonly string[]
  /** Modules of the records that they look into. */
  readonly related: () => readonly string[]
}

/** What conditions are drawn from. */
export type RoleDraw = Omit<ConditionDraw, 'steady'>

const SCOPES = ['OWN', 'TEAM', 'TEAM_TREE', 'ALL'] as const
const LEVELS = ['HIDDEN', 'MASKED', 'READ', 'WRITE']
const WRITES = ['CREATE', 'UPDATE', 'DELETE', 'RESTORE', 'BULK']

/** A role that is made up, the same for the same seed: most modules to some extent, some records by a condition, a few of their fields by name. */
export function drawRole(key: string, seed: number, world: Omit<RoleDraw, 'random'>): DrawnRole {
  const random = randomNumbers(seed)
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T
  const [grants, fields]: [DrawnRole['grants'][number][], DrawnRole['fields'][number][]] = [[], []]
  const [judged, related]: [string[], string[]] = [[], []]
  for (const module of world.registry.modules.values()) {
    if (random() < 0.2) continue
    const condition = random() < 0.5 ? drawCondition(module, { ...world, random }) : undefined
    judged.push(...(condition?.judged ?? []))
    related.push(...(condition?.related ?? []))
    grants.push({ module: module.name, actions: ['READ', ...WRITES.filter(() => random() < 0.4)], scope: pick(SCOPES), ...(condition && boundBy(condition)) })
    for (const field of module.fields.values())
      if (field.name !== 'id' && random() < 0.15) fields.push({ module: module.name, field: field.name, access: pick(LEVELS) })
  }
  return { key, name: key, grants, fields, judged: () => judged, related: () => related }
}

const boundBy = ({ where, holds }: DrawnCondition) => ({ where, holds })

export interface MixedDraw extends RoleDraw {
  /** Roles that it may inherit. */
  readonly others: readonly string[]
}

/** A role whose actions reach differently far, some of them by a condition, whose levels are those of system fields too, and which may stand on others. */
export function drawMixedRole(key: string, { others, ...world }: MixedDraw): DrawnRole & { readonly inherits: readonly string[] } {
  const { random, registry } = world
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T
  const [grants, fields]: [DrawnRole['grants'][number][], DrawnRole['fields'][number][]] = [[], []]
  const [judged, related]: [string[], string[]] = [[], []]
  if (random() < 0.1) grants.push({ module: '*', actions: ['READ'], scope: pick(SCOPES) })
  for (const module of registry.modules.values()) {
    const grant = (actions: readonly string[]) => {
      // What is written is not to leave its writer's reach by it.
      const condition = random() < 0.4 ? drawCondition(module, { ...world, steady: !actions.includes('READ') }) : undefined
      judged.push(...(condition?.judged ?? []))
      related.push(...(condition?.related ?? []))
      grants.push({ module: module.name, actions, scope: pick(SCOPES), ...(condition && boundBy(condition)) })
    }
    if (random() < 0.85) grant(['READ'])
    const more = WRITES.filter(() => random() < 0.4)
    if (more.length > 0) grant(more)
    for (const field of module.fields.values())
      if (field.name !== 'id' && random() < 0.15) fields.push({ module: module.name, field: field.name, access: pick(LEVELS) })
  }
  return { key, name: key, inherits: others.filter(() => random() < 0.3), grants, fields, judged: () => judged, related: () => related }
}
