import { isAdministrator } from '../../auth/index.ts'
import type { Principal } from '../../records/access/policy.ts'
import type { FieldDefinition } from '../../records/registry/index.ts'
import { ANYWHERE, stepsBetween } from '../../records/registry/steps.ts'
import type { FieldStep } from '../../resolvers/field-step.ts'
import type { TransitionRule } from '../api/index.ts'

/** Rules of one plugin for one field. */
export type StepRules = readonly TransitionRule[]

/** Whether roles allow a step. `held`: keys of those that somebody has; null: all. */
export function isFor({ roles }: TransitionRule, held: readonly string[] | null): boolean {
  return !roles || held === null || roles.some((role) => held.includes(role))
}

/**
 * The steps of a SELECT field, by what the field itself says and what each plugin says of it: those that all of them allow. What may stand at the beginning is told where somebody says so.
 */
export function fieldSteps(field: FieldDefinition, plugins: readonly StepRules[], principal: Principal): FieldStep[] {
  const held = isAdministrator(principal) ? null : principal.roles
  const options = field.options ?? []
  const spoken = [field.transitions ?? [], ...plugins].flat()
  const sources = [...(spoken.some(({ from }) => from === null) ? [null] : []), ...options.map(({ value }) => value)]
  const open = options.filter(({ retired }) => retired !== true).map(({ value }) => value)
  const targets = [...open, ...(spoken.some(({ to }) => to === null) ? [null] : [])]
  return sources.flatMap((from) =>
    targets.flatMap((to): FieldStep[] => {
      if (from === to) return []
      if (field.transitions && stepsBetween(field.transitions, { from, to })?.length === 0) return []
      const said = plugins.flatMap((rules) => {
        const between = stepsBetween(rules, { from, to }, ANYWHERE)
        return between ? [between] : []
      })
      return said.some((between) => between.length === 0) ? [] : [stepOf(from, to, said, held)]
    }),
  )
}

/** `said`: by plugin, the ways of which one is enough. */
function stepOf(from: string | null, to: string | null, said: readonly StepRules[], held: readonly string[] | null): FieldStep {
  const requires = new Set<string>()
  let isAllowed = true
  let roles: readonly string[] | null = null
  for (const ways of said) {
    const mine = ways.filter((way) => isFor(way, held))
    if (mine.length === 0) isAllowed = false
    const [least] = [...(mine.length > 0 ? mine : ways)].sort((one, other) => (one.requires?.length ?? 0) - (other.requires?.length ?? 0))
    for (const name of least?.requires ?? []) requires.add(name)
    if (ways.every((way) => way.roles !== undefined)) {
      const able = [...new Set(ways.flatMap((way) => way.roles ?? []))]
      roles = roles === null ? able : roles.filter((role) => able.includes(role))
    }
  }
  return { from, to, requires: [...requires], roles: roles && [...roles].sort(), allowed: isAllowed }
}
