import type { ModuleDefinition, Registry } from '../../src/records/registry/index.ts'
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
    const where = random() < 0.5 ? drawCondition(module, random) : undefined
    grants.push({ module: module.name, actions: ['READ', ...WRITES.filter(() => random() < 0.4)], scope: pick(SCOPES), ...(where && { where }) })
    for (const field of module.fields.values()) {
      if (!field.system && random() < 0.15) fields.push({ module: module.name, field: field.name, access: pick(LEVELS) })
    }
  }
  return { key, name: key, grants, fields }
}

/** Some options of a field; undefined where the module has none to go by. */
function drawCondition({ fields }: ModuleDefinition, random: () => number): DrawnGrant['where'] {
  const chosen = [...fields.values()].filter(({ type, sensitivity, options }) => type === 'SELECT' && options && (sensitivity ?? 'none') === 'none')
  const judged = chosen[Math.floor(random() * chosen.length)]
  const [first = '', ...rest] = judged?.options?.map(({ value }) => value) ?? []
  return judged && { [judged.name]: { in: [first, ...rest.filter(() => random() < 0.6)] } }
}

export interface MixedDraw {
  readonly random: () => number
  readonly registry: Registry
  /** Roles that it may inherit. */
  readonly others: readonly string[]
}

/** A role whose actions reach differently far, some of them by a condition, whose levels are those of system fields too, and which may stand on others. */
export function drawMixedRole(key: string, { random, registry, others }: MixedDraw): DrawnRole & { readonly inherits: readonly string[] } {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T
  const [grants, fields]: [DrawnRole['grants'][number][], DrawnRole['fields'][number][]] = [[], []]
  if (random() < 0.1) grants.push({ module: '*', actions: ['READ'], scope: pick(SCOPES) })
  for (const module of registry.modules.values()) {
    const grant = (actions: readonly string[]) => {
      const where = random() < 0.3 ? drawCondition(module, random) : undefined
      grants.push({ module: module.name, actions, scope: pick(SCOPES), ...(where && { where }) })
    }
    if (random() < 0.85) grant(['READ'])
    const more = WRITES.filter(() => random() < 0.4)
    if (more.length > 0) grant(more)
    for (const field of module.fields.values())
      if (field.name !== 'id' && random() < 0.15) fields.push({ module: module.name, field: field.name, access: pick(LEVELS) })
  }
  return { key, name: key, inherits: others.filter(() => random() < 0.3), grants, fields }
}
