import type { Registry } from '../../src/records/registry/index.ts'
import { randomNumbers } from './small-world.ts'

/** As `createRole` takes it. */
export interface DrawnRole {
  readonly key: string
  readonly name: string
  readonly grants: readonly { readonly module: string; readonly actions: readonly string[]; readonly scope: string }[]
  readonly fields: readonly { readonly module: string; readonly field: string; readonly access: string }[]
}

const SCOPES = ['OWN', 'TEAM', 'TEAM_TREE', 'ALL']
const LEVELS = ['HIDDEN', 'MASKED', 'READ', 'WRITE']
const WRITES = ['CREATE', 'UPDATE', 'DELETE', 'RESTORE', 'BULK']

/** A role that is made up, the same for the same seed: most modules to some extent, a few of their fields by name. */
export function drawRole(key: string, seed: number, registry: Registry): DrawnRole {
  const random = randomNumbers(seed)
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T
  const [grants, fields]: [DrawnRole['grants'][number][], DrawnRole['fields'][number][]] = [[], []]
  for (const module of registry.modules.values()) {
    if (random() < 0.2) continue
    grants.push({ module: module.name, actions: ['READ', ...WRITES.filter(() => random() < 0.4)], scope: pick(SCOPES) })
    for (const field of module.fields.values()) {
      if (!field.system && random() < 0.15) fields.push({ module: module.name, field: field.name, access: pick(LEVELS) })
    }
  }
  return { key, name: key, grants, fields }
}
